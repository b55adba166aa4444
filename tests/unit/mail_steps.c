/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail_steps.h"

#include <stdlib.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/blob.h"

/* Time passes, and the queue's timer comes due. */
void pass(struct house *h, int64_t ms)
{
    time_passes(ms);
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_DELIVER | WORK_LATE | WORK_ALARMS);
    house_run(h);
}

void add_server(struct house *h, const char *name, struct id tenant, bool fallback)
{
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql,
                  "INSERT INTO mail_server (id, name, host, tenant, fallback) VALUES (?1, ?2, ?3, ?4, ?5)",
                  "dttdn", id_new(), name, name, tenant, (int)fallback);
    house_run(h);
}

int post_setup(void **state)
{
    int failed = house_setup(state);
    struct house *h = *state;
    free((char *)(uintptr_t)h->conf.deliver);
    h->conf.deliver = mem_strdup("smtp");
    clock_begins(h, 1800000000000);
    house_run(h);
    add_server(h, "main", ID_NONE, false);
    return failed;
}

struct id post(struct house *h, struct id tenant, const char *kind, const char *recipient)
{
    struct queue *q = &h->queue;
    queue_enter(q);
    const struct mail_out m = {.id = id_new(),
                               .tenant = tenant,
                               .kind = kind,
                               .about = id_new(),
                               .sender = "prog@example.com",
                               .recipient = recipient,
                               .blob = blob_put(&q->store, span_str("Subject: x\r\n\r\n")),
                               .created_ms = q->now_ms};
    mail_out_add_ready(&q->store, &m);
    queue_wants(q, WORK_DELIVER);
    house_run(h);
    return m.id;
}

void say(struct house *h, const struct heard *asked, enum verdict verdict, enum delivery_fault fault)
{
    house_answer(h, &h->mailout, asked,
                 MESSAGE(delivered, .mail = asked->id, .verdict = verdict, .code = "code", .reason = "why",
                         .fault = fault, .name = asked->more));
}

struct mail_out look(struct house *h, struct id mail)
{
    struct mail_out m;
    assert_true(mail_out_find(&h->queue.store, mail, &h->queue.arena, &m));
    return m;
}

void set_fallback(struct house *h)
{
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE tenant SET fallback_address = 'desk@example.com'", "");
    house_run(h);
}

uint32_t wish(struct house *h, struct id mail, enum mail_wish what)
{
    house_ask(h, &h->web, MESSAGE(mail_wish, .mail = mail, .wish = what, .user = "ann"));
    return house_take(h, &h->web, MSG_mail_wished).a;
}

void main_is_away(struct house *h)
{
    (void)post(h, ID_NONE, "pickup", "first@example.com");
    struct heard asked = house_take(h, &h->mailout, MSG_deliver);
    say(h, &asked, VERDICT_RETRY, FAULT_AWAY);
    assert_false(house_heard(h, &h->mailout, MSG_deliver));
}
