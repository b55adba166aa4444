/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails as they come in at the front door: may this recipient be, and are the bytes durable? */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/queue.h"
#include "queue/routing.h"
#include "queue/sender_policy.h"
#include "store/blob.h"
#include "store/mails.h"

/* ---- who sent it (A5) ---- */

struct arrival {
    const char *recipient, *client_ip;
    uint32_t trust;
    const struct sender_facts *facts; /* NULL: nobody looked */
};

/* *forwarders: whether there are any to be believed. */
static enum sender_decision judge(struct queue *q, const struct faxbox *box, const struct arrival *in,
                                  const char **forwarders)
{
    struct tenant t;
    if (!config_tenant(&q->store, &q->arena, box->tenant, &t))
        return SENDER_REFUSED;
    const struct sender_rules *own = &box->senders, *common = &t.senders;
    const struct sender_case c = {
        .authenticated =
            in->trust == MAIL_TRUST_AUTHENTICATED || (in->trust == MAIL_TRUST_LOOPBACK && !*in->client_ip),
        .client_ip = in->client_ip,
        .networks = {common->trusted_networks, own->trusted_networks},
        .dmarc = *own->dmarc ? own->dmarc : common->dmarc,
        .forwarders = {common->arc_trusted, own->arc_trusted},
        .facts = in->facts,
    };
    *forwarders = *own->arc_trusted ? own->arc_trusted : common->arc_trusted;
    return sender_decide(&c);
}

static void check_recipient(struct queue *q, const struct msg_rcpt_check *m, struct outcome *o,
                            uint32_t *verify)
{
    struct route r;
    const char *forwarders;
    route_recipient(&q->store, &q->arena, m->recipient, m->sender, &r, o);
    if (o->verdict != VERDICT_DONE)
        return;
    const struct arrival in = {m->recipient, m->client_ip, m->trust, NULL};
    if (judge(q, &r.box, &in, &forwarders) == SENDER_UNKNOWN)
        *verify = MAIL_VERIFY | (*forwarders ? MAIL_VERIFY_ARC : 0u);
}

void on_rcpt_check(void *context, const struct sender *from, struct msg_rcpt_check *m)
{
    struct queue *q = context;
    struct outcome o = {.verdict = VERDICT_GIVE_UP};
    uint32_t verify = 0;
    queue_enter(q);
    check_recipient(q, m, &o, &verify);
    struct message answer = {.type = MSG_rcpt_verdict,
                             .rcpt_verdict = {250, "2.1.5", "Recipient ok", verify}};
    if (o.verdict != VERDICT_DONE)
        answer.rcpt_verdict = (struct msg_rcpt_verdict){o.verdict == VERDICT_RETRY ? 451 : 550,
                                                        arena_format(&q->arena, "%.15s", o.code), o.text, 0};
    peers_answer(q->peers, from, &answer);
}

void on_mail_spool(void *context, const struct sender *from, struct msg_mail_spool *m)
{
    struct queue *q = context;
    queue_enter(q);
    SCOPED_FD int fd = blob_spool(&q->store, m->mail);
    struct message answer = {
        .type = MSG_mail_spooled,
        .mail_spooled = {.mail = m->mail, .error = fd < 0 ? (uint32_t)errno : 0, .fd = fd}};
    peers_answer(q->peers, from, &answer);
}

static int take_blob(struct queue *q, const struct msg_mail_store *m, struct id *blob)
{
    if (m->spooled > 0)
        return blob_adopt(&q->store, m->mail, m->spooled, blob);
    *blob = blob_put(&q->store, m->data);
    return 0;
}

static bool refuse(struct msg_mail_stored *reply, uint32_t smtp, const char *enhanced, const char *text)
{
    reply->smtp = smtp;
    reply->enhanced = enhanced;
    reply->text = text;
    return false;
}

static bool refuse_author(struct queue *q, const struct sender_facts *facts, bool later,
                          struct msg_mail_stored *reply)
{
    char text[OUTCOME_TEXT_LEN];
    struct sender_facts f = *facts;
    if (later)
        f.dmarc = AUTH_TEMPERROR;
    sender_explain(&f, text, sizeof(text));
    return refuse(reply, later ? 451 : 550, later ? "4.4.3" : "5.7.26", arena_strdup(&q->arena, text));
}

/* Is the mail its author's, and may he send from the recipient's box? */
static bool admit(struct queue *q, const struct arrival *in, const char *sender,
                  struct msg_mail_stored *reply)
{
    struct route r;
    struct outcome o;
    const char *forwarders;
    route_recipient(&q->store, &q->arena, in->recipient, sender, &r, &o);
    if (o.verdict != VERDICT_DONE) /* it was right at RCPT; a mail from elsewhere is not answered later */
        return in->trust != MAIL_TRUST_NONE ||
               refuse(reply, 550, arena_strdup(&q->arena, o.code), arena_strdup(&q->arena, o.text));
    enum sender_decision d = judge(q, &r.box, in, &forwarders);
    if (d == SENDER_TRUSTED || (d == SENDER_ACCEPTED && !in->facts))
        return true;
    if (!in->facts)
        return refuse(reply, 451, "4.3.0", "the settings have changed; send the mail again");
    if (d == SENDER_REFUSED || d == SENDER_LATER)
        return refuse_author(q, in->facts, d == SENDER_LATER, reply);
    return config_may_send(&q->store, r.box.id, in->facts->from) ||
           refuse(reply, 550, "5.7.1",
                  arena_format(&q->arena,
                               "<%.150s> in the header From may not send from fax box \"%s\"; its "
                               "administrator can add the address",
                               in->facts->from, r.box.id));
}

static bool admit_all(struct queue *q, const struct msg_mail_store *m, struct msg_mail_stored *reply)
{
    struct sender_facts facts;
    bool known = sender_facts_parse(m->facts, &facts);
    struct arrival in = {NULL, m->client_ip, m->trust, known ? &facts : NULL};
    char *rest = arena_strdup(&q->arena, m->recipients), *recipient;
    while ((recipient = strsep(&rest, "\n")) != NULL) {
        in.recipient = recipient;
        if (*recipient && !admit(q, &in, m->sender, reply))
            return false;
    }
    return true;
}

static void keep(struct queue *q, const struct msg_mail_store *m, struct msg_mail_stored *reply)
{
    struct mail_in mail = {.id = m->mail,
                           .received_ms = q->now_ms,
                           .sender = m->sender,
                           .recipients = m->recipients,
                           .client_ip = m->client_ip,
                           .trust = m->trust,
                           .facts = m->facts};
    reply->error = (uint32_t)take_blob(q, m, &mail.blob);
    if (reply->error)
        return;
    mail_in_add(&q->store, &mail);
    log_info(id_text(m->mail), "mail from <%s> is stored%s%s", m->sender, *m->facts ? "; " : "", m->facts);
}

void on_mail_store(void *context, const struct sender *from, struct msg_mail_store *m)
{
    struct queue *q = context;
    struct message answer = {.type = MSG_mail_stored,
                             .mail_stored = {.mail = m->mail, .enhanced = "", .text = ""}};
    queue_enter(q);
    if (!mail_in_exists(&q->store, m->mail)) {
        if (admit_all(q, m, &answer.mail_stored)) {
            keep(q, m, &answer.mail_stored);
        } else {
            log_info(id_text(m->mail), "mail from <%s> at %s is refused; %s", m->sender, m->client_ip,
                     m->facts);
            blob_drop_spool(&q->store, m->mail);
        }
    }
    peers_answer(q->peers, from, &answer);
    queue_wants(q, WORK_UNPACK);
}
