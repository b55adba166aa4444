/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What Prometheus reads (text exposition format 0.0.4): doc/metrics.md names each. Numbers, and names that an
 * administrator gave; no number that was called and nobody's address. */
#include <inttypes.h>
#include <microhttpd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/alarm.h"
#include "store/alarms.h"
#include "store/config.h"
#include "store/counters.h"
#include "store/provision.h"
#include "store/room.h"
#include "store/self_tests.h"
#include "store/nodes.h"
#include "store/trunk_health.h"
#include "web/resources.h"

enum { METRICS_MAX = 1 << 20, LIVE_PATIENCE_MS = 3000 };

/* A label's value: backslash, quote and line break are escaped. */
static void put_label(struct buf *b, const char *name, const char *value, bool first)
{
    (void)buf_printf(b, "%c%s=\"", first ? '{' : ',', name);
    for (const char *c = value; *c; c++) {
        if (*c == '\\' || *c == '"')
            (void)buf_append_byte(b, '\\');
        (void)buf_append_byte(b, *c == '\n' ? ' ' : (uint8_t)*c);
    }
    (void)buf_append_byte(b, '"');
}

static void head(struct buf *b, const char *name, const char *type, const char *help)
{
    (void)buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_one(struct buf *b, const char *name, const char *help, int64_t value)
{
    head(b, name, "gauge", help);
    (void)buf_printf(b, "%s %" PRId64 "\n", name, value);
}

/* ---- counters ---- */

static const struct {
    enum counter counter;
    const char *name, *labels[2], *help;
} counters[] = {
    {COUNT_FAXES_SENT, "faxpost_faxes_sent_total", {"state"}, "Faxes to send that came to an end, by how."},
    {COUNT_PAGES_SENT, "faxpost_pages_sent_total", {0}, "Pages that the far side confirmed."},
    {COUNT_FAXES_RECEIVED,
     "faxpost_faxes_received_total",
     {"state"},
     "Calls that brought a fax or should have, by how."},
    {COUNT_PAGES_RECEIVED, "faxpost_pages_received_total", {0}, "Pages that were confirmed to the far side."},
    {COUNT_CALLS, "faxpost_calls_total", {"trunk", "direction"}, "Telephone calls that ended."},
    {COUNT_MAILS_IN, "faxpost_mails_in_total", {0}, "Mails that were taken."},
    {COUNT_MAILS_REFUSED, "faxpost_mails_refused_total", {0}, "Mails that were taken and became no fax."},
    {COUNT_MAILS_OUT, "faxpost_mails_out_total", {"state"}, "Mails to send that came to an end, by how."},
};

static void put_row(struct buf *b, size_t which, const char *label, int64_t value)
{
    char first[256];
    const char *tab = label;
    while (*tab && *tab != '\t')
        tab++;
    (void)str_format(first, sizeof(first), "%.*s", (int)(tab - label), label);
    (void)buf_append_str(b, counters[which].name);
    if (counters[which].labels[0])
        put_label(b, counters[which].labels[0], first, true);
    if (counters[which].labels[1])
        put_label(b, counters[which].labels[1], *tab ? tab + 1 : "", false);
    (void)buf_printf(b, "%s %" PRId64 "\n", counters[which].labels[0] ? "}" : "", value);
}

static void put_counters(struct request *r, struct buf *b)
{
    for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
        struct counter_row *rows;
        size_t n = counter_rows(r->store, counters[i].counter, &r->arena, &rows);
        head(b, counters[i].name, "counter", counters[i].help);
        if (n == 0 && !counters[i].labels[0])
            put_row(b, i, "", 0);
        for (size_t k = 0; k < n; k++)
            put_row(b, i, rows[k].label, rows[k].value);
    }
}

/* ---- what is so now ---- */

static void put_states(struct request *r, struct buf *b)
{
    static const enum job_state jobs[] = {JOB_WAITING, JOB_HELD, JOB_CALLING};
    static const enum mail_out_state mails[] = {MAIL_OUT_COMPOSING, MAIL_OUT_WAITING, MAIL_OUT_HELD,
                                                MAIL_OUT_FAILED, MAIL_OUT_RETURNED};
    head(b, "faxpost_jobs", "gauge", "Faxes to send that are not at an end.");
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
        (void)buf_printf(b, "faxpost_jobs{state=\"%s\"} %" PRId64 "\n", job_state_name(jobs[i]),
                         report_count_jobs(r->store, &SCOPE_ALL, jobs[i]));
    head(b, "faxpost_mails", "gauge", "Mails to send that are not sent.");
    for (size_t i = 0; i < ARRAY_LEN(mails); i++)
        (void)buf_printf(b, "faxpost_mails{state=\"%s\"} %" PRId64 "\n", mail_out_state_name(mails[i]),
                         report_count_mails(r->store, &SCOPE_ALL, mails[i]));
}

static void put_live(struct buf *b, json_t *calls)
{
    size_t i;
    json_t *call;
    int out = 0, in = 0;
    json_array_foreach(calls, i, call) *
        (str_equal(json_string_value(json_object_get(call, "direction")), "out") ? &out : &in) += 1;
    head(b, "faxpost_calls", "gauge", "Telephone calls of this moment.");
    (void)buf_printf(b, "faxpost_calls{direction=\"in\"} %d\nfaxpost_calls{direction=\"out\"} %d\n", in, out);
}

static void put_trunks(struct request *r, struct buf *b)
{
    struct trunk *list;
    size_t n = provision_trunks(r->store, &r->arena, &list);
    head(b, "faxpost_trunk_up", "gauge", "1: it answers, or nobody asks it; 0: it is down.");
    for (size_t i = 0; i < n; i++) {
        struct stored_health h;
        (void)trunk_health_find(r->store, &r->arena, list[i].name, &h);
        (void)buf_append_str(b, "faxpost_trunk_up");
        put_label(b, "trunk", list[i].name, true);
        (void)buf_printf(b, "} %d\n", h.state != TRUNK_DOWN);
    }
}

/* ---- self-tests ---- */

static unsigned is_good(const struct self_test *t)
{
    return t->figures.good;
}

static unsigned seconds_of(const struct self_test *t)
{
    return t->figures.seconds;
}

static unsigned rate_of(const struct self_test *t)
{
    return t->figures.rate;
}

static unsigned resent_of(const struct self_test *t)
{
    return t->figures.resent;
}

static unsigned bad_rows_of(const struct self_test *t)
{
    return t->figures.bad_rows;
}

static const struct {
    const char *name, *help;
    unsigned (*value)(const struct self_test *t);
} self_test_gauges[] = {
    {"faxpost_self_test_good", "1: the last self-test of the trunk brought its page back; 0: it failed.",
     is_good},
    {"faxpost_self_test_seconds", "How long its call lasted.", seconds_of},
    {"faxpost_self_test_rate_bits", "Its rate, bit/s.", rate_of},
    {"faxpost_self_test_resent_frames", "Frames of ECM that went again in it.", resent_of},
    {"faxpost_self_test_bad_rows", "Bad rows in it.", bad_rows_of},
};

static void put_self_test(struct request *r, struct buf *b, size_t gauge, const char *trunk, bool t38)
{
    struct self_test t;
    if (self_test_results(r->store, trunk, t38, &r->arena, &t, 1) == 0)
        return;
    (void)buf_append_str(b, self_test_gauges[gauge].name);
    put_label(b, "trunk", trunk, true);
    put_label(b, "mode", t38 ? "t38" : "audio", false);
    (void)buf_printf(b, "} %u\n", self_test_gauges[gauge].value(&t));
}

static void put_self_tests(struct request *r, struct buf *b)
{
    struct trunk *list;
    size_t n = provision_trunks(r->store, &r->arena, &list);
    for (size_t gauge = 0; gauge < ARRAY_LEN(self_test_gauges); gauge++) {
        head(b, self_test_gauges[gauge].name, "gauge", self_test_gauges[gauge].help);
        for (size_t i = 0; i < n; i++) {
            put_self_test(r, b, gauge, list[i].name, true);
            put_self_test(r, b, gauge, list[i].name, false);
        }
    }
}

static void put_alarms(struct request *r, struct buf *b)
{
    struct alarm *list;
    size_t n = alarms_open(r->store, &SCOPE_ALL, &r->arena, &list);
    head(b, "faxpost_alarm", "gauge", "An alarm that is open; `faxpost alarms` says what to do.");
    for (size_t i = 0; i < n; i++) {
        const struct alarm_kind *k = alarm_kind_of(list[i].code);
        (void)buf_append_str(b, "faxpost_alarm");
        put_label(b, "code", list[i].code, true);
        put_label(b, "subject", list[i].subject, false);
        put_label(b, "severity", alarm_severity_name(k ? k->severity : ALARM_WARNING), false);
        (void)buf_append_str(b, "} 1\n");
    }
}

static void put_nodes(struct request *r, struct buf *b)
{
    struct node *list;
    size_t n = nodes_all(r->store, &r->arena, &list);
    if (n == 0)
        return;
    head(b, "faxpost_node_alive", "gauge", "1: that server of several on one database is alive.");
    for (size_t i = 0; i < n; i++) {
        (void)buf_append_str(b, "faxpost_node_alive");
        put_label(b, "node", list[i].name, true);
        (void)buf_printf(b, "} %d\n", node_is_alive(&list[i], list, n));
    }
    head(b, "faxpost_node_calls", "gauge", "Calls of each of several servers.");
    for (size_t i = 0; i < n; i++) {
        (void)buf_append_str(b, "faxpost_node_calls");
        put_label(b, "node", list[i].name, true);
        (void)buf_printf(b, "} %u\n", list[i].calls);
    }
}

static void put_room(struct request *r, struct buf *b)
{
    struct store_room room;
    if (!room_of_store(r->store, &room))
        return;
    put_one(b, "faxpost_disk_bytes", "Size of the file system of the state directory.", (int64_t)room.bytes);
    put_one(b, "faxpost_disk_free_bytes", "What of it is free.", (int64_t)room.free_bytes);
}

static void reply_metrics(struct request *r, const struct message *live)
{
    SCOPED_BUF struct buf b;
    json_t *calls = json_live(live);
    buf_init(&b, METRICS_MAX);
    head(&b, "faxpost_up", "gauge", "1: the part that decides answers.");
    (void)buf_printf(&b, "faxpost_up %d\n", calls != NULL);
    if (calls)
        put_live(&b, calls);
    json_decref(calls);
    put_states(r, &b);
    put_trunks(r, &b);
    put_self_tests(r, &b);
    put_alarms(r, &b);
    put_nodes(r, &b);
    put_room(r, &b);
    put_counters(r, &b);
    reply_plain(r, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", buf_text(&b));
}

void get_metrics(struct request *r)
{
    const struct message m = {.type = MSG_live, .live = {.look = 1}};
    request_ask(r, &m, LIVE_PATIENCE_MS, reply_metrics);
}
