/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/mail_auth.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "mail/suffix.h"
#include "proto/signed_header.h"

enum { SLICE_BYTES = 256 * 1024 /* under a millisecond; others wait no longer than that */ };

struct question {
    struct list node;
    struct mail_auth *auth;
    struct dns_entry *entry;
    struct dns_query *query;
};

struct mail_auth {
    struct mail_auth_opts opts;
    struct evidence *evidence;
    struct timer step, limit;
    uint64_t at; /* of the body */
    bool reading;
    struct list questions;
};

static void question_free(struct question *q)
{
    list_remove(&q->node);
    free(q);
}

void mail_auth_cancel(struct mail_auth *m)
{
    if (!m)
        return;
    timer_stop(&m->step);
    timer_stop(&m->limit);
    list_each_safe (it, &m->questions) {
        struct question *q = CONTAINER_OF(it, struct question, node);
        dns_query_cancel(q->query);
        question_free(q);
    }
    evidence_free(m->evidence);
    free(m);
}

static void tell(struct mail_auth *m, const struct sender_facts *facts)
{
    void (*on_done)(void *, const struct sender_facts *) = m->opts.on_done;
    void *context = m->opts.context;
    mail_auth_cancel(m);
    on_done(context, facts);
}

/* ---- DNS ---- */

static void on_answer(void *context, const struct dns_answer *answer)
{
    struct question *q = context;
    struct mail_auth *m = q->auth;
    struct dns_entry *e = q->entry;
    question_free(q);
    for (size_t i = 0; i < answer->count; i++)
        dns_add_record(evidence_dns(m->evidence), e, answer->records[i]);
    dns_close(e);
    if (answer->status == DNS_ANSWER_NO_NAME)
        e->state = DNS_NO_NAME;
    else if (answer->status == DNS_ANSWER_FAILED)
        e->state = DNS_FAILED;
    timer_start(&m->step, m->opts.loop, 0);
}

static void ask_all(struct mail_auth *m)
{
    const struct dns_table *t = evidence_dns(m->evidence);
    for (size_t i = 0; i < t->count; i++) {
        struct dns_entry *e = t->entries[i];
        if (e->state != DNS_WANTED)
            continue;
        struct question *q = mem_zalloc(sizeof(*q));
        *q = (struct question){.auth = m, .entry = e};
        list_append(&m->questions, &q->node);
        e->state = DNS_ASKED;
        q->query = dns_query_start(m->opts.dns, e->name, (int)e->type, on_answer, q);
    }
}

/* ---- steps ---- */

static void read_slice(struct mail_auth *m)
{
    SCOPED_FREE uint8_t *slice = mem_alloc(SLICE_BYTES);
    ssize_t n = m->at < m->opts.size ? m->opts.read(m->opts.context, m->at, slice, SLICE_BYTES) : 0;
    if (n > 0) {
        evidence_add_body(m->evidence, span_of(slice, (size_t)n));
        m->at += (uint64_t)n;
        timer_start(&m->step, m->opts.loop, 0);
        return;
    }
    /* A mail that cannot be read to its end fits no signature; storing it will fail as well. */
    m->reading = false;
    evidence_end_body(m->evidence);
}

static void on_step(void *context)
{
    struct mail_auth *m = context;
    struct sender_facts facts;
    if (m->reading)
        read_slice(m);
    if (evidence_judge(m->evidence, &facts) && !m->reading)
        tell(m, &facts);
    else
        ask_all(m);
}

static void on_limit(void *context)
{
    struct mail_auth *m = context;
    struct sender_facts facts;
    if (m->reading)
        evidence_end_body(m->evidence);
    m->reading = false;
    /* One failure may lead to the next question. */
    for (int round = 0; round < DNS_ENTRIES_MAX; round++) {
        evidence_give_up_dns(m->evidence);
        if (evidence_judge(m->evidence, &facts)) {
            tell(m, &facts);
            return;
        }
    }
    facts = (struct sender_facts){.dmarc = AUTH_TEMPERROR};
    tell(m, &facts);
}

struct dns_client *mail_auth_dns(struct loop *l, const struct endpoint *servers, unsigned count)
{
    suffix_load();
    struct dns_client *dns = dns_client_new(l, servers, count);
    if (!dns)
        log_error(NULL, "cannot start a DNS resolver: no memory, or dns_servers names what is no resolver");
    return dns;
}

struct mail_auth *mail_auth_start(const struct mail_auth_opts *opts)
{
    struct mail_auth *m = mem_zalloc(sizeof(*m));
    size_t room = SIGNED_HEADER_MAX + 4, at;
    m->opts = *opts;
    list_init(&m->questions);
    m->step = (struct timer){.on_due = on_step, .context = m};
    m->limit = (struct timer){.on_due = on_limit, .context = m};
    SCOPED_FREE uint8_t *header = mem_alloc(room);
    ssize_t n = opts->read(opts->context, 0, header, room);
    struct evidence_opts about = opts->about;
    about.now_s = clock_wall_ms() / 1000;
    about.is_public_suffix = suffix_is_public;
    m->evidence = evidence_new(&about, span_of(header, n > 0 ? (size_t)n : 0));
    m->reading = evidence_wants_body(m->evidence, &at);
    m->at = at;
    if (!m->reading)
        evidence_end_body(m->evidence);
    timer_start(&m->step, opts->loop, 0);
    timer_start(&m->limit, opts->loop, opts->limit_ms ? opts->limit_ms : MAIL_AUTH_MS);
    return m;
}
