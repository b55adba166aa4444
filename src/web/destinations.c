/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The numbers that were called: what was learned of each, and which nobody shall call (D4). */
#include <microhttpd.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "proto/capabilities.h"
#include "store/config.h"
#include "store/destinations.h"
#include "web/resources.h"

enum { PATIENCE_MS = 30000, REASON_MAX = 190 };

/* The rungs of queue/retry's ladder, as people read them. What calls of G.711 alone taught stands at those of
 * T.38, which nobody has tried then: of the second one that it goes without V.17 is all that is known. */
static const char *const rungs[] = {"T.38", "without V.17", "G.711", "G.711 without V.17"};

static json_t *lock_json(const struct destination *d)
{
    return d->locked_ms ? json_pack("{s:o, s:s, s:s}", "since_ms", json_time(d->locked_ms), "by",
                                    d->locked_by, "reason", d->lock_reason)
                        : json_null();
}

static json_t *learned_json(const struct destination *d)
{
    bool fresh = d->rung_ms && clock_wall_ms() - d->rung_ms < DESTINATION_RUNG_MS;
    return fresh ? json_pack("{s:s, s:o}", "by", rungs[d->rung % ARRAY_LEN(rungs)], "until_ms",
                             json_time(d->rung_ms + DESTINATION_RUNG_MS))
                 : json_null();
}

static json_t *destination_json(struct request *r, const struct destination *d)
{
    struct tenant t = {.name = ""};
    char can[CAPABILITIES_LEN];
    (void)config_tenant(r->store, &r->arena, d->tenant, &t);
    capabilities_words(d->dis, can);
    return json_pack(
        "{s:s, s:s, s:i, s:i, s:o, s:i, s:o, s:o, s:s, s:s, s:o, s:o, s:o}", "tenant", t.name, "number",
        d->number, "calls", (int)d->calls, "delivered", (int)d->delivered, "success_percent",
        d->calls ? json_integer((json_int_t)d->delivered * 100 / d->calls) : json_null(), "voices",
        (int)d->voices, "last_ms", json_time(d->last_ms), "reached_ms", json_time(d->reached_ms),
        "station_id", d->station_id, "capabilities", can, "learned", learned_json(d), "outcome",
        json_outcome(d->last_code, d->last_reason), "locked", lock_json(d));
}

static bool take_cursor(struct request *r, struct destination_cursor *c)
{
    uint64_t most, before;
    bool good = str_to_u64(request_argument(r, "limit", "50"), REQUEST_LIST_MOST, &most) && most > 0 &&
                str_to_u64(request_argument(r, "before", "9000000000000000"), INT64_MAX, &before);
    if (!good) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-limit",
                      "limit is a whole number from 1 to %d, before the \"next\" of an earlier answer.",
                      REQUEST_LIST_MOST);
        return false;
    }
    *c = (struct destination_cursor){.number = request_argument(r, "number", ""),
                                     .tenant = actor_scope(&r->actor).tenant,
                                     .locked = str_equal(request_argument(r, "locked", ""), "1"),
                                     .before_ms = (int64_t)before,
                                     .most = (size_t)most};
    return true;
}

void get_destinations(struct request *r)
{
    struct destination_cursor c;
    struct destination *list;
    if (!take_cursor(r, &c))
        return;
    size_t n = destination_list(r->store, &r->arena, &c, &list);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(items, destination_json(r, &list[i]));
    json_t *body = json_pack("{s:o}", "items", items);
    if (n == c.most && !*c.number)
        (void)json_object_set_new(
            body, "next",
            json_sprintf("%lld", (long long)(c.locked ? list[n - 1].locked_ms : list[n - 1].last_ms)));
    reply_json(r, MHD_HTTP_OK, body);
}

/* ---- wishes ---- */

static void on_wished(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether it was done is not known: look at the number, or ask again.");
    else if (m->destination_wished.status >= 400)
        reply_problem(r, m->destination_wished.status, m->destination_wished.code, "%s",
                      m->destination_wished.reason);
    else
        reply_json(r, m->destination_wished.status,
                   json_pack("{s:s, s:i}", "number", m->destination_wished.number, "released",
                             (int)m->destination_wished.jobs));
}

/* Arguments: number; tenant, where there are several; reason, of a lock. */
static void wish(struct request *r, enum destination_wish wish)
{
    const char *user = request_asker(r), *number = request_argument(r, "number", "");
    const char *tenant = request_argument(r, "tenant", ""), *reason = request_argument(r, "reason", "");
    if (r->actor.role < ACTOR_INSTALLATION)
        tenant = r->actor.tenant_name;
    if (!user)
        return;
    if (!*number || strlen(number) > 63 || strlen(tenant) > 500 || strlen(reason) > REASON_MAX ||
        reason[strcspn(reason, "\r\n")]) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-arguments",
                      "number has to be given; reason is one line of up to %d bytes.", REASON_MAX);
        return;
    }
    const struct message m = {
        .type = MSG_destination_wish,
        .destination_wish = {
            .tenant = tenant, .number = number, .wish = (uint32_t)wish, .reason = reason, .user = user}};
    request_ask(r, &m, PATIENCE_MS, on_wished);
}

void lock_destination(struct request *r)
{
    wish(r, DESTINATION_LOCK);
}

void unlock_destination(struct request *r)
{
    wish(r, DESTINATION_UNLOCK);
}

void forget_destination(struct request *r)
{
    wish(r, DESTINATION_FORGET);
}
