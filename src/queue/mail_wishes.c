/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person does with mails that are not sent, and with what is remembered of a mail server. */
#include "base/log.h"
#include "base/str.h"
#include "queue/audit_notes.h"
#include "queue/mail_servers.h"
#include "store/config.h"
#include "store/mail_history.h"

static unsigned refuse(struct outcome *o, unsigned status, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
    return status;
}

static unsigned hold(struct queue *q, const struct mail_out *m, const char *user, struct outcome *o)
{
    if (m->state == MAIL_OUT_COMPOSING)
        return refuse(o, 409, "mail-composing",
                      "The mail is being made; it can be held in a moment, or deleted.");
    if (m->state == MAIL_OUT_WAITING) {
        outcome_set(o, VERDICT_RETRY, "held", "Held by %.200s until somebody releases it.", user);
        mail_out_hold(&q->store, m->id, o);
        mail_event_done(&q->store, m->id, q->now_ms, "held", user);
    }
    outcome_done(o);
    return 200;
}

/* One that is given away at this moment may be delivered whatever we do. */
static bool travels(struct queue *q, const struct mail_out *m, enum mail_wish wish)
{
    return (wish == MAIL_WISH_HOLD || wish == MAIL_WISH_DELETE) && flight_anywhere(q, WORK_DELIVER, m->id);
}

/* Who asks twice gets what he wanted. */
static unsigned grant(struct queue *q, const struct mail_out *m, enum mail_wish wish, const char *user,
                      struct outcome *o)
{
    if (m->state == MAIL_OUT_SENT)
        return refuse(o, 409, "mail-sent", "The mail server has taken this mail already.");
    if (travels(q, m, wish))
        return refuse(o, 409, "mail-travels",
                      "The mail is with the mail server at this moment; ask again when it waits.");
    if (wish == MAIL_WISH_HOLD)
        return hold(q, m, user, o);
    if (wish == MAIL_WISH_RETRY && m->state == MAIL_OUT_HELD)
        return refuse(o, 409, "mail-held", "The mail is held; release it.");
    if (wish == MAIL_WISH_DELETE) {
        mail_out_delete(&q->store, m->id);
    } else if (wish == MAIL_WISH_RETRY || m->state == MAIL_OUT_HELD) {
        mail_out_release(&q->store, m->id, q->now_ms);
        mail_event_done(&q->store, m->id, q->now_ms, wish == MAIL_WISH_RETRY ? "retried" : "released", user);
    }
    if (wish == MAIL_WISH_RETRY)
        mail_servers_retry(q);
    return 200;
}

static unsigned grant_all(struct queue *q, enum mail_wish wish, const char *user, struct outcome *o,
                          uint32_t *count)
{
    if (wish == MAIL_WISH_RELEASE) {
        mail_event_done_all(&q->store, MAIL_OUT_HELD, q->now_ms, "released", user);
        *count = mail_out_release_all(&q->store, q->now_ms);
    } else if (wish == MAIL_WISH_RETRY) {
        *count = mail_out_waiting(&q->store);
        mail_event_done_all(&q->store, MAIL_OUT_WAITING, q->now_ms, "retried", user);
        (void)mail_out_hurry_all(&q->store, q->now_ms);
        mail_servers_retry(q);
    } else {
        return refuse(o, 400, "not-for-all", "All mails at once can be released or tried again only.");
    }
    return 200;
}

void on_mail_wish(void *context, const struct sender *from, struct msg_mail_wish *m)
{
    static const char *const verbs[] = {"hold", "release", "retry", "delete"};
    static const char *const done[] = {"held", "released", "tried again", "deleted"};
    struct queue *q = context;
    struct mail_out mail;
    struct outcome o;
    uint32_t count = 1;
    unsigned status;
    queue_enter(q);
    outcome_done(&o);
    enum mail_wish wish = m->wish < MAIL_WISH_COUNT ? (enum mail_wish)m->wish : MAIL_WISH_RETRY;
    const char *user = queue_text(q, m->user);
    if (id_is_none(m->mail))
        status = grant_all(q, wish, user, &o, &count);
    else if (mail_out_find(&q->store, m->mail, &q->arena, &mail))
        status = grant(q, &mail, wish, user, &o);
    else
        status = refuse(&o, 404, "unknown-mail", "There is no such mail. `faxpost mails list` shows them.");
    if (status == 200)
        note_deed(q, id_is_none(m->mail) ? ID_NONE : mail.tenant,
                  &(struct doer){m->actor, m->user, m->client_ip},
                  arena_format(&q->arena, "mails.%s", verbs[wish]),
                  id_is_none(m->mail) ? "all" : id_text(m->mail), "");
    if (status == 200)
        log_info(id_is_none(m->mail) ? NULL : id_text(m->mail), "mail %s by %s", done[wish], user);
    struct message answer = {
        .type = MSG_mail_wished,
        .mail_wished = {
            .mail = m->mail, .status = status, MESSAGE_OUTCOME(&o), .count = status == 200 ? count : 0}};
    peers_answer(q->peers, from, &answer);
    queue_wants(q, WORK_COMPOSE | WORK_DELIVER);
}

void on_tls_reset(void *context, const struct sender *from, struct msg_tls_reset *m)
{
    struct queue *q = context;
    struct outcome o;
    unsigned status = 200;
    queue_enter(q);
    outcome_done(&o);
    if (tls_seen_forget(&q->store, m->server)) {
        store_set_meta(&q->store, TLS_RESET_META, arena_format(&q->arena, "%lld", (long long)q->now_ms));
        log_warning(NULL, "that the mail server %s spoke TLS is forgotten, by %s", m->server,
                    queue_text(q, m->user));
        mail_servers_retry(q);
        note_deed(q, ID_NONE, &(struct doer){m->actor, m->user, m->client_ip}, "mail-server.reset-tls",
                  m->server, "");
    } else {
        outcome_set(&o, VERDICT_GIVE_UP, "unknown-server",
                    "No mail server %.200s was seen with TLS. It is written as host:port of the settings.",
                    queue_text(q, m->server));
        status = 404;
    }
    struct message answer = {.type = MSG_tls_was_reset,
                             .tls_was_reset = {.status = status, MESSAGE_OUTCOME(&o)}};
    peers_answer(q->peers, from, &answer);
    queue_wants(q, WORK_DELIVER);
}
