/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/answer_mail.h"

#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/local_time.h"
#include "convert/mail_values.h"
#include "model/states.h"
#include "proto/dsn.h"
#include "proto/dsn_request.h"
#include "proto/mail_reason.h"

enum { RECIPIENTS_MAX = 100, RECIPIENT_LEN = 321, LINE_LEN = 128 };
enum { STEERED_MAX = 200, ROW_LEN = 600, REASON_LEN = 401 }; /* as queue writes them */

/* The next line of *p, cut where it does not fit. */
static void take_line(const char **p, char *to, size_t room)
{
    size_t len = strcspn(*p, "\n");
    (void)str_copy_span(to, room, span_of(*p, len));
    *p += len + ((*p)[len] == '\n');
}

static bool fill(struct mail_words *words, enum mail_template_kind kind, const char *template,
                 const struct mail_values *v)
{
    const struct mail_template_values values = {.list = v->list, .count = v->count};
    return mail_template_fill(kind, template, &values, words);
}

static bool kept_words(struct mail_words *words, const struct msg_compose_answer *m)
{
    static const char *const names[] = {"caller", "called", "pages", "id"};
    char lines[ARRAY_LEN(names)][LINE_LEN];
    struct mail_values v = {.count = 0};
    const char *p = m->text;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        take_line(&p, lines[i], LINE_LEN);
    bool anonymous = lines[0][0] == 0;
    if (anonymous)
        (void)str_copy(lines[0], LINE_LEN, "anonymous");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        mail_value_text(&v, names[i], lines[i]);
    mail_value_flag(&v, "anonymous", anonymous);
    return fill(words, MAIL_TEMPLATE_KEPT, m->template, &v);
}

/* Complaints about a number or a flag are parts of sentences elsewhere. */
static void whole_sentence(char *to, size_t room, const char *text)
{
    size_t len = strlen(text);
    bool ends = len == 0 || strchr(".!?\n", text[len - 1]);
    (void)str_format(to, room, "%s%s", text, ends ? "" : ".");
    if (to[0] >= 'a' && to[0] <= 'z')
        to[0] = (char)(to[0] - 'a' + 'A');
}

static bool refused_words(struct mail_words *words, const struct msg_compose_answer *m)
{
    struct mail_values v = {.count = 0};
    char why[MAIL_REASON_LEN];
    size_t room = strlen(m->text) + 2;
    SCOPED_FREE char *reason = mem_zalloc(room);
    whole_sentence(reason, room, m->text);
    (void)mail_reason(m->language, m->code, why);
    mail_value_text(&v, "subject", m->subject);
    mail_value_text(&v, "reason", reason);
    mail_value_text(&v, "why", why);
    mail_value_text(&v, "code", m->code);
    return fill(words, MAIL_TEMPLATE_REFUSED, m->template, &v);
}

/* ---- delays, and answers to commands ---- */

static int64_t time_of(const char *text)
{
    uint64_t ms;
    return str_to_u64(text, INT64_MAX, &ms) ? (int64_t)ms : 0;
}

static void value_time(struct mail_values *v, const char *name, const char *text)
{
    if (time_of(text) != 0)
        mail_value_time(v, name, time_of(text));
    else
        mail_value_text(v, name, "");
}

static bool delayed_words(struct mail_words *words, const struct msg_compose_answer *m)
{
    char number[LINE_LEN], calls[LINE_LEN], next[LINE_LEN], reason[REASON_LEN];
    struct mail_values v = {.count = 0};
    const char *p = m->text;
    take_line(&p, number, sizeof(number));
    take_line(&p, calls, sizeof(calls));
    take_line(&p, next, sizeof(next));
    take_line(&p, reason, sizeof(reason));
    mail_value_text(&v, "number", number);
    mail_value_text(&v, "calls", calls);
    value_time(&v, "next", next);
    mail_value_text(&v, "reason", reason);
    mail_value_flag(&v, "control", *m->reply_to != 0);
    return fill(words, MAIL_TEMPLATE_DELAYED, m->template, &v);
}

/* A row of a job, cut at its tabs in place. */
static void take_steered(struct mail_values *v, char *row)
{
    static const char *const names[] = {"state", "number", "confirmed", "pages", "next", "cause"};
    static const enum job_state states[] = {JOB_WAITING, JOB_CALLING, JOB_HELD,      JOB_DONE,
                                            JOB_FAILED,  JOB_UNKNOWN, JOB_CANCELLED, JOB_EXPIRED};
    const char *fields[ARRAY_LEN(names)];
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        fields[i] = row ? strsep(&row, "\t") : "";
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        const char *name = job_state_name(states[i]);
        mail_value_flag(v, states[i] == JOB_DONE ? "delivered" : name, str_equal(fields[0], name));
    }
    for (size_t i = 1; i < ARRAY_LEN(names); i++)
        if (str_equal(names[i], "next"))
            value_time(v, names[i], fields[i]);
        else
            mail_value_text(v, names[i], fields[i]);
}

static const struct deed {
    const char *verb, *name;
    bool undone;
} deeds[] = {{"cancelled", "did_cancel", false},
             {"held", "did_hold", false},
             {"released", "did_release", false},
             {"again", "did_again", false},
             {"status", "asked", false},
             {"refused", "refused", true},
             {"used", "used", true},
             {"old", "old", true},
             {"foreign", "foreign", true},
             {"twice", "twice", true},
             {"unclear", "unclear", true}};

static void take_deed(struct mail_values *v, const char **p, char reason[REASON_LEN])
{
    char verb[LINE_LEN], until[LINE_LEN];
    take_line(p, verb, sizeof(verb));
    take_line(p, until, sizeof(until));
    take_line(p, reason, REASON_LEN);
    bool undone = false;
    for (size_t i = 0; i < ARRAY_LEN(deeds); i++) {
        bool is = str_equal(verb, deeds[i].verb);
        mail_value_flag(v, deeds[i].name, is);
        undone = undone || (is && deeds[i].undone);
    }
    mail_value_flag(v, "undone", undone);
    value_time(v, "until", until);
    mail_value_text(v, "reason", reason);
}

static bool control_words(struct mail_words *words, const struct msg_compose_answer *m)
{
    SCOPED_FREE struct mail_values *jobs = mem_zalloc(STEERED_MAX * sizeof(*jobs));
    SCOPED_FREE struct mail_template_values *each = mem_zalloc(STEERED_MAX * sizeof(*each));
    SCOPED_FREE char *rows = mem_zalloc((size_t)STEERED_MAX * ROW_LEN);
    struct mail_values v = {.count = 0};
    const char *p = m->text;
    size_t n = 0;
    char reason[REASON_LEN];
    take_deed(&v, &p, reason);
    for (; *p && n < STEERED_MAX; n++) {
        take_line(&p, rows + n * ROW_LEN, ROW_LEN);
        take_steered(&jobs[n], rows + n * ROW_LEN);
        each[n] = (struct mail_template_values){.list = jobs[n].list, .count = jobs[n].count};
    }
    const struct mail_template_values values = {
        .list = v.list, .count = v.count, .each = each, .each_count = n};
    return mail_template_fill(MAIL_TEMPLATE_CONTROL, m->template, &values, words);
}

bool answer_words(struct mail_words *words, const struct msg_compose_answer *m)
{
    struct mail_values v = {.count = 0};
    memset(words, 0, sizeof(*words));
    if (m->kind == MAIL_TEMPLATE_KEPT)
        return kept_words(words, m);
    if (m->kind == MAIL_TEMPLATE_REFUSED)
        return refused_words(words, m);
    if (m->kind == MAIL_TEMPLATE_DELAYED)
        return delayed_words(words, m);
    if (m->kind == MAIL_TEMPLATE_CONTROL)
        return control_words(words, m);
    mail_value_text(&v, "subject", m->subject);
    mail_value_text(&v, "numbers", m->text);
    return m->kind == MAIL_TEMPLATE_REPEATED && fill(words, MAIL_TEMPLATE_REPEATED, m->template, &v);
}

/* ---- a dry run ---- */

/* In English, for templates of the time before each number had values of its own. */
static void put_facts(struct buf *facts, const char *const *fields)
{
    char when[64];
    local_time_format(when, sizeof(when), "%Y-%m-%d %H:%M", time_of(fields[5]));
    (void)buf_printf(facts,
                     "%sNumber: %s, dialled as %s\nPrice class: %s\nTrunk: %s\nPages: %s\nEarliest: "
                     "%s\nFrom box: %s\n",
                     facts->len > 0 ? "\n" : "", fields[0], fields[1], fields[2],
                     *fields[3] ? fields[3] : "none is set up: it would wait", fields[4], when, fields[6]);
}

/* A row of a number, cut at its tabs in place. */
static void take_shown(struct mail_values *v, char *row, struct buf *facts)
{
    static const char *const names[] = {"number", "dialled", "class", "trunk", "pages", "earliest", "box"};
    static const char *const classes[] = {"extension",     "national",     "mobile",
                                          "international", "premium-rate", "emergency"};
    const char *fields[ARRAY_LEN(names)];
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        fields[i] = row ? strsep(&row, "\t") : "";
    put_facts(facts, fields);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_equal(names[i], "earliest"))
            value_time(v, names[i], fields[i]);
        else
            mail_value_text(v, names[i], fields[i]);
    for (size_t i = 0; i < ARRAY_LEN(classes); i++)
        mail_value_flag(v, i == 4 ? "premium" : classes[i], str_equal(fields[2], classes[i]));
}

bool preview_words(struct mail_words *words, const struct msg_compose_preview *m, unsigned seconds)
{
    SCOPED_FREE struct mail_values *shown = mem_zalloc(STEERED_MAX * sizeof(*shown));
    SCOPED_FREE struct mail_template_values *each = mem_zalloc(STEERED_MAX * sizeof(*each));
    SCOPED_FREE char *rows = mem_zalloc((size_t)STEERED_MAX * ROW_LEN);
    SCOPED_BUF struct buf facts;
    struct mail_values v = {.count = 0};
    const char *p = m->text;
    size_t n = 0;
    buf_init(&facts, MAIL_TEMPLATE_MAX);
    for (; *p && n < STEERED_MAX; n++) {
        take_line(&p, rows + n * ROW_LEN, ROW_LEN);
        take_shown(&shown[n], rows + n * ROW_LEN, &facts);
        each[n] = (struct mail_template_values){.list = shown[n].list, .count = shown[n].count};
    }
    mail_value_text(&v, "subject", m->subject);
    mail_value_text(&v, "facts", buf_text(&facts));
    mail_value_text(&v, "misnamed", m->misnamed);
    mail_value_text(&v, "small_text", m->small_text);
    mail_value_count(&v, "seconds", seconds);
    const struct mail_template_values values = {
        .list = v.list, .count = v.count, .each = each, .each_count = n};
    return mail_template_fill(MAIL_TEMPLATE_PREVIEW, m->template, &values, words);
}

/* ---- for machines ---- */

void answer_status(struct buf *b, const struct msg_compose_answer *m)
{
    SCOPED_FREE char *addresses = mem_zalloc((size_t)RECIPIENTS_MAX * RECIPIENT_LEN);
    struct dsn_recipient list[RECIPIENTS_MAX];
    size_t n = 0;
    char arrival[64] = "", envid[DSN_ENVID_LEN];
    SCOPED_FREE char *originals = mem_zalloc((size_t)RECIPIENTS_MAX * DSN_ORCPT_LEN);
    const char *p = m->recipients;
    while (n < RECIPIENTS_MAX && (*p || n == 0)) {
        char *address = addresses + n * RECIPIENT_LEN;
        take_line(&p, address, RECIPIENT_LEN);
        dsn_kept_orcpt(m->wishes, n, originals + n * DSN_ORCPT_LEN);
        list[n] = (struct dsn_recipient){.address = address,
                                         .status = dsn_status("", m->code),
                                         .code = m->code,
                                         .text = m->text,
                                         .last_attempt = "",
                                         .original = originals + n * DSN_ORCPT_LEN};
        n++;
    }
    if (m->received_ms != 0)
        local_time_format(arrival, sizeof(arrival), "%a, %d %b %Y %H:%M:%S %z", m->received_ms);
    dsn_kept_envid(m->wishes, envid);
    dsn_format(b, &(struct dsn){m->host_name, arrival, list, n, envid});
}
