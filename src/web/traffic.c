/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calls and pages by the hour or by the day. */
#include "store/traffic.h"

#include <microhttpd.h>

#include "base/clock.h"
#include "base/str.h"
#include "web/resources.h"

#define HOUR_MS (3600LL * 1000)
#define DAY_MS  (24 * HOUR_MS)

enum { STEPS_MOST = 62, ZONE_MOST = 14 * 60, ROWS_MOST = 8192 };

static json_t *traffic_json(const struct traffic *t)
{
    return json_pack("{s:o, s:s, s:o, s:I, s:I, s:I}", "at_ms", json_time(t->at_ms), "direction",
                     t->received ? "in" : "out", "outcome", json_outcome(t->code, t->reason), "calls",
                     (json_int_t)t->calls, "pages", (json_int_t)t->pages, "seconds",
                     (json_int_t)(t->call_ms / 1000));
}

/* zone: minutes by which the asker's clock is ahead of UTC, plus 14 hours, so that it has no sign. */
void get_traffic(struct request *r)
{
    uint64_t steps, zone;
    const char *by = request_argument(r, "by", "hour");
    if (!str_to_u64(request_argument(r, "steps", "24"), STEPS_MOST, &steps) || steps == 0 ||
        !str_to_u64(request_argument(r, "zone", "840"), 2 * ZONE_MOST, &zone) ||
        !(str_equal(by, "hour") || str_equal(by, "day"))) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "by is hour or day; steps is 1 to %d; zone is 0 to %d: the minutes by which your clock "
                      "is ahead of "
                      "UTC, and %d.",
                      STEPS_MOST, 2 * ZONE_MOST, ZONE_MOST);
        return;
    }
    const struct scope w = actor_scope(&r->actor);
    const int64_t step = str_equal(by, "day") ? DAY_MS : HOUR_MS, now = clock_wall_ms();
    const int64_t offset = ((int64_t)zone - ZONE_MOST) * 60000, at = now + offset;
    const int64_t since = at - at % step - ((int64_t)steps - 1) * step - offset;
    struct traffic *list = arena_alloc(&r->arena, ROWS_MOST * sizeof(*list));
    size_t n = traffic_list(r->store, &w, since, step, offset, &r->arena, list, ROWS_MOST);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, traffic_json(&list[i]));
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:o, s:o, s:I, s:o}", "since_ms", json_time(since), "now_ms", json_time(now),
                         "step_ms", (json_int_t)step, "items", items));
}
