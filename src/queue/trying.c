/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Does the mail server take our mail (S3.8)? The question of a person, handed on to mailout with settings and
 * sealed password; nothing of it is stored. */
#include "base/str.h"
#include "queue/bounces.h"
#include "queue/queue.h"
#include "queue/waiting.h"

enum { ADDRESS_MOST = 512, STEPS_MOST = 32768 };

struct mail_test {
    struct waiting waiting; /* its id: the probe */
    char sender[ADDRESS_MOST], recipient[ADDRESS_MOST], steps[STEPS_MOST];
};

static void refuse(struct queue *q, const struct sender *to, struct id probe, const struct outcome *o)
{
    struct message m = {
        .type = MSG_mail_tested,
        .mail_tested = {
            .probe = probe, .status = 409, MESSAGE_OUTCOME(o), .sender = "", .recipient = "", .steps = "[]"}};
    peers_answer(q->peers, to, &m);
}

void on_mail_test(void *context, const struct sender *from, struct msg_mail_test *m)
{
    struct queue *q = context;
    struct msg_deliver route = {0};
    struct outcome o;
    queue_enter(q);
    struct mail_test *t = waiting_find(&q->mail_tests, m->probe);
    if (t) { /* asked again by the next life of web */
        t->waiting.from = *from;
        return;
    }
    bool set = mail_route(q, &route);
    if (!set || route.maildir) {
        outcome_set(&o, VERDICT_GIVE_UP, "no-mail-server",
                    set ? "Mails go into Maildirs of this machine (deliver in faxpost.conf), so there is no "
                          "mail server "
                          "to try."
                        : "There is no mail server, or it is switched off. Set one: faxpost set "
                          "mail_server.host ...");
        refuse(q, from, m->probe, &o);
        return;
    }
    struct mail_server main;
    const struct mail_out sample = {.id = m->probe, .kind = "received", .sender = from_address(q, ID_NONE)};
    bool found = config_mail_server(&q->store, &q->arena, &main);
    const char *sender = return_address(q, found ? &main : NULL, &sample);
    t = waiting_new(&q->mail_tests, sizeof(*t), m->probe, from);
    (void)str_copy(t->sender, sizeof(t->sender), sender);
    (void)str_copy(t->recipient, sizeof(t->recipient), *m->recipient ? m->recipient : sample.sender);
    const struct message ask = {.type = MSG_mail_probe,
                                .mail_probe = {.probe = m->probe,
                                               .server = route.server,
                                               .secret = route.secret,
                                               .tls_seen = route.tls_seen,
                                               .sender = t->sender,
                                               .recipient = t->recipient}};
    (void)peers_ask(q->peers, ROLE_MAILOUT, 0, &ask);
}

void on_mail_probe_steps(void *context, const struct sender *from, struct msg_mail_probe_steps *m)
{
    struct queue *q = context;
    struct mail_test *t = waiting_find(&q->mail_tests, m->probe);
    if (t)
        (void)str_copy(t->steps, sizeof(t->steps), m->steps);
}

void on_mail_test_look(void *context, const struct sender *from, struct msg_mail_test_look *m)
{
    struct queue *q = context;
    const struct mail_test *t = waiting_find(&q->mail_tests, m->probe);
    const struct message answer = {.type = MSG_mail_test_seen,
                                   .mail_test_seen = {.probe = m->probe,
                                                      .status = t ? 200 : 404,
                                                      .steps = t && *t->steps ? t->steps : "[]"}};
    peers_answer(q->peers, from, &answer);
}

void on_mail_probed(void *context, const struct sender *from, struct msg_mail_probed *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    struct mail_test *t = waiting_find(&q->mail_tests, m->probe);
    if (!t)
        return;
    message_get_outcome(m, &o);
    struct message answer = {.type = MSG_mail_tested,
                             .mail_tested = {.probe = m->probe,
                                             .status = 200,
                                             MESSAGE_OUTCOME(&o),
                                             .sender = t->sender,
                                             .recipient = t->recipient,
                                             .steps = m->steps}};
    peers_answer(q->peers, &t->waiting.from, &answer);
    waiting_end(t);
}
