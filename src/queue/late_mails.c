/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails that wait for longer than the setting mail_alarm_minutes: received faxes that nobody gets go to the
 * tenant's fallback address (D7), and the administrator hears of all of them, by another path where there is
 * one. */
#include "base/log.h"
#include "base/str.h"
#include "queue/mail_servers.h"
#include "store/alarms.h"
#include "store/config.h"

enum { LATE_AT_ONCE = 50, LATE_MINUTES = 15, ALARMS_MAX = 20 };
/* Said again while it lasts. */
#define SAY_AGAIN_MS (24LL * 3600 * 1000)

static int64_t late_ms(struct queue *q)
{
    uint64_t minutes;
    if (!str_to_u64(store_meta(&q->store, &q->arena, "mail_alarm_minutes"), 10000, &minutes) || minutes == 0)
        minutes = LATE_MINUTES;
    return (int64_t)minutes * 60000;
}

/* ---- received faxes (D7) ---- */

static void see_to_faxes(struct queue *q, int64_t patience)
{
    struct id ids[LATE_AT_ONCE];
    size_t n = mail_out_late(&q->store, q->now_ms - patience, ids, LATE_AT_ONCE);
    for (size_t i = 0; i < n; i++) {
        struct mail_out m;
        if (!mail_out_find(&q->store, ids[i], &q->arena, &m) || mail_out_has_stand_in(&q->store, m.about))
            continue;
        log_error(id_text(m.about),
                  "ALARM mail-late: no server has taken the mail with this received fax for "
                  "%lld minutes (to %s): %s",
                  (long long)patience / 60000, m.recipient,
                  *m.reason ? m.reason : "it has not been tried yet");
        mail_use_fallback(q, &m);
        if (!mail_out_has_stand_in(&q->store, m.about))
            mail_out_stand_in(&q->store, m.id, m.about); /* nobody to stand in: said once all the same */
    }
}

/* ---- all mails of a server ---- */

void tell_administrator(struct queue *q, struct id about, const char *subject, const char *text)
{
    struct id one;
    const char *to = store_meta(&q->store, &q->arena, "alarm_address");
    if (!*to || mail_out_alarms(&q->store, &one, 1) > 0)
        return; /* one that waits says enough */
    const struct mail_out m = {.tenant = ID_NONE,
                               .kind = "alarm",
                               .about = about,
                               .sender = from_address(q, ID_NONE),
                               .recipient = to,
                               .subject = subject,
                               .message_id = "",
                               .text = text};
    (void)mail_to(q, &m);
}

static void say_late(struct queue *q, const struct mail_server *s, const struct late_mails *late,
                     int64_t patience)
{
    struct mail_out m;
    if (!mail_out_find(&q->store, late->oldest, &q->arena, &m))
        return;
    const char *text = arena_format(
        &q->arena,
        "%u %s waited for more than %lld minutes to leave by the mail server %.64s (%.60s); the first is to "
        "%.100s. %s Nothing is lost: they go as soon as they can. `faxpost mails list` shows them.",
        late->count, late->count == 1 ? "mail has" : "mails have", (long long)patience / 60000, s->name,
        s->host, m.recipient, *m.reason ? m.reason : "None was tried yet.");
    log_error(NULL, "ALARM mail-late: %s", text);
    tell_administrator(q, id_new(), "Faxpost: mail does not leave", text);
}

static bool is_about_open_alarm(struct queue *q, struct id mail)
{
    struct mail_out m;
    return mail_out_find(&q->store, mail, &q->arena, &m) && alarm_is_open(&q->store, m.about);
}

/* What did not leave while the trouble lasted would only puzzle. */
static void drop_alarms(struct queue *q)
{
    struct id ids[ALARMS_MAX];
    size_t n = mail_out_alarms(&q->store, ids, ALARMS_MAX);
    for (size_t i = 0; i < n; i++)
        if (!is_about_open_alarm(q, ids[i]) && !flight_anywhere(q, WORK_DELIVER, ids[i]) &&
            !flight_anywhere(q, WORK_COMPOSE, ids[i]))
            mail_out_delete(&q->store, ids[i]);
}

static void see_to_server(struct queue *q, const struct mail_server *s, int64_t patience)
{
    struct server_state *state = server_state(q, s->name);
    struct late_mails late = {0, ID_NONE};
    if (s->enabled) /* else somebody holds them all on purpose (S3.2) */
        late = mail_out_late_of(&q->store, s->tenant_id, q->now_ms - patience);
    bool again = state->late > 0 && q->steady_ms - state->said_late_ms < SAY_AGAIN_MS;
    if (late.count > 0 && !again) {
        say_late(q, s, &late, patience);
        state->said_late_ms = q->steady_ms;
    } else if (late.count == 0 && state->late > 0) {
        log_info(NULL, "no mail waits for too long at the mail server %s any more", s->name);
        drop_alarms(q);
    }
    state->late = late.count;
}

void pump_late_mails(struct queue *q)
{
    struct mail_server list[MAIL_SERVERS_MAX];
    int64_t patience = late_ms(q);
    see_to_faxes(q, patience);
    if (str_starts(q->conf->deliver, "maildir:"))
        return;
    size_t n = config_mail_servers(&q->store, &q->arena, list, MAIL_SERVERS_MAX);
    for (size_t i = 0; i < n; i++)
        if (!list[i].fallback)
            see_to_server(q, &list[i], patience);
}
