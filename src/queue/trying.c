/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Does the mail server take our mail (S3.8)? The question of a person, handed on to mailout with settings and
 * sealed password; nothing of it is stored. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "queue/bounces.h"
#include "queue/queue.h"

struct mail_test {
    struct list node;
    struct id probe;
    struct sender from;
    char *sender, *recipient;
};

static void forget(struct mail_test *t)
{
    list_remove(&t->node);
    free(t->sender);
    free(t->recipient);
    free(t);
}

void mail_tests_forget(struct queue *q)
{
    list_each_safe (it, &q->mail_tests)
        forget(CONTAINER_OF(it, struct mail_test, node));
}

static struct mail_test *find(struct queue *q, struct id probe)
{
    list_each (it, &q->mail_tests)
        if (id_equal(CONTAINER_OF(it, struct mail_test, node)->probe, probe))
            return CONTAINER_OF(it, struct mail_test, node);
    return NULL;
}

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
    struct mail_test *t = find(q, m->probe);
    if (t) { /* asked again by the next life of web */
        t->from = *from;
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
    t = mem_zalloc(sizeof(*t));
    t->probe = m->probe;
    t->from = *from;
    t->sender = mem_strdup(sender);
    t->recipient = mem_strdup(*m->recipient ? m->recipient : sample.sender);
    list_append(&q->mail_tests, &t->node);
    const struct message ask = {.type = MSG_mail_probe,
                                .mail_probe = {.probe = m->probe,
                                               .server = route.server,
                                               .secret = route.secret,
                                               .tls_seen = route.tls_seen,
                                               .sender = t->sender,
                                               .recipient = t->recipient}};
    (void)peers_ask(q->peers, ROLE_MAILOUT, 0, &ask);
}

void on_mail_probed(void *context, const struct sender *from, struct msg_mail_probed *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    struct mail_test *t = find(q, m->probe);
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
    peers_answer(q->peers, &t->from, &answer);
    forget(t);
}
