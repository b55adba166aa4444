/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Do mails for our faxboxes find us? The question of a person, handed on to mailin, which asks the DNS. */
#include <string.h>

#include "base/str.h"
#include "proto/dns_table.h"
#include "queue/queue.h"
#include "queue/waiting.h"

struct domain_check {
    struct waiting waiting; /* its id: the look */
    char domain[DNS_NAME_LEN], host[DNS_NAME_LEN];
};

static void answer(struct queue *q, const struct sender *to, struct id look, unsigned status,
                   const struct outcome *o, const struct domain_check *c, const char *records)
{
    struct message m = {.type = MSG_domain_checked,
                        .domain_checked = {.look = look,
                                           .status = status,
                                           MESSAGE_OUTCOME(o),
                                           .domain = c->domain,
                                           .host = c->host,
                                           .records = records}};
    peers_answer(q->peers, to, &m);
}

static const char *sender_domain(struct queue *q)
{
    const char *at = strrchr(from_address(q, ID_NONE), '@');
    return at && strlen(at + 1) < DNS_NAME_LEN && dns_name_valid(at + 1) ? at + 1 : "";
}

void on_domain_check(void *context, const struct sender *from, struct msg_domain_check *m)
{
    struct queue *q = context;
    struct domain_check wanted = {0};
    struct outcome o;
    queue_enter(q);
    struct domain_check *c = waiting_find(&q->domain_checks, m->look);
    if (c) { /* asked again by the next life of web */
        c->waiting.from = *from;
        return;
    }
    bool of_key = *m->key;
    (void)str_copy(wanted.domain, sizeof(wanted.domain),
                   of_key ? m->name : store_meta(&q->store, &q->arena, "fax_domain"));
    (void)str_copy(wanted.host, sizeof(wanted.host),
                   of_key ? "" : store_meta(&q->store, &q->arena, "host_name"));
    if (!*wanted.domain) {
        outcome_set(&o, VERDICT_GIVE_UP, "no-fax-domain",
                    "There is no fax domain. Set one: faxpost set installation.fax_domain fax.example.com");
        answer(q, from, m->look, 409, &o, &wanted, "");
        return;
    }
    c = waiting_new(&q->domain_checks, sizeof(*c), m->look, from);
    memcpy(c->domain, wanted.domain, sizeof(c->domain));
    memcpy(c->host, wanted.host, sizeof(c->host));
    const struct message ask = {.type = MSG_domain_look,
                                .domain_look = {.look = m->look,
                                                .domain = c->domain,
                                                .host = c->host,
                                                .sender = sender_domain(q),
                                                .key = m->key}};
    (void)peers_ask(q->peers, ROLE_MAILIN, 0, &ask);
}

void on_domain_looked(void *context, const struct sender *from, struct msg_domain_looked *m)
{
    struct queue *q = context;
    struct outcome o;
    queue_enter(q);
    struct domain_check *c = waiting_find(&q->domain_checks, m->look);
    if (!c)
        return;
    outcome_done(&o);
    answer(q, &c->waiting.from, m->look, 200, &o, c, m->records);
    waiting_end(c);
}
