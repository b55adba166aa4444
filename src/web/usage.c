/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was used, to be billed; and the billing codes there are. */
#include "store/usage.h"

#include <microhttpd.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/csv.h"
#include "store/config.h"
#include "web/reply_file.h"
#include "web/resources.h"

enum { TENANTS_MOST = 10000, CSV_MAX = 16 * 1024 * 1024, LONGEST_DAYS = 400 };
#define DAY_MS (24LL * 3600 * 1000)

struct period {
    int64_t since_ms, until_ms;
    struct id tenants[TENANTS_MOST];
    size_t count;
};

static int64_t month_begin(int64_t now_ms)
{
    struct tm tm;
    time_t now = (time_t)(now_ms / 1000);
    (void)gmtime_r(&now, &tm);
    return now_ms - now_ms % DAY_MS - (tm.tm_mday - 1) * DAY_MS;
}

static bool take_time(struct request *r, const char *name, int64_t missing, int64_t *to)
{
    uint64_t value;
    const char *text = request_argument(r, name, "");
    *to = missing;
    if (*text && !str_to_u64(text, INT64_MAX / 2, &value))
        return false;
    if (*text)
        *to = (int64_t)value;
    return true;
}

static bool take_tenants(struct request *r, struct period *p)
{
    const char *tenant = request_argument(r, "tenant", "");
    const struct scope w = actor_scope(&r->actor);
    p->tenants[0] = *tenant ? config_tenant_id(r->store, tenant) : w.tenant;
    p->count = 1;
    if (!*tenant && id_is_none(w.tenant))
        p->count = config_tenant_ids(r->store, p->tenants, TENANTS_MOST);
    bool his =
        !*tenant || (!id_is_none(p->tenants[0]) && scope_has(r->store, &w, p->tenants[0], "", SCOPE_SEND));
    if (!his)
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-tenant", "There is no such tenant.");
    return his;
}

static struct period *take_period(struct request *r)
{
    struct period *p = arena_alloc(&r->arena, sizeof(*p));
    int64_t now_ms = clock_wall_ms();
    if (!take_time(r, "until", now_ms, &p->until_ms) ||
        !take_time(r, "since", month_begin(p->until_ms), &p->since_ms) || p->until_ms < p->since_ms ||
        p->until_ms - p->since_ms > LONGEST_DAYS * DAY_MS) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-period",
                      "since and until are milliseconds since 1970, until the later, at most %d days apart.",
                      LONGEST_DAYS);
        return NULL;
    }
    return take_tenants(r, p) ? p : NULL;
}

static void reply_too_much(struct request *r)
{
    reply_problem(r, MHD_HTTP_BAD_REQUEST, "too-much",
                  "That is more than one answer holds. Ask for a shorter time, or for one tenant.");
}

static const char *direction_of(const struct usage_row *row)
{
    return row->received ? "received" : "sent";
}

static int64_t seconds_of(const struct usage_row *row)
{
    return (row->telephone_ms + 500) / 1000;
}

static void put_json(json_t *to, const char *tenant, const struct usage_row *row)
{
    (void)json_array_append_new(to, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "tenant", tenant,
                                              "box", row->box, "direction", direction_of(row), "billing",
                                              row->billing, "faxes", (json_int_t)row->faxes, "delivered",
                                              (json_int_t)row->delivered, "pages", (json_int_t)row->pages,
                                              "seconds", (json_int_t)seconds_of(row)));
}

static void put_csv(struct buf *b, const char *tenant, const struct usage_row *row)
{
    csv_put(b, true, tenant);
    csv_put(b, false, row->box);
    csv_put(b, false, direction_of(row));
    csv_put(b, false, row->billing);
    (void)buf_printf(b, ",%lld,%lld,%lld,%lld\r\n", (long long)row->faxes, (long long)row->delivered,
                     (long long)row->pages, (long long)seconds_of(row));
}

/* ---- adding it up, a slice a turn, for others wait ---- */

struct bill {
    const struct period *period;
    size_t at; /* of its tenants */
    struct usage_sum sum;
    json_t *items;  /* one of the two */
    struct buf csv; /* initialised either way */
    bool too_much;
};

static void reply_csv(struct request *r, struct span csv)
{
    SCOPED_FD int fd = fd_sealed_memory("usage", csv);
    reply_file(r, fd, &(struct file_reply){.type = "text/csv; charset=utf-8", .name = "usage.csv"});
}

/* A bill that leaves something out is none. bill: taken, for it lies in the arena, which ends with a reply.
 */
static void reply_bill(struct request *r, const struct bill *bill)
{
    struct bill b = *bill;
    if (b.too_much || b.csv.overflow)
        reply_too_much(r);
    else if (b.items)
        reply_json(r, MHD_HTTP_OK, json_pack("{s:O}", "items", b.items));
    else
        reply_csv(r, buf_span(&b.csv));
    json_decref(b.items);
    buf_clear(&b.csv);
}

static void put_tenant(struct request *r, struct bill *b)
{
    struct tenant t = {.name = ""};
    (void)config_tenant(r->store, &r->arena, b->period->tenants[b->at], &t);
    for (size_t i = 0; i < b->sum.count; i++) {
        if (b->items)
            put_json(b->items, t.name, &b->sum.rows[i]);
        else
            put_csv(&b->csv, t.name, &b->sum.rows[i]);
    }
}

static void add_up(struct request *r, bool going)
{
    struct bill *b = r->state;
    while (going && b->at < b->period->count && !b->too_much) {
        if (usage_add(r->store, &b->sum)) {
            request_go_on(r, add_up);
            return;
        }
        b->too_much = b->sum.count > USAGE_ROWS_MOST;
        put_tenant(r, b);
        usage_end(&b->sum);
        if (++b->at < b->period->count)
            usage_begin(&b->sum, b->period->tenants[b->at], b->period->since_ms, b->period->until_ms);
    }
    usage_end(&b->sum);
    reply_bill(r, b);
}

static void begin_bill(struct request *r, json_t *items)
{
    struct bill *b = arena_alloc(&r->arena, sizeof(*b));
    *b = (struct bill){.period = take_period(r), .items = items};
    if (!b->period) {
        json_decref(items);
        return;
    }
    b->too_much = b->period->count >= TENANTS_MOST;
    buf_init(&b->csv, CSV_MAX);
    (void)buf_append_str(&b->csv, "tenant,box,direction,billing,faxes,delivered,pages,seconds\r\n");
    usage_begin(&b->sum, b->period->tenants[0], b->period->since_ms, b->period->until_ms);
    r->state = b;
    add_up(r, true);
}

void get_usage(struct request *r)
{
    begin_bill(r, json_array());
}

void get_usage_csv(struct request *r)
{
    begin_bill(r, NULL);
}

void get_billing_codes(struct request *r)
{
    struct tenant t = {.billing_codes = ""};
    const char *prefix = request_argument(r, "q", "");
    json_t *items = json_array();
    (void)config_tenant(r->store, &r->arena, r->actor.tenant, &t);
    for (char *rest = arena_strdup(&r->arena, t.billing_codes), *line; rest && (line = strsep(&rest, "\n"));)
        if (*line && str_starts_nocase(line, prefix))
            (void)json_array_append_new(items, json_pack("{s:s}", "code", line));
    reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "items", items));
}
