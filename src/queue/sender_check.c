/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/sender_check.h"

#include <string.h>

#include "base/str.h"
#include "proto/dsn.h"
#include "queue/bounces.h"
#include "queue/logins.h"
#include "queue/routing.h"
#include "queue/sender_policy.h"
#include "queue/steering.h"

struct arrival {
    const char *recipient, *client_ip;
    uint32_t trust;
    struct id user;                   /* logged in */
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

/* An answer to one of our mails is for the box that mail was about. An unknown token is refused here, in the
 * dialogue: nobody has to be told by mail. */
static bool route_answer(struct queue *q, const char *recipient, struct route *r, struct outcome *o,
                         struct control *c)
{
    enum steering kind = steering_find(q, recipient, c);
    if (kind == STEERING_NONE)
        return false;
    outcome_done(o);
    *r = (struct route){.numbered = false};
    if (kind == STEERING_UNKNOWN || !config_box(&q->store, &q->arena, c->faxbox, &r->box))
        outcome_set(o, VERDICT_GIVE_UP, "control-unknown",
                    "Nothing here is steered by this address, or not any more; answer the newest mail about "
                    "the fax");
    return true;
}

void sender_check_at_rcpt(struct queue *q, const struct msg_rcpt_check *m, struct outcome *o,
                          uint32_t *verify)
{
    struct route r;
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms};
    const char *forwarders;
    struct control c;
    outcome_done(o);
    if (is_return_address(q, m->sender, m->recipient))
        return;
    if (!route_answer(q, m->recipient, &r, o, &c))
        route_recipient(&w, m->recipient, m->sender, &r, o);
    if (o->verdict != VERDICT_DONE)
        return;
    const struct arrival in = {m->recipient, m->client_ip, m->trust, m->user, NULL};
    if (!id_is_none(m->user)) {
        login_may_write_as(&q->store, &q->arena, m->user, m->sender, &r.box, o);
        *verify = MAIL_VERIFY_AUTHOR;
    }
    if (judge(q, &r.box, &in, &forwarders) == SENDER_UNKNOWN)
        *verify |= MAIL_VERIFY | (*forwarders ? MAIL_VERIFY_ARC : 0u);
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
    const struct routing w = {.store = &q->store, .arena = &q->arena, .now_ms = q->now_ms};
    const char *forwarders;
    struct control c;
    bool answers = route_answer(q, in->recipient, &r, &o, &c);
    if (!answers)
        route_recipient(&w, in->recipient, sender, &r, &o);
    if (o.verdict != VERDICT_DONE) /* it was right at RCPT; a mail from elsewhere is not answered later */
        return in->trust != MAIL_TRUST_NONE ||
               refuse(reply, 550, dsn_status("", o.code), arena_strdup(&q->arena, o.text));
    if (!id_is_none(in->user) && in->facts && *in->facts->from) {
        login_may_write_as(&q->store, &q->arena, in->user, in->facts->from, &r.box, &o);
        if (o.verdict != VERDICT_DONE)
            return refuse(reply, 550, dsn_status("", o.code), arena_strdup(&q->arena, o.text));
    }
    enum sender_decision d = judge(q, &r.box, in, &forwarders);
    if (d == SENDER_TRUSTED || (d == SENDER_ACCEPTED && !in->facts))
        return true;
    if (!in->facts)
        return refuse(reply, 451, "4.3.0", "the settings have changed; send the mail again");
    if (d == SENDER_REFUSED || d == SENDER_LATER)
        return refuse_author(q, in->facts, d == SENDER_LATER, reply);
    if (answers) /* only who got the mail; he is told where he is known */
        return true;
    return config_may_send(&q->store, r.box.id, in->facts->from) ||
           refuse(reply, 550, "5.7.1",
                  arena_format(&q->arena,
                               "<%.150s> in the header From may not send from fax box \"%s\"; its "
                               "administrator can add the address",
                               in->facts->from, r.box.id));
}

bool sender_check_mail(struct queue *q, const struct msg_mail_store *m, struct msg_mail_stored *reply)
{
    struct sender_facts facts;
    bool known = sender_facts_parse(m->facts, &facts);
    struct arrival in = {NULL, m->client_ip, m->trust, m->user, known ? &facts : NULL};
    char *rest = arena_strdup(&q->arena, m->recipients), *recipient;
    unsigned bounces = 0, faxes = 0;
    while ((recipient = strsep(&rest, "\n")) != NULL) {
        in.recipient = recipient;
        bool bounce = *recipient && is_return_address(q, m->sender, recipient);
        bounces += bounce;
        faxes += *recipient && !bounce;
        if (bounces > 0 && faxes > 0)
            return refuse(reply, 550, "5.5.3", "a mail is a bounce or a fax, not both");
        if (*recipient && !bounce && !admit(q, &in, m->sender, reply))
            return false;
    }
    return true;
}

/* ---- mail from a mailbox ---- */

enum { MAILBOX_BOXES_MAX = 200 };

static enum sender_decision judge_polled(struct queue *q, const struct faxbox *box, const char *text)
{
    struct sender_facts facts;
    const char *forwarders;
    bool known = sender_facts_parse(text, &facts);
    const struct arrival in = {
        .client_ip = "", .trust = MAIL_TRUST_NONE, .user = ID_NONE, .facts = known ? &facts : NULL};
    return judge(q, box, &in, &forwarders);
}

/* Does a box of the mailbox, from which `from` may send, decide that? */
static bool some_box_decides(struct queue *q, const char *mailbox, const char *from, const char *facts,
                             unsigned decisions)
{
    const char *ids[MAILBOX_BOXES_MAX];
    struct faxbox box;
    size_t n = config_boxes_of_mailbox(&q->store, &q->arena, mailbox, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n; i++)
        if (config_may_send(&q->store, ids[i], from) && config_box(&q->store, &q->arena, ids[i], &box) &&
            (decisions & 1U << judge_polled(q, &box, facts)))
            return true;
    return false;
}

bool sender_check_wanted(struct queue *q, const char *mailbox)
{
    const char *ids[MAILBOX_BOXES_MAX];
    struct faxbox box;
    size_t n = config_boxes_of_mailbox(&q->store, &q->arena, mailbox, ids, ARRAY_LEN(ids));
    for (size_t i = 0; i < n; i++)
        if (config_box(&q->store, &q->arena, ids[i], &box) && judge_polled(q, &box, "") == SENDER_UNKNOWN)
            return true;
    return false;
}

bool sender_check_before_taking(struct queue *q, const struct mailbox *mailbox, const char *facts)
{
    struct sender_facts f;
    return !sender_facts_parse(facts, &f) ||
           !some_box_decides(q, mailbox->name, f.from, facts, 1U << SENDER_LATER);
}

bool sender_check_answerable(struct queue *q, const struct mail_in *mail, const char *from)
{
    struct mailbox m;
    return mailbox_find(&q->store, &q->arena, mail->mailbox, &m) &&
           some_box_decides(q, m.name, from, mail->facts, 1U << SENDER_VERIFIED | 1U << SENDER_ACCEPTED);
}

void sender_check_refuse(const struct mail_in *mail, struct outcome *o)
{
    char text[OUTCOME_TEXT_LEN];
    struct sender_facts facts;
    if (!sender_facts_parse(mail->facts, &facts)) /* the settings have changed since */
        facts = (struct sender_facts){.dmarc = AUTH_NONE};
    sender_explain(&facts, text, sizeof(text));
    outcome_set(o, VERDICT_GIVE_UP, "unverified-sender", "%s", text);
}

void sender_check_polled(struct queue *q, const struct faxbox *box, const struct mail_in *mail,
                         struct outcome *o)
{
    enum sender_decision d = judge_polled(q, box, mail->facts);
    if (d != SENDER_TRUSTED && d != SENDER_VERIFIED && d != SENDER_ACCEPTED)
        sender_check_refuse(mail, o);
}
