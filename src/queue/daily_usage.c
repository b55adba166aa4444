/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Once a day a mail to the setting usage_address: what was sent and received the day before, what came of it
 * and why it failed, altogether and by tenant. A day is that of the master tenant's zone. */
#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"
#include "proto/mail_reason.h"
#include "queue/alarms.h"
#include "queue/queue.h"
#include "queue/tenant_time.h"
#include "queue/usage_words.h"
#include "store/config.h"
#include "store/traffic.h"

enum { ROWS_MOST = 4000, TENANTS_MOST = 1000, CAUSES_MOST = 20, TEXT_MAX = 12000, DAY_LEN = 11 };
#define HOUR_MS (3600LL * 1000)
#define LOOK_MS 60000
#define LAST    "usage.mailed"

/* Calls of one direction. */
struct sum {
    int64_t calls, good, pages, call_ms;
};

struct day {
    const char *zone;
    char name[DAY_LEN]; /* 2026-11-21 */
    int64_t from_ms, until_ms;
};

/* ---- days ---- */

static void name_of(const char *zone, int64_t at_ms, char name[DAY_LEN])
{
    char text[TENANT_TIME_LEN];
    tenant_time_format(zone, at_ms, text);
    (void)str_copy_span(name, DAY_LEN, span_of(text, DAY_LEN - 1));
}

/* When the day of that moment begins. */
static int64_t midnight(const char *zone, int64_t at_ms)
{
    char name[DAY_LEN];
    unsigned year = 0, month = 0, day = 0;
    name_of(zone, at_ms, name);
    (void)sscanf(name, "%u-%u-%u", &year, &month, &day);
    return tenant_time_wall_ms(zone, &(struct flag_time){.year = year, .month = month, .day = day});
}

static struct day yesterday(const char *zone, int64_t now_ms)
{
    struct day d = {.zone = zone, .until_ms = midnight(zone, now_ms)};
    int64_t noon_ms = d.until_ms - 12 * HOUR_MS; /* whatever the clock did that day */
    d.from_ms = midnight(zone, noon_ms);
    name_of(zone, noon_ms, d.name);
    return d;
}

/* ---- what is said ---- */

static size_t rows_of(struct queue *q, struct id tenant, const struct day *d, struct traffic *list)
{
    const struct scope w = {.tenant = tenant};
    int64_t offset_ms = HOUR_MS - d->from_ms % HOUR_MS; /* a day may begin at half past */
    return traffic_list(&q->store, &w, d->from_ms, HOUR_MS, offset_ms, &q->arena, list, ROWS_MOST);
}

static void add_up(const struct traffic *list, size_t n, int64_t until_ms, struct sum sums[2])
{
    for (size_t i = 0; i < n && list[i].at_ms < until_ms; i++) {
        struct sum *s = &sums[list[i].received];
        s->calls += list[i].calls;
        s->good += *list[i].code ? 0 : list[i].calls;
        s->pages += list[i].pages;
        s->call_ms += list[i].call_ms;
    }
}

static const char *number(struct queue *q, const struct usage_words *w, int64_t n)
{
    char text[USAGE_NUMBER_LEN];
    usage_number(w, n, text);
    return arena_strdup(&q->arena, text);
}

static void say_sum(struct queue *q, const struct usage_words *w, struct buf *text, const char *what,
                    const struct sum *s)
{
    (void)buf_printf(text, "%s: %s %s, %s %s (%" PRId64 " %%), %s %s, %s %s\n", what, number(q, w, s->calls),
                     s->calls == 1 ? w->call : w->calls, number(q, w, s->good), w->faultless,
                     s->calls > 0 ? s->good * 100 / s->calls : 100, number(q, w, s->pages), w->pages,
                     number(q, w, (s->call_ms + 59999) / 60000), w->minutes);
}

/* Each once, over the hours; the list is the worse for it. */
static void say_causes(struct queue *q, const struct usage_words *w, struct buf *text, struct traffic *list,
                       size_t n, int64_t until_ms)
{
    char words[MAIL_REASON_LEN];
    unsigned said = 0;
    for (size_t i = 0; i < n && list[i].at_ms < until_ms; i++) {
        int64_t calls = list[i].calls;
        if (!*list[i].code || calls == 0)
            continue;
        for (size_t k = i + 1; k < n && list[k].at_ms < until_ms; k++) {
            if (list[k].received != list[i].received || !str_equal(list[k].code, list[i].code))
                continue;
            calls += list[k].calls;
            list[k].calls = 0;
        }
        if (said == 0)
            (void)buf_printf(text, "\n%s\n", w->causes);
        bool own = str_equal(w->language, "en") || !mail_reason(w->language, list[i].code, words);
        if (said++ < CAUSES_MOST)
            (void)buf_printf(text, "%6s  %s: %.48s: %.300s\n", number(q, w, calls),
                             list[i].received ? w->received : w->sent, list[i].code,
                             own ? list[i].reason : words);
    }
}

/* list: room for rows. */
static void say_tenants(struct queue *q, const struct usage_words *w, struct buf *text, const struct day *d,
                        struct traffic *list)
{
    struct id *ids = arena_alloc(&q->arena, TENANTS_MOST * sizeof(*ids));
    size_t n = config_tenant_ids(&q->store, ids, TENANTS_MOST);
    (void)buf_printf(text, "\n%s\n", w->by_tenant);
    for (size_t i = 0; i < n; i++) {
        struct tenant t = {.name = ""};
        struct sum sums[2] = {{0}};
        size_t rows = rows_of(q, ids[i], d, list);
        add_up(list, rows, d->until_ms, sums);
        if (sums[0].calls + sums[1].calls == 0 || !config_tenant(&q->store, &q->arena, ids[i], &t))
            continue;
        (void)buf_printf(text, "  %.64s:\n    ", t.name);
        say_sum(q, w, text, w->sent, &sums[0]);
        (void)buf_append_str(text, "    ");
        say_sum(q, w, text, w->received, &sums[1]);
    }
}

static void mail_day(struct queue *q, const char *to, const struct day *d)
{
    struct traffic *list = arena_alloc(&q->arena, ROWS_MOST * sizeof(*list));
    struct sum sums[2] = {{0}};
    const struct usage_words *w = usage_words_in(administrators_language(q));
    char date[USAGE_DATE_LEN];
    SCOPED_BUF struct buf text;
    usage_date(w, d->name, date);
    buf_init(&text, TEXT_MAX); /* a list that is longer ends there */
    size_t n = rows_of(q, ID_NONE, d, list);
    add_up(list, n, d->until_ms, sums);
    (void)buf_printf(&text, "%s %s (%s).\n\n", w->faxes_of, date, *d->zone ? d->zone : "UTC");
    say_sum(q, w, &text, w->sent, &sums[0]);
    say_sum(q, w, &text, w->received, &sums[1]);
    say_causes(q, w, &text, list, n, d->until_ms);
    say_tenants(q, w, &text, d, list);
    const struct mail_out m = {.tenant = ID_NONE,
                               .kind = "notice",
                               .about = id_new(),
                               .sender = from_address(q, ID_NONE),
                               .recipient = to,
                               .subject = arena_format(&q->arena, "%s %s", w->title, date),
                               .message_id = "",
                               .text = buf_text(&text)};
    (void)mail_to(q, &m);
}

void daily_usage_look(struct queue *q)
{
    struct tenant t = {.zone = ""};
    char today[DAY_LEN];
    if (q->steady_ms < q->usage_look_ms)
        return;
    q->usage_look_ms = q->steady_ms + LOOK_MS;
    const char *to = store_meta(&q->store, &q->arena, "usage_address");
    (void)config_tenant(&q->store, &q->arena,
                        config_tenant_id(&q->store, store_meta(&q->store, &q->arena, "master_tenant")), &t);
    name_of(t.zone, q->now_ms, today);
    const char *last = store_meta(&q->store, &q->arena, LAST);
    if (!*to || str_equal(last, today)) {
        if (!*to && *last)
            store_set_meta(&q->store, LAST, "");
        return;
    }
    if (*last) { /* else it was switched on today */
        const struct day d = yesterday(t.zone, q->now_ms);
        mail_day(q, to, &d);
    }
    store_set_meta(&q->store, LAST, today);
}
