/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an administrator wants to see first: calls now, what waits, what is wrong and what to do about it. */
#include <microhttpd.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/config.h"
#include "store/mails.h"
#include "store/reports.h"
#include "web/resources.h"

enum { BOXES_SHOWN = 500, LIVE_PATIENCE_MS = 3000 };

static json_t *job_counts(struct request *r)
{
    const struct scope w = actor_scope(&r->actor);
    json_t *counts = json_object();
    for (int s = 0; s < JOB_STATE_COUNT; s++)
        (void)json_object_set_new(counts, job_state_name((enum job_state)s),
                                  json_integer(report_count_jobs(r->store, &w, (enum job_state)s)));
    return counts;
}

static json_t *mail_counts(struct request *r)
{
    const struct scope w = actor_scope(&r->actor);
    json_t *counts = json_object();
    for (int s = 0; s < MAIL_OUT_STATE_COUNT; s++)
        (void)json_object_set_new(counts, mail_out_state_name((enum mail_out_state)s),
                                  json_integer(report_count_mails(r->store, &w, (enum mail_out_state)s)));
    return counts;
}

static json_t *boxes_json(struct request *r)
{
    struct report_box boxes[BOXES_SHOWN];
    const struct scope w = actor_scope(&r->actor);
    size_t n = report_boxes(r->store, &w, &r->arena, boxes, BOXES_SHOWN);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b}", "id", boxes[i].id, "name",
                                                    boxes[i].name, "extension", boxes[i].extension, "enabled",
                                                    (int)boxes[i].enabled));
    return list;
}

/* Whoever administrates one tenant sees its calls alone. */
static void drop_foreign_calls(struct request *r, json_t *calls)
{
    const struct scope w = actor_scope(&r->actor);
    for (size_t i = 0; i < json_array_size(calls); i++) {
        struct faxbox b;
        const char *box = json_string_value(json_object_get(json_array_get(calls, i), "box"));
        if (!box || !config_box(r->store, &r->arena, box, &b) ||
            !scope_has(r->store, &w, b.tenant, b.id, SCOPE_RECEIVE))
            (void)json_array_remove(calls, i--);
    }
}

static void reply_status(struct request *r, const struct message *live)
{
    const struct scope w = actor_scope(&r->actor);
    bool all = r->actor.role >= ACTOR_INSTALLATION;
    json_t *calls = json_live(live), *trunks = all ? json_trunks(r) : json_array();
    json_t *alarms = json_alarms(r, calls != NULL);
    if (!all)
        drop_foreign_calls(r, calls);
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:s, s:I, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:I}", "fax_domain",
                         store_meta(r->store, &r->arena, "fax_domain"), "now_ms", (json_int_t)clock_wall_ms(),
                         "calls", calls ? calls : json_null(), "jobs", job_counts(r), "mails", mail_counts(r),
                         "faxes", (json_int_t)report_count_faxes(r->store, &w), "boxes", boxes_json(r),
                         "trunks", trunks, "alarms", alarms, "dead_letters",
                         (json_int_t)(all ? dead_letter_count(r->store) : 0)));
}

void get_events(struct request *r)
{
    request_follow(r);
}

void get_status(struct request *r)
{
    const struct message m = {.type = MSG_live, .live = {.look = 1}};
    request_ask(r, &m, LIVE_PATIENCE_MS, reply_status);
}
