/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/domain_look.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"

struct question {
    struct list node;
    struct domain_look *look;
    struct dns_entry *entry;
    struct dns_query *query;
};

struct domain_look {
    struct loop *loop;
    struct dns_client *dns;
    struct arena arena;
    struct dns_table table;
    char domain[DNS_NAME_LEN], host[DNS_NAME_LEN], sender[DNS_NAME_LEN];
    char *key; /* the record that is wanted; NULL: of the mails for a domain */
    struct timer step, limit;
    struct list questions;
    void (*on_done)(void *context, const struct domain_record *records, size_t count);
    void *context;
};

static void question_free(struct question *q)
{
    list_remove(&q->node);
    free(q);
}

static void drop_questions(struct domain_look *d)
{
    list_each_safe (it, &d->questions) {
        struct question *q = CONTAINER_OF(it, struct question, node);
        dns_query_cancel(q->query);
        q->entry->state = DNS_FAILED;
        question_free(q);
    }
}

void domain_look_cancel(struct domain_look *d)
{
    if (!d)
        return;
    timer_stop(&d->step);
    timer_stop(&d->limit);
    drop_questions(d);
    arena_clear(&d->arena);
    free(d->key);
    free(d);
}

static void on_answer(void *context, const struct dns_answer *answer)
{
    struct question *q = context;
    struct domain_look *d = q->look;
    struct dns_entry *e = q->entry;
    question_free(q);
    for (size_t i = 0; i < answer->count; i++)
        dns_add_record(&d->table, e, answer->records[i]);
    dns_close(e);
    if (answer->status == DNS_ANSWER_NO_NAME)
        e->state = DNS_NO_NAME;
    else if (answer->status == DNS_ANSWER_FAILED)
        e->state = DNS_FAILED;
    timer_start(&d->step, d->loop, 0);
}

static void ask(struct domain_look *d, struct dns_entry *e)
{
    struct question *q = mem_zalloc(sizeof(*q));
    *q = (struct question){.look = d, .entry = e};
    list_append(&d->questions, &q->node);
    e->state = DNS_ASKED;
    q->query = dns_query_start(d->dns, e->name, (int)e->type, on_answer, q);
}

static bool tell(struct domain_look *d)
{
    struct domain_record records[DOMAIN_RECORDS];
    void (*on_done)(void *, const struct domain_record *, size_t) = d->on_done;
    void *context = d->context;
    const struct domain_names names = {.domain = d->domain, .host = d->host, .sender = d->sender};
    size_t n = d->key ? domain_key_judge(&d->table, d->domain, d->key, records)
                      : domain_records_judge(&d->table, &names, records);
    if (n == 0)
        return false;
    domain_look_cancel(d);
    on_done(context, records, n);
    return true;
}

static void on_step(void *context)
{
    struct domain_look *d = context;
    if (tell(d))
        return;
    for (size_t i = 0; i < d->table.count; i++)
        if (d->table.entries[i]->state == DNS_WANTED)
            ask(d, d->table.entries[i]);
}

/* What was not answered has failed; one failure may lead to the next question. */
static void on_limit(void *context)
{
    struct domain_look *d = context;
    do {
        drop_questions(d);
        for (size_t i = 0; i < d->table.count; i++)
            if (dns_is_open(d->table.entries[i]))
                d->table.entries[i]->state = DNS_FAILED;
    } while (!tell(d));
}

struct domain_look *
domain_look_start(struct loop *l, struct dns_client *dns, const struct domain_names *names,
                  void (*on_done)(void *context, const struct domain_record *records, size_t count),
                  void *context)
{
    struct domain_look *d = mem_zalloc(sizeof(*d));
    d->loop = l;
    d->dns = dns;
    arena_init(&d->arena);
    d->table.arena = &d->arena;
    (void)str_copy(d->domain, sizeof(d->domain), names->domain);
    (void)str_copy(d->host, sizeof(d->host), names->host);
    (void)str_copy(d->sender, sizeof(d->sender), names->sender);
    list_init(&d->questions);
    d->on_done = on_done;
    d->context = context;
    d->step = (struct timer){.on_due = on_step, .context = d};
    d->limit = (struct timer){.on_due = on_limit, .context = d};
    timer_start(&d->step, l, 0);
    timer_start(&d->limit, l, DOMAIN_LOOK_MS);
    return d;
}

struct domain_look *
domain_look_start_key(struct loop *l, struct dns_client *dns, const char *name, const char *record,
                      void (*on_done)(void *context, const struct domain_record *records, size_t count),
                      void *context)
{
    const struct domain_names names = {.domain = name, .host = "", .sender = ""};
    struct domain_look *d = domain_look_start(l, dns, &names, on_done, context);
    d->key = mem_strdup(record);
    return d;
}
