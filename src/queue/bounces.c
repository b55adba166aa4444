/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/bounces.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "proto/address.h"
#include "proto/bounce.h"
#include "queue/answers.h"
#include "queue/mail_servers.h"
#include "store/mail_history.h"

/* ---- addresses ---- */

bool mail_is_ours(const struct mail_out *m)
{
    return !str_equal(m->kind, "pickup");
}

/* Nothing may come back of an answer to what was not taken, for its sender may be anybody (RFC 3834 §3.3), of
 * what machines read (RFC 3464 §2), and of what tells of a mail that came back (RFC 5321 §6.1). */
static bool wants_no_sender(struct queue *q, const struct mail_out *m)
{
    return m->dsn || str_equal(m->kind, "answer") || str_equal(m->kind, "notice") ||
           (str_equal(m->kind, "alarm") && mail_out_exists(&q->store, m->about));
}

const char *return_address(struct queue *q, const struct mail_server *server, const struct mail_out *m)
{
    if (wants_no_sender(q, m) && (!server || server->null_sender))
        return "";
    if (!server || !mail_is_ours(m) || !*m->sender)
        return m->sender;
    const char *domain = store_meta(&q->store, &q->arena, "fax_domain");
    const char *account = server->envelope_sender;
    if (!*account && *domain)
        account = arena_format(&q->arena, "bounce+*@%s", domain);
    const char *star = strchr(account, '*');
    if (star)
        return arena_format(&q->arena, "%.*s%s%s", (int)(star - account), account, id_text(m->id), star + 1);
    return *account ? account : m->sender;
}

/* The mail whose id stands in the local part, wherever an account has its *. */
static bool find_token(struct queue *q, const char *recipient, struct id *mail)
{
    struct address a;
    char text[ID_TEXT_LEN];
    if (address_parse(span_str(recipient), &a) != ADDRESS_OK)
        return false;
    size_t len = strlen(a.local);
    for (size_t at = 0; at + ID_TEXT_LEN - 1 <= len; at++)
        if (str_copy_span(text, sizeof(text), span_of((const uint8_t *)a.local + at, ID_TEXT_LEN - 1)) &&
            id_parse(text, mail) && mail_out_exists(&q->store, *mail))
            return true;
    return false;
}

static bool is_account(struct queue *q, const char *recipient)
{
    struct mail_server list[MAIL_SERVERS_MAX];
    size_t n = config_mail_servers(&q->store, &q->arena, list, MAIL_SERVERS_MAX);
    for (size_t i = 0; i < n; i++)
        if (*list[i].envelope_sender && str_equal_nocase(list[i].envelope_sender, recipient))
            return true;
    return false;
}

bool is_return_address(struct queue *q, const char *sender, const char *recipient)
{
    struct id mail;
    return find_token(q, recipient, &mail) || (!*sender && is_account(q, recipient));
}

/* ---- which mail ---- */

/* Message-IDs of ours: "faxpost-ID@domain" (convert/work.c). */
static bool find_by_message_id(struct queue *q, const char *message_id, struct id *mail)
{
    static const char before[] = "faxpost-";
    char text[ID_TEXT_LEN];
    return str_starts(message_id, before) && strlen(message_id) >= strlen(before) + ID_TEXT_LEN - 1 &&
           str_copy_span(text, sizeof(text),
                         span_of((const uint8_t *)message_id + strlen(before), ID_TEXT_LEN - 1)) &&
           id_parse(text, mail) && mail_out_exists(&q->store, *mail);
}

bool is_mail_of_ours(struct queue *q, const char *message_id)
{
    struct id mail;
    return find_by_message_id(q, message_id, &mail);
}

static bool find_mail(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m,
                      struct id *found)
{
    char *rest = arena_strdup(&q->arena, mail->recipients), *recipient;
    while ((recipient = strsep(&rest, "\n")) != NULL)
        if (find_token(q, recipient, found))
            return true;
    return m->bounce != BOUNCE_NONE &&
           ((id_parse(m->bounce_envid, found) && mail_out_exists(&q->store, *found)) ||
            find_by_message_id(q, m->returned_id, found));
}

/* ---- what it means ---- */

/* To whom a tenant's mails go that reach nobody else; else the administrator hears of it. */
static void tell_people(struct queue *q, const struct mail_out *m, const char *text)
{
    struct tenant t;
    bool known = config_tenant(&q->store, &q->arena, m->tenant, &t) && *t.fallback_address &&
                 !str_equal_nocase(t.fallback_address, m->recipient);
    if (!known) {
        tell_administrator(q, m->id, "Faxpost: a mail reached nobody", text);
        return;
    }
    const struct mail_out notice = {.tenant = m->tenant,
                                    .kind = "notice",
                                    .about = m->id,
                                    .sender = from_address(q, m->tenant),
                                    .recipient = t.fallback_address,
                                    .subject = "A mail reached nobody",
                                    .message_id = "",
                                    .text = text};
    (void)mail_to(q, &notice);
}

void mail_came_to_nothing(struct queue *q, const struct mail_out *m, const struct outcome *o)
{
    mail_use_fallback(q, m);
    /* Of what tells of trouble nobody is told, and of an answer neither: its sender may be forged. */
    bool told = str_equal(m->kind, "report") || str_equal(m->kind, "job-report") ||
                str_equal(m->kind, "pickup") ||
                (str_equal(m->kind, "received") && !mail_out_has_stand_in(&q->store, m->about));
    if (told)
        tell_people(q, m,
                    arena_format(&q->arena,
                                 "The %s mail to %.200s reached nobody. %s `faxpost mails show %s`", m->kind,
                                 m->recipient, o->text, id_text(m->id)));
}

static void describe(struct queue *q, const struct msg_unpacked *m, const struct mail_out *mail,
                     struct outcome *o)
{
    const char *words = *m->bounce_words ? queue_text(q, m->bounce_words) : "its server does not say why";
    if (m->bounce == BOUNCE_DELAYED)
        outcome_set(o, VERDICT_RETRY, "mail-delayed",
                    "The mail to %.100s has not arrived yet; a server on the way tries further (%s %.200s).",
                    mail->recipient, m->bounce_status, words);
    else
        outcome_set(
            o, VERDICT_GIVE_UP, "mail-returned",
            "The mail to %.100s came back: %s %.200s. Mend the address, then retry or delete the mail.",
            mail->recipient, m->bounce_status, words);
}

static void came_back(struct queue *q, const struct mail_out *m, const struct outcome *o)
{
    if (m->state != MAIL_OUT_SENT && m->state != MAIL_OUT_WAITING)
        return; /* known, or a person has dealt with it */
    log_error(id_text(m->id), "ALARM mail-returned: %s mail: %s", m->kind, o->text);
    mail_out_return(&q->store, m->id, q->now_ms, o);
    mail_event_tried(&q->store, m->id, q->now_ms, "returned", "", o);
    mail_came_to_nothing(q, m, o);
}

static void note_delay(struct queue *q, struct id mail, const struct outcome *o)
{
    mail_out_note(&q->store, mail, o);
    mail_event_tried(&q->store, mail, q->now_ms, "delayed", "", o);
}

bool take_bounce(struct queue *q, const struct mail_in *mail, const struct msg_unpacked *m)
{
    struct id id;
    struct mail_out ours;
    struct outcome o;
    if (!find_mail(q, mail, m, &id) || !mail_out_find(&q->store, id, &q->arena, &ours))
        return false;
    if (m->bounce == BOUNCE_NONE && !str_equal(m->code, "mail-automatic"))
        return false; /* a bounce in no known form, or a person: kept as a dead letter */
    describe(q, m, &ours, &o);
    if (m->bounce == BOUNCE_FAILED)
        came_back(q, &ours, &o);
    else if (m->bounce == BOUNCE_DELAYED && ours.state == MAIL_OUT_SENT)
        note_delay(q, id, &o);
    log_info(id_text(mail->id), "mail from <%s> tells of our mail %s", mail->sender, id_text(id));
    mail_in_close(&q->store, mail->id, MAIL_IN_ROUTED, "bounce", "");
    return true;
}
