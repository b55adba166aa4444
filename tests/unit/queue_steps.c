/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue_steps.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/part_set.h"
#include "queue/report.h"

struct id store_mail(struct house *h)
{
    struct id mail = id_new();
    house_ask(h, &h->mailin,
              MESSAGE(mail_store, .mail = mail, .sender = "ann@example.com",
                      .recipients = "200@front.fax.example.com\n", .client_ip = "127.0.0.1",
                      .trust = MAIL_TRUST_LOOPBACK, .data = span_str("raw mail")));
    return mail;
}

int one_part(void)
{
    const struct part part = {"letter.pdf", "application/pdf", span_str("%PDF-")};
    SCOPED_BUF struct buf b;
    buf_init(&b, 4096);
    assert_true(part_set_format(&b, &part, 1));
    return fd_sealed_memory("parts", buf_span(&b));
}

void answer_unpack(struct house *h, struct id mail, const char *from, const char *message_id)
{
    struct heard asked = house_take(h, &h->convert, MSG_unpack);
    assert_true(id_equal(asked.id, mail));
    SCOPED_FD int parts = one_part();
    house_answer(h, &h->convert, &asked,
                 MESSAGE(unpacked, .mail = mail, .from = from, .message_id = message_id, .subject = "Letter",
                         .parts = parts));
}

void answer_render(struct house *h, size_t pages)
{
    struct heard asked = house_take(h, &h->convert, MSG_render);
    assert_string_equal(asked.text, "letter.pdf");
    SCOPED_FD int set = house_page_set(pages);
    house_answer(h, &h->convert, &asked,
                 MESSAGE(rendered, .document = asked.id, .pages = (uint32_t)pages, .page_set = set));
}

/* A mail with a document of so many pages, up to the moment where call is asked to send it. */
struct heard until_send(struct house *h, size_t pages)
{
    struct id mail = store_mail(h);
    assert_int_equal(house_take(h, &h->mailin, MSG_mail_stored).a, 0);
    answer_unpack(h, mail, "ann@example.com", "<1@example.com>");
    answer_render(h, pages);
    return house_take(h, &h->call, MSG_send);
}

struct id answer_send(struct house *h, const struct heard *send)
{
    house_answer(h, &h->call, send, MESSAGE(prepared, .attempt = send->id));
    struct heard dial = house_take(h, &h->line, MSG_dial);
    assert_true(id_equal(dial.id, send->id));
    assert_string_equal(dial.text, "200");
    house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = send->id));
    return send->id;
}

struct id until_answered(struct house *h, size_t pages)
{
    struct heard send = until_send(h, pages);
    assert_int_equal(send.a, 0);
    assert_int_equal(send.b, pages);
    struct id attempt = answer_send(h, &send);
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = attempt, .phase = "answered"));
    return attempt;
}

void confirm_page(struct house *h, struct id attempt, uint32_t page)
{
    house_ask(h, &h->call,
              MESSAGE(page_sent, .attempt = attempt, .page = page, .rate = 14400, .coding = "T.6"));
    struct heard stored = house_take(h, &h->call, MSG_page_sent_stored);
    assert_int_equal(stored.a, page);
    assert_int_equal(stored.b, 0);
}

void attempt_ends(struct house *h, struct id attempt, enum verdict verdict, bool uncertain)
{
    house_ask(h, &h->call,
              MESSAGE(attempt_done, .attempt = attempt, .verdict = verdict, .code = "t30",
                      .reason = "It ended.", .began = 1, .uncertain = uncertain, .station_id = "+39 050 1",
                      .mode = "t38", .rate = 14400));
    (void)house_take(h, &h->call, MSG_attempt_done_stored);
}

struct job only_job(struct house *h)
{
    struct sql_rows r;
    struct job j;
    static struct arena a; /* one test, few texts */
    arena_clear(&a);
    sql_query(h->queue.store.sql, &r, "SELECT id FROM job", "");
    assert_true(sql_next(&r));
    struct id id = sql_id(&r, 0);
    sql_end(&r);
    assert_true(job_find(&h->queue.store, id, &a, &j));
    return j;
}
struct id invite(struct house *h, const char *called)
{
    struct id attempt = id_new();
    house_ask(h, &h->line,
              MESSAGE(invited, .attempt = attempt, .trunk = "loop", .called = called, .calling = "0501234567",
                      .peer_ip = "127.0.0.1"));
    return attempt;
}

struct id until_receiving(struct house *h)
{
    struct id attempt = invite(h, "200");
    struct heard receive = house_take(h, &h->call, MSG_receive);
    assert_false(
        house_heard(h, &h->line, MSG_invite_verdict)); /* nobody answers before somebody can listen */
    house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = attempt));
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 200);
    return attempt;
}

void receive_page(struct house *h, struct id attempt, uint32_t page)
{
    SCOPED_FD int t6 = fd_sealed_memory("page", span_str("T.6 data"));
    house_ask(h, &h->call,
              MESSAGE(page_received, .attempt = attempt, .page = page, .width = PAGE_WIDTH_A4, .rows = 100,
                      .resolution = PAGE_FINE, .rate = 14400, .coding = "T.6", .t6 = t6));
    struct heard stored = house_take(h, &h->call, MSG_page_received_stored);
    assert_int_equal(stored.a, page);
    assert_int_equal(stored.b, 0);
}

struct heard received_fax(struct house *h)
{
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    struct heard ask = house_take(h, &h->convert, MSG_compose_received);
    SCOPED_FD int mail = fd_sealed_memory("mail", span_str("Subject: fax\r\n\r\n"));
    house_answer(h, &h->convert, &ask, MESSAGE(composed, .mail = ask.id, .mail_bytes = mail));
    return house_take(h, &h->mailout, MSG_deliver);
}
