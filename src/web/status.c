/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an administrator wants to see first: calls now, what waits, what is wrong and what to do about it. */
#include <microhttpd.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/config.h"
#include "store/outbox.h"
#include "store/reports.h"
#include "web/resources.h"

enum { BOXES_SHOWN = 500, LIVE_PATIENCE_MS = 3000, LATE_MINUTES = 15, GUESSES_SHOWN_MS = 24 * 3600 * 1000 };

static void alarm_add(json_t *alarms, const char *code, const char *format, ...) PRINTF_LIKE(3, 4);
static void alarm_add(json_t *alarms, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_t *text = json_vsprintf(format, args);
    va_end(args);
    (void)json_array_append_new(alarms, json_pack("{s:s, s:o}", "code", code, "text", text));
}

static void add_setup_alarms(struct request *r, json_t *alarms)
{
    if (!*store_meta(r->store, &r->arena, "fax_domain"))
        alarm_add(alarms, "no-fax-domain",
                  "There is no fax domain, so no mail can name a number. Set it: faxpost set "
                  "installation.fax_domain "
                  "fax.example.com");
    if (!report_has_trunk(r->store))
        alarm_add(alarms, "no-trunk",
                  "There is no trunk, so no fax can be sent or received. Add one to the provisioning: "
                  "faxpost apply");
    if (!request_maildir(r) && !report_has_mail_server(r->store))
        alarm_add(alarms, "no-mail-server",
                  "There is no mail server. Mails are made and kept until there is one: faxpost set "
                  "mail_server.host "
                  "...");
}

/* Of the last one the reason in words, for it tells what to do. */
static void add_failed_mail_alarm(struct request *r, json_t *alarms)
{
    struct id id;
    struct mail_out m = {0};
    int64_t failed = report_count_mails(r->store, &SCOPE_ALL, MAIL_OUT_FAILED);
    int64_t returned = report_count_mails(r->store, &SCOPE_ALL, MAIL_OUT_RETURNED);
    if (returned > 0 && report_mails_in(r->store, &SCOPE_ALL, MAIL_OUT_RETURNED, 1, &id) == 1 &&
        mail_out_find(r->store, id, &r->arena, &m))
        alarm_add(alarms, "mail-returned",
                  "%d %s back, such as one to %s: %s `faxpost mails list` shows them; delete what is settled",
                  (int)returned, returned == 1 ? "mail came" : "mails came", m.recipient, m.reason);
    if (failed > 0 && report_mails_in(r->store, &SCOPE_ALL, MAIL_OUT_FAILED, 1, &id) == 1 &&
        mail_out_find(r->store, id, &r->arena, &m))
        alarm_add(alarms, "mail-failed", "%d %s refused for good, such as one to %s: %s", (int)failed,
                  failed == 1 ? "mail was" : "mails were", m.recipient, m.reason);
}

/* Each by name: another password is another person's work. */
static void add_mailbox_alarms(struct request *r, json_t *alarms)
{
    struct mailbox_state *list;
    const struct scope w = actor_scope(&r->actor);
    size_t n = mailbox_states(r->store, &w, &r->arena, &list);
    for (size_t i = 0; i < n; i++)
        if (!list[i].ok)
            alarm_add(alarms, list[i].code, "Mailbox %s is not read: %s", list[i].name, list[i].text);
    for (size_t i = 0; i < n; i++)
        if (!list[i].used)
            alarm_add(
                alarms, "mailbox-unused",
                "No faxbox names the mailbox %s, so every mail in it becomes a dead letter. Name it in a box "
                "(mailbox), or take it away.",
                list[i].name);
    int64_t too_large = mailbox_too_large(r->store, &w);
    if (too_large > 0)
        alarm_add(
            alarms, "mailbox-too-large",
            "%d %s fetched from mailboxes larger than smtp_max_bytes and not faxed. `faxpost deadletter "
            "list` shows them; delete what is settled.",
            (int)too_large, too_large == 1 ? "mail was" : "mails were");
}

static void add_login_alarm(struct request *r, json_t *alarms)
{
    uint64_t at_ms;
    const char *text = store_meta(r->store, &r->arena, "login.alarm"), *blank = strchr(text, ' ');
    char *at = arena_strdup(&r->arena, text);
    if (!blank)
        return;
    at[blank - text] = 0;
    if (str_to_u64(at, INT64_MAX, &at_ms) && (int64_t)at_ms > clock_wall_ms() - GUESSES_SHOWN_MS)
        alarm_add(alarms, "logins-guessed", "%s", blank + 1);
}

static void add_held_alarm(struct request *r, json_t *alarms)
{
    const struct scope w = actor_scope(&r->actor);
    int64_t held = report_count_jobs(r->store, &w, JOB_HELD);
    if (held > 0)
        alarm_add(alarms, "jobs-held",
                  "Held until a person releases them: %d of the faxes to send; faxpost status lists them",
                  (int)held);
}

static void add_work_alarms(struct request *r, json_t *alarms)
{
    uint64_t minutes;
    if (!str_to_u64(store_meta(r->store, &r->arena, "mail_alarm_minutes"), 10000, &minutes))
        minutes = LATE_MINUTES;
    int64_t late = report_late_mails(r->store, clock_wall_ms() - (int64_t)minutes * 60000);
    const char *trouble = report_mail_trouble(r->store, &r->arena);
    if (late > 0)
        alarm_add(alarms, "mail-late",
                  "%d mails with received faxes have waited for more than %d minutes. %s", (int)late,
                  (int)minutes, trouble);
    else if (*trouble)
        alarm_add(alarms, "mail-waits", "Mail does not leave: %s", trouble);
    add_failed_mail_alarm(r, alarms);
    add_login_alarm(r, alarms);
}

static void add_trunk_alarms(json_t *trunks, json_t *alarms)
{
    size_t i;
    json_t *t;
    json_array_foreach(trunks, i, t)
    {
        const char *text = json_string_value(json_object_get(t, "text"));
        if (strcmp(json_string_value(json_object_get(t, "state")), trunk_state_name(TRUNK_DOWN)) == 0)
            alarm_add(alarms, "trunk-down", "The trunk %s is down: %s",
                      json_string_value(json_object_get(t, "name")), text);
    }
}

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
    json_t *calls = json_live(live), *alarms = json_array(), *trunks = all ? json_trunks(r) : json_array();
    if (!calls)
        alarm_add(alarms, "queue-away",
                  "The part of Faxpost that decides (queue) does not answer; the log says why. Nothing is "
                  "lost, but "
                  "nothing is sent.");
    add_trunk_alarms(trunks, alarms);
    if (all)
        add_setup_alarms(r, alarms);
    else
        drop_foreign_calls(r, calls);
    add_held_alarm(r, alarms);
    if (all)
        add_work_alarms(r, alarms);
    add_mailbox_alarms(r, alarms);
    reply_json(r, MHD_HTTP_OK,
               json_pack("{s:s, s:I, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "fax_domain",
                         store_meta(r->store, &r->arena, "fax_domain"), "now_ms", (json_int_t)clock_wall_ms(),
                         "calls", calls ? calls : json_null(), "jobs", job_counts(r), "mails", mail_counts(r),
                         "faxes", (json_int_t)report_count_faxes(r->store, &w), "boxes", boxes_json(r),
                         "trunks", trunks, "alarms", alarms));
}

void get_events(struct request *r)
{
    request_follow(r);
}

void get_status(struct request *r)
{
    const struct message m = {.type = MSG_live};
    request_ask(r, &m, LIVE_PATIENCE_MS, reply_status);
}
