/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "submit_steps.h"

#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/json.h"
#include "store/mails.h"

unsigned submit_messages;

void apply(struct house *h, const char *text)
{
    SCOPED_BUF struct buf result;
    buf_init(&result, 65536);
    store_begin(&h->queue.store);
    int status = provision_apply(&h->queue.store, &(struct provision_keys){h->dir, &h->queue.vault}, text,
                                 false, &result);
    store_commit(&h->queue.store);
    if (status != 200)
        fail_msg("%s", buf_text(&result));
}

/* Stored, taken apart, and given back to the queue. */
struct id send_mail(struct house *h, const struct note *n)
{
    char message_id[64];
    struct id mail = id_new();
    house_ask(h, &h->mailin,
              MESSAGE(mail_store, .mail = mail,
                      .sender = n->envelope           ? n->envelope
                                : n->from && *n->from ? n->from
                                                      : "ann@example.com",
                      .recipients = n->to, .wishes = n->wishes, .client_ip = "127.0.0.1",
                      .trust = MAIL_TRUST_LOOPBACK, .data = span_str("raw mail")));
    (void)house_take(h, &h->mailin, MSG_mail_stored);
    struct heard asked = house_take(h, &h->convert, MSG_unpack);
    (void)str_format(message_id, sizeof(message_id), "%u@example.com", ++submit_messages);
    SCOPED_FD int parts = n->bare ? -1 : one_part();
    SCOPED_FD int none = fd_sealed_memory("parts", span_of("FXPARTS1\0\0\0\0\0\0\0\0", 16));
    house_answer(h, &h->convert, &asked,
                 MESSAGE(unpacked, .mail = mail, .from = n->from ? n->from : "ann@example.com",
                         .from_name = "Ann", .addressees = n->addressees, .message_id = message_id,
                         .subject = n->subject ? n->subject : "", .manners = n->manners, .text = n->text,
                         .parts = n->bare ? none : parts));
    return mail;
}

void answer_all_renders(struct house *h, size_t pages)
{
    while (house_heard(h, &h->convert, MSG_render)) {
        struct heard asked = house_take(h, &h->convert, MSG_render);
        SCOPED_FD int set = house_page_set(asked.b ? 1 : pages);
        house_answer(
            h, &h->convert, &asked,
            MESSAGE(rendered, .document = asked.id, .pages = asked.b ? 1 : (uint32_t)pages, .page_set = set));
    }
}

int64_t count_jobs(struct house *h)
{
    return sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM job", "");
}

/* The job to that number; fails where there is none. */
struct job job_to(struct house *h, const char *number)
{
    struct sql_rows r;
    struct job j;
    static struct arena a; /* one test, few texts */
    sql_query(h->queue.store.sql, &r, "SELECT id FROM job WHERE number = ?1", "t", number);
    if (!sql_next(&r))
        fail_msg("no job to %s", number);
    struct id id = sql_id(&r, 0);
    sql_end(&r);
    assert_true(job_find(&h->queue.store, id, &a, &j));
    return j;
}

/* The next mail of that kind that convert is asked to make; it is made. */
struct heard take_mail(struct house *h, enum message_type kind)
{
    struct heard asked = house_take(h, &h->convert, kind);
    SCOPED_FD int bytes = fd_sealed_memory("mail", span_str("Subject: x\r\n\r\n"));
    house_answer(h, &h->convert, &asked, MESSAGE(composed, .mail = asked.id, .mail_bytes = bytes));
    return asked;
}

/* The mail is answered with a text that holds this, and nothing is faxed. */
void assert_refused(struct house *h, const struct note *n, const char *part)
{
    struct dead_letter d;
    struct arena a;
    int64_t before = count_jobs(h);
    struct id mail = send_mail(h, n);
    struct heard answer = take_mail(h, MSG_compose_answer);
    if (!strstr(answer.text, part))
        fail_msg("no \"%s\" in: %s", part, answer.text);
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    assert_false(house_heard(h, &h->convert, MSG_render));
    assert_int_equal(count_jobs(h), before);
    arena_init(&a);
    assert_true(dead_letter_find(&h->queue.store, mail, &a, &d));
    assert_non_null(strstr(d.reason, part));
    arena_clear(&a);
}

void assert_job(struct house *h, const struct note *n, const char *number, const char *box)
{
    int64_t before = count_jobs(h);
    (void)send_mail(h, n);
    if (house_heard(h, &h->convert, MSG_compose_answer))
        fail_msg("answered: %s", house_take(h, &h->convert, MSG_compose_answer).text);
    answer_all_renders(h, 1);
    assert_int_equal(count_jobs(h), before + 1);
    assert_string_equal(job_to(h, number).faxbox, box);
    (void)sql_run(h->queue.store.sql, "UPDATE job SET number = 'x', state = ?1 WHERE number = ?2", "nt",
                  (int)JOB_FAILED, number);
}

void cancel(struct house *h, const struct job *j)
{
    (void)sql_run(h->queue.store.sql, "UPDATE job SET state = ?2 WHERE id = ?1", "dn", j->id,
                  (int)JOB_WAITING);
    house_ask(h, &h->web, MESSAGE(cancel, .job = j->id, .user = "ann"));
}
