/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a mail may ask for, and what becomes of one that asks wrongly: from its bytes to jobs, answers and
 * dead letters, with convert and the telephone played by the test. */
#include <string.h>
#include <unistd.h>

#include "queue_steps.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/pins.h"
#include "queue/provision_json.h"
#include "queue/tenant_time.h"
#include "store/mails.h"

/* ---- what tests are made of ---- */

struct note {
    const char *to, *from, *addressees, *subject, *text;
    bool bare; /* no attachment */
};

static unsigned messages;

#define FRONT     "front@fax.example.com\n"
#define TO(flags) "0501234567" flags "@front.fax.example.com\n"

static void apply(struct house *h, const char *text)
{
    SCOPED_BUF struct buf result;
    buf_init(&result, 65536);
    store_begin(&h->queue.store);
    int status = provision_apply(&h->queue.store, h->dir, text, false, &result);
    store_commit(&h->queue.store);
    if (status != 200)
        fail_msg("%s", buf_text(&result));
}

/* Stored, taken apart, and given back to the queue. */
static struct id send_mail(struct house *h, const struct note *n)
{
    char message_id[64];
    struct id mail = id_new();
    house_ask(h, &h->mailin,
              MESSAGE(mail_store, .mail = mail, .sender = n->from && *n->from ? n->from : "ann@example.com",
                      .recipients = n->to, .client_ip = "127.0.0.1", .trust = MAIL_TRUST_LOOPBACK,
                      .data = span_str("raw mail")));
    (void)house_take(h, &h->mailin, MSG_mail_stored);
    struct heard asked = house_take(h, &h->convert, MSG_unpack);
    (void)str_format(message_id, sizeof(message_id), "%u@example.com", ++messages);
    SCOPED_FD int parts = n->bare ? -1 : one_part();
    SCOPED_FD int none = fd_sealed_memory("parts", span_of("FXPARTS1\0\0\0\0\0\0\0\0", 16));
    house_answer(h, &h->convert, &asked,
                 MESSAGE(unpacked, .mail = mail, .from = n->from ? n->from : "ann@example.com",
                         .from_name = "Ann", .addressees = n->addressees, .message_id = message_id,
                         .subject = n->subject ? n->subject : "", .text = n->text,
                         .parts = n->bare ? none : parts));
    return mail;
}

static void answer_all_renders(struct house *h, size_t pages)
{
    while (house_heard(h, &h->convert, MSG_render)) {
        struct heard asked = house_take(h, &h->convert, MSG_render);
        SCOPED_FD int set = house_page_set(asked.b ? 1 : pages);
        house_answer(
            h, &h->convert, &asked,
            MESSAGE(rendered, .document = asked.id, .pages = asked.b ? 1 : (uint32_t)pages, .page_set = set));
    }
}

static int64_t count_jobs(struct house *h)
{
    return sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM job", "");
}

/* The job to that number; fails where there is none. */
static struct job job_to(struct house *h, const char *number)
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
static struct heard take_mail(struct house *h, enum message_type kind)
{
    struct heard asked = house_take(h, &h->convert, kind);
    SCOPED_FD int bytes = fd_sealed_memory("mail", span_str("Subject: x\r\n\r\n"));
    house_answer(h, &h->convert, &asked, MESSAGE(composed, .mail = asked.id, .mail_bytes = bytes));
    return asked;
}

/* The mail is answered with a text that holds this, and nothing is faxed. */
static void assert_refused(struct house *h, const struct note *n, const char *part)
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

static void assert_job(struct house *h, const struct note *n, const char *number, const char *box)
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

/* ---- who may send, who receives (S0.4) ---- */

/* proves: S0.4 S2.14 */
static void address_entry_sends_and_receives_as_it_says(void **state)
{
    struct house *h = *state;
    apply(h,
          "{\"faxboxes\":[{\"id\":\"back\",\"permissions\":[{\"entry\":\"bob@example.com\"},"
          "{\"entry\":\"eve@example.com\",\"receive\":false},{\"entry\":\"ann@example.com\",\"send\":false},"
          "{\"entry\":\"ivy@example.com\",\"send\":false},{\"entry\":\"law.example\"}]}]}");
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    static const char *const to[] = {"ann@example.com", "bob@example.com", "ivy@example.com"};
    unsigned seen = 0; /* in any order */
    for (size_t i = 0; i < ARRAY_LEN(to); i++) {
        struct heard received = take_mail(h, MSG_compose_received);
        for (unsigned k = 0; k < ARRAY_LEN(to); k++)
            seen |= str_equal(received.text, to[k]) ? 1u << k : 0;
    }
    assert_int_equal(seen, 7);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
    static const char *const may[] = {"bob@example.com", "eve@example.com", "x@law.example"};
    for (size_t i = 0; i < ARRAY_LEN(may); i++)
        assert_job(h, &(struct note){.to = "0501234567@back.fax.example.com\n", .from = may[i]},
                   "+390501234567", "back");
    assert_refused(h, &(struct note){.to = "0501234567@back.fax.example.com\n"}, "may not send");
}

/* proves: S2.6 D1 */
static void mail_without_one_sender_is_answered_where_it_came_from(void **state)
{
    struct house *h = *state;
    assert_refused(h, &(struct note){.to = TO(""), .from = ""}, "one address in the mail's From");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
}

/* ---- forms of addresses (A2, S2.8, S4.3) ---- */

/* proves: A2 S2.8 S4.3 */
static void number_is_found_in_address_then_display_name_then_subject(void **state)
{
    struct house *h = *state;
    assert_job(h, &(struct note){.to = "front+0501234567@fax.example.com\n", .subject = "0509999999"},
               "+390501234567", "front");
    assert_job(h, &(struct note){.to = "0501234567@fax.example.com\n"}, "+390501234567", "front");
    assert_job(h, &(struct note){.to = "FAX=+390501234567@front.fax.example.com\n"}, "+390501234567",
               "front");
    assert_job(h,
               &(struct note){.to = FRONT,
                              .addressees = "Front@fax.example.com\tReception Desk 0501234568\n",
                              .subject = "0509999999"},
               "+390501234568", "front");
    assert_job(h, &(struct note){.to = FRONT, .subject = "Re: [x] 050 123-4569^FINE"}, "+390501234569",
               "front");
    assert_job(h,
               &(struct note){.to = FRONT,
                              .addressees = "front@fax.example.com\tFront desk\n",
                              .subject = "0501234570@FRONT"},
               "+390501234570", "front");
}

/* proves: S2.8 A2 */
static void box_is_named_by_id_or_name_or_is_the_only_one(void **state)
{
    struct house *h = *state;
    apply(h, "{\"faxboxes\":[{\"id\":\"back\",\"name\":\"Back Office\",\"users\":[{\"user\":\"ann\"}]}]}");
    assert_refused(h, &(struct note){.to = "0501234567@fax.example.com\n"}, "several boxes (back, front)");
    assert_job(h, &(struct note){.to = "back@fax.example.com\n", .subject = "0501234567@back office"},
               "+390501234567", "back");
    assert_refused(h, &(struct note){.to = FRONT, .subject = "0501234567@Back Office"}, "Write one of them");
    assert_refused(h, &(struct note){.to = FRONT, .subject = "0501234567@court"}, "There are: back, front");
}

/* A box he may not use is as good as none. */
/* proves: S2.8 */
static void subject_never_reaches_a_forbidden_box(void **state)
{
    struct house *h = *state;
    assert_refused(h, &(struct note){.to = FRONT, .subject = "0501234567@back"},
                   "no fax box \"back\" that you may send from. There is: front");
}

/* proves: A4 D1 S4.5 */
static void missing_or_ambiguous_number_is_answered_with_what_works(void **state)
{
    struct house *h = *state;
    static const char forms[] = "number@front.fax.example.com or front+number@fax.example.com";
    assert_refused(h, &(struct note){.to = FRONT, .subject = "Letter"}, forms);
    assert_refused(h, &(struct note){.to = FRONT, .subject = "0501234567 or 0507654321"},
                   "0501234567 and 0507654321");
    assert_refused(
        h,
        &(struct note){.to = FRONT, .addressees = "front@fax.example.com\t0501234567 / 0507654321 x 0501\n"},
        "several numbers");
    assert_refused(h, &(struct note){.to = "112@front.fax.example.com\n"}, "emergency");
    assert_refused(h, &(struct note){.to = "0501234567@front.fax.example.com\n", .bare = true},
                   "no attachment");
}

static void cancel(struct house *h, const struct job *j)
{
    (void)sql_run(h->queue.store.sql, "UPDATE job SET state = ?2 WHERE id = ?1", "dn", j->id,
                  (int)JOB_WAITING);
    house_ask(h, &h->web, MESSAGE(cancel, .job = j->id, .user = "ann"));
}

/* proves: D2 */
static void recipients_of_a_mail_are_jobs_of_one_submission_and_one_report(void **state)
{
    struct house *h = *state;
    (void)send_mail(
        h, &(struct note){.to = "0501111111@front.fax.example.com\nfront+0502222222@fax.example.com\n"
                                "+390501111111@front.fax.example.com\n"});
    answer_all_renders(h, 2);
    assert_int_equal(count_jobs(h), 2);
    struct job one = job_to(h, "+390501111111"), two = job_to(h, "+390502222222");
    assert_true(id_equal(one.submission, two.submission));
    cancel(h, &one);
    assert_false(house_heard(h, &h->convert, MSG_compose_report));
    cancel(h, &two);
    struct heard report = take_mail(h, MSG_compose_report);
    assert_non_null(strstr(report.text, "0501111111"));
    assert_non_null(strstr(report.text, "0502222222"));
    assert_false(house_heard(h, &h->convert, MSG_compose_report));
}

/* proves: D2 */
static void box_may_want_a_report_as_each_number_ends(void **state)
{
    struct house *h = *state;
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"report\":\"each\"}]}");
    (void)send_mail(
        h, &(struct note){.to = "0501111111@front.fax.example.com\n0502222222@front.fax.example.com\n"});
    answer_all_renders(h, 1);
    struct job one = job_to(h, "+390501111111"), two = job_to(h, "+390502222222");
    cancel(h, &two);
    struct heard first = take_mail(h, MSG_compose_report);
    assert_non_null(strstr(first.text, "0502222222"));
    assert_null(strstr(first.text, "0501111111"));
    cancel(h, &one);
    assert_non_null(strstr(take_mail(h, MSG_compose_report).text, "0501111111"));
    assert_false(house_heard(h, &h->convert, MSG_compose_report));
}

/* ---- flags (S4.9) ---- */

/* proves: S4.9 */
static void flags_reach_the_document(void **state)
{
    struct house *h = *state;
    static const struct {
        const char *to;
        enum page_resolution resolution;
        const char *paper;
    } cases[] = {{TO(""), PAGE_FINE, "a4"},
                 {TO("^COARSE"), PAGE_STANDARD, "a4"},
                 {TO("^STANDARD"), PAGE_FINE, "a4"},
                 {TO("^fine^A4"), PAGE_FINE, "a4"},
                 {TO("^SUPERFINE^LEGAL"), PAGE_SUPERFINE, "legal"},
                 {"front+0501234567^LEGAL@fax.example.com\n", PAGE_FINE, "legal"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        (void)send_mail(h, &(struct note){.to = cases[i].to});
        struct heard render = house_take(h, &h->convert, MSG_render);
        assert_int_equal(render.a, cases[i].resolution);
        assert_string_equal(render.more, cases[i].paper);
        assert_int_equal(render.b, 0);
    }
}

/* proves: S4.9 D2 */
static void numbers_that_want_other_pages_are_rendered_apart(void **state)
{
    struct house *h = *state;
    (void)send_mail(h, &(struct note){.to = TO("^COARSE") "0502222222@front.fax.example.com\n"});
    struct heard a = house_take(h, &h->convert, MSG_render), b = house_take(h, &h->convert, MSG_render);
    assert_int_equal(a.a + b.a, PAGE_STANDARD + PAGE_FINE);
    assert_false(id_equal(a.id, b.id));
}

/* proves: S4.9 S4.8 */
static void flags_reach_the_job(void **state)
{
    struct house *h = *state;
    apply(h, "{\"trunks\":[{\"name\":\"Second\",\"peer\":\"sip:127.0.0.1:5071\"}],"
             "\"tenants\":[{\"name\":\"main\",\"billing_codes\":[\"4711\",\"legal/7\"]}]}");
    (void)send_mail(h,
                    &(struct note){.to = FRONT,
                                   .subject = "0501234567^RETRIES=7^PORT=second^BILLING=legal/7^PRIORITY=9"});
    answer_all_renders(h, 1);
    struct job j = job_to(h, "+390501234567");
    assert_int_equal(j.max_tries, 7);
    assert_string_equal(j.billing, "legal/7");
    assert_int_equal(j.priority, 9);
    struct heard send = house_take(h, &h->call, MSG_send);
    house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
    assert_string_equal(house_take(h, &h->line, MSG_dial).more, "Second");
    assert_refused(h, &(struct note){.to = TO("^BILLING=99")}, "none of the billing codes of main");
    assert_refused(h, &(struct note){.to = TO("^PORT=third")}, "no trunk \"third\"");
}

/* proves: S4.9 */
static void wrong_flags_are_answered_with_the_known_ones(void **state)
{
    struct house *h = *state;
    assert_refused(h, &(struct note){.to = FRONT, .subject = "0501234567^URGENT"},
                   "no flag ^URGENT; the known ones are ^STANDARD ^FINE");
    assert_refused(h, &(struct note){.to = TO("^URGENT")}, "^AT=20261201T0800 ^PRIORITY=n");
    assert_refused(h, &(struct note){.to = TO("^TEMPLATE=gold")}, "there is: standard");
    assert_refused(h, &(struct note){.to = TO("^AT=20010101T0000")}, "is past");
    assert_refused(h, &(struct note){.to = TO("^A4^LEGAL")}, "contradict");
}

/* The tenant's clock, not ours: an hour before UTC in winter, two in summer. */
/* proves: S4.9 */
static void fax_waits_for_its_time_in_the_tenants_zone(void **state)
{
    struct house *h = *state;
    struct flag_time t = {2026, 12, 1, 8, 0};
    assert_true(tenant_time_wall_ms("Europe/Rome", &t) == 1796108400000LL);
    t = (struct flag_time){2026, 7, 1, 8, 0};
    assert_true(tenant_time_wall_ms("Europe/Rome", &t) == 1782885600000LL);
    char to[100], when[TENANT_TIME_LEN];
    int64_t wanted = (clock_wall_ms() / 60000 + 180) * 60000;
    tenant_time_format("Europe/Rome", wanted, when);
    (void)str_format(to, sizeof(to), TO("^AT=%.4s%.2s%.2sT%.2s%.2s"), when, when + 5, when + 8, when + 11,
                     when + 14);
    (void)send_mail(h, &(struct note){.to = to});
    answer_all_renders(h, 1);
    struct job j = job_to(h, "+390501234567");
    assert_true(j.next_ms == wanted);
    assert_true(j.not_before_ms == wanted);
    assert_false(house_heard(h, &h->call, MSG_send));
}

/* proves: S4.9 */
static void higher_priority_goes_first(void **state)
{
    struct house *h = *state;
    struct id due[4];
    h->queue.may_dial = false;
    (void)send_mail(h, &(struct note){.to = TO("^PRIORITY=1")});
    (void)send_mail(h, &(struct note){.to = "0502222222@front.fax.example.com\n"});
    (void)send_mail(h, &(struct note){.to = "0503333333^PRIORITY=9@front.fax.example.com\n"});
    answer_all_renders(h, 1);
    assert_int_equal(job_due(&h->queue.store, clock_wall_ms() + 1000, due, 4), 3);
    assert_true(id_equal(due[0], job_to(h, "+390503333333").id));
    assert_true(id_equal(due[1], job_to(h, "+390502222222").id));
    assert_true(id_equal(due[2], job_to(h, "+390501234567").id));
}

/* proves: S4.9 D3 */
static void noprefix_reads_the_number_as_it_stands(void **state)
{
    struct house *h = *state;
    /* 0, the prefix of outside lines, and 030...; or 00, the international one, and Greece? */
    apply(h, "{\"tenants\":[{\"name\":\"main\",\"country\":\"DE\",\"outside_prefix\":\"0\",\"dial_allow\":\"+"
             "30\"}]}");
    assert_refused(h, &(struct note){.to = "00302101234567@front.fax.example.com\n"}, "can be read as");
    assert_job(h, &(struct note){.to = "00302101234567^NOPREFIX@front.fax.example.com\n"}, "+302101234567",
               "front");
}

/* ---- cover pages (D6) ---- */

/* proves: D6 S4.2 S4.9 */
static void cover_page_is_made_where_it_is_asked_for(void **state)
{
    struct house *h = *state;
    (void)send_mail(h, &(struct note){.to = TO(""), .text = "hello\n"});
    assert_int_equal(house_take(h, &h->convert, MSG_render).b, 0); /* D6: none by default */
    assert_false(house_heard(h, &h->convert, MSG_render));
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"cover\":\"standard\",\"cover_text\":true}]}");
    (void)send_mail(
        h,
        &(struct note){
            .to =
                "0502222222^NOCOVER@front.fax.example.com\n0503333333^COMPANY=Smith@front.fax.example.com\n",
            .addressees = "0503333333^COMPANY=Smith@front.fax.example.com\tDr. Jo\n",
            .subject = "Results",
            .text = "Dear Jo\n> old\n-- \nmy signature\n"});
    struct heard document = house_take(h, &h->convert, MSG_render);
    SCOPED_FD int pages = house_page_set(3);
    house_answer(h, &h->convert, &document,
                 MESSAGE(rendered, .document = document.id, .pages = 3, .page_set = pages));
    struct heard cover = house_take(h, &h->convert, MSG_render);
    assert_int_equal(cover.b, 4);
    static const char *const words[] = {"Dr. Jo", "Smith", "0503333333", "Ann", "Results", "Dear Jo"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strstr(cover.more, words[i]))
            fail_msg("no %s in %s", words[i], cover.more);
    assert_null(strstr(cover.more, "old"));
    assert_null(strstr(cover.more, "signature"));
    SCOPED_FD int one = house_page_set(1);
    house_answer(h, &h->convert, &cover,
                 MESSAGE(rendered, .document = cover.id, .pages = 1, .page_set = one));
    assert_int_equal(job_to(h, "+390502222222").pages, 3);
    assert_int_equal(job_to(h, "+390503333333").pages, 4);
    struct heard a = house_take(h, &h->call, MSG_send), b = house_take(h, &h->call, MSG_send);
    assert_int_equal(a.b + b.b, 7);
}

/* ---- PINs (S2.9) ---- */

static void set_pin(struct house *h)
{
    apply(
        h,
        "{\"faxboxes\":[{\"id\":\"front\",\"authentication\":\"pin\",\"pin\":\"4711\",\"cover\":\"standard\","
        "\"cover_text\":true}]}");
}

/* proves: S2.9 S2.4 S2.5 */
static void pin_is_wanted_in_the_senders_own_words(void **state)
{
    struct house *h = *state;
    set_pin(h);
    assert_refused(h, &(struct note){.to = TO("")}, "wants its PIN");
    assert_refused(h, &(struct note){.to = TO(""), .text = "> 4711\n"}, "wants its PIN");
    assert_refused(h, &(struct note){.to = TO(""), .text = "4711\nPIN: 4712\n"}, "two different");
    assert_refused(h, &(struct note){.to = TO(""), .text = "PIN: 0815\n"}, "not that of fax box");
    assert_job(h, &(struct note){.to = TO(""), .text = "hello\n pin : 4711\n"}, "+390501234567", "front");
    assert_job(h, &(struct note){.to = TO(""), .text = "4711\nhello\n4711\n"}, "+390501234567", "front");
}

/* proves: S2.9 */
static void five_wrong_pins_lock_that_sender_out(void **state)
{
    struct house *h = *state;
    set_pin(h);
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"permissions\":[{\"entry\":\"bob@example.com\"}]}]}");
    for (unsigned i = 1; i < PIN_WRONG_MAX; i++)
        assert_refused(h, &(struct note){.to = TO(""), .text = "1111\n"}, "not that of fax box");
    assert_refused(h, &(struct note){.to = TO(""), .text = "1111\n"}, "Too many wrong PINs");
    assert_refused(h, &(struct note){.to = TO(""), .text = "4711\n"}, "Too many wrong PINs");
    assert_job(h, &(struct note){.to = TO(""), .from = "bob@example.com", .text = "4711\n"}, "+390501234567",
               "front");
    (void)sql_run(h->queue.store.sql, "UPDATE pin_failure SET until_ms = 1, since_ms = 1", "");
    assert_job(h, &(struct note){.to = TO(""), .text = "4711\n"}, "+390501234567", "front");
}

/* Whoever may write under many addresses guesses no faster. */
/* proves: S2.9 */
static void many_senders_guess_together(void **state)
{
    struct house *h = *state;
    struct faxbox box;
    struct outcome o;
    set_pin(h);
    assert_true(config_box(&h->queue.store, &h->queue.arena, "front", &box));
    store_begin(&h->queue.store);
    for (unsigned i = 0; i < PIN_WRONG_BOX_MAX; i++) {
        char sender[40];
        (void)str_format(sender, sizeof(sender), "a%u@example.com", i);
        pin_check(&h->queue.store, &box, sender, "1111\n", 1000, &o);
    }
    assert_string_equal(o.code, "pin-locked");
    pin_check(&h->queue.store, &box, "ann@example.com", "4711\n", 1000, &o);
    assert_string_equal(o.code, "pin-locked");
    pin_check(&h->queue.store, &box, "ann@example.com", "4711\n", 1001 + PIN_LOCK_MS, &o);
    assert_int_equal(o.verdict, VERDICT_DONE);
    store_commit(&h->queue.store);
}

/* Every text and blob of the store but the mail as it came. */
static int64_t places_with(struct house *h, const char *text)
{
    return sql_get_int(h->queue.store.sql, 0,
                       "SELECT (SELECT count(*) FROM blob WHERE instr(bytes, CAST(?1 AS BLOB)) > 0)"
                       " + (SELECT count(*) FROM submission WHERE instr(subject || reason, ?1) > 0)"
                       " + (SELECT count(*) FROM mail_out WHERE instr(text || subject || reason, ?1) > 0)"
                       " + (SELECT count(*) FROM mail_in WHERE instr(reason, ?1) > 0)"
                       " + (SELECT count(*) FROM faxbox WHERE instr(pin_hash, ?1) > 0)",
                       "t", text);
}

/* proves: S2.9 */
static void pin_is_kept_nowhere(void **state)
{
    struct house *h = *state;
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"authentication\":\"pin\",\"pin\":\"471147114711\",\"cover\":"
             "\"standard\",\"cover_text\":true}]}");
    (void)send_mail(h,
                    &(struct note){.to = TO(""), .text = "Dear Jo\n471147114711\nPIN: 471147114711\nbye\n"});
    assert_int_equal(places_with(h, "Dear Jo"), 1); /* the cover page */
    assert_int_equal(places_with(h, "471147114711"), 0);
    answer_all_renders(h, 1);
    struct job j = job_to(h, "+390501234567");
    cancel(h, &j);
    assert_null(strstr(take_mail(h, MSG_compose_report).text, "471147114711"));
    assert_refused(h, &(struct note){.to = TO(""), .text = "815815815815\n"}, "not that of fax box");
    assert_int_equal(places_with(h, "815815815815"), 0);
}

/* proves: S2.5 */
static void box_that_wants_signatures_takes_nothing_yet(void **state)
{
    struct house *h = *state;
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"authentication\":\"pgp\"}]}");
    assert_refused(h, &(struct note){.to = TO(""), .text = "4711\n"}, "cannot check yet");
}

/* ---- dry runs (A3) ---- */

/* proves: A3 */
static void dry_run_shows_the_pages_and_dials_nobody(void **state)
{
    struct house *h = *state;
    static const char *const forms[][2] = {{"check+0501234567@front.fax.example.com\n", ""},
                                           {"check+0501234567@fax.example.com\n", ""},
                                           {FRONT, "check 0501234567"}};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        (void)send_mail(h, &(struct note){.to = forms[i][0], .subject = forms[i][1]});
        answer_all_renders(h, 2);
        struct heard preview = take_mail(h, MSG_compose_preview);
        static const char *const words[] = {"dialled as +390501234567", "Price class: national",
                                            "Trunk: loop", "Pages: 2", "(Europe/Rome)"};
        for (size_t k = 0; k < ARRAY_LEN(words); k++)
            if (!strstr(preview.text, words[k]))
                fail_msg("no %s in %s", words[k], preview.text);
        assert_string_equal(preview.more, "ann@example.com");
        assert_int_equal(count_jobs(h), 0);
        assert_false(house_heard(h, &h->call, MSG_send));
    }
    assert_refused(h, &(struct note){.to = "check+00441234567890@front.fax.example.com\n"}, "international");
}

/* ---- limits (D3) ---- */

/* proves: D3 S4.10 */
static void pages_of_a_user_and_day_are_limited(void **state)
{
    struct house *h = *state;
    apply(h, "{\"tenants\":[{\"name\":\"main\",\"pages_per_day\":5}],"
             "\"users\":[{\"name\":\"ann\",\"addresses\":[\"ann@example.com\",\"ann@home.example\"]}],"
             "\"faxboxes\":[{\"id\":\"front\",\"permissions\":[{\"entry\":\"bob@example.com\"}]}]}");
    (void)send_mail(h, &(struct note){.to = TO("")});
    answer_all_renders(h, 4);
    assert_int_equal(count_jobs(h), 1);
    (void)send_mail(h,
                    &(struct note){.to = "0502222222@front.fax.example.com\n", .from = "Ann@Home.example"});
    answer_all_renders(h, 2);
    assert_non_null(
        strstr(take_mail(h, MSG_compose_answer).text, "2 pages, you sent 4 in the last 24 hours, and 5"));
    assert_int_equal(count_jobs(h), 1);
    (void)send_mail(h, &(struct note){.to = "0502222222@front.fax.example.com\n", .from = "bob@example.com"});
    answer_all_renders(h, 5);
    assert_int_equal(count_jobs(h), 2);
    (void)sql_run(h->queue.store.sql, "UPDATE submission SET created_ms = created_ms - 86400001", "");
    (void)send_mail(h, &(struct note){.to = "0503333333@front.fax.example.com\n"});
    answer_all_renders(h, 5);
    assert_int_equal(count_jobs(h), 3);
}

/* proves: D3 */
static void minutes_of_a_user_and_day_are_limited(void **state)
{
    struct house *h = *state;
    apply(h, "{\"tenants\":[{\"name\":\"main\",\"minutes_per_day\":10}]}");
    (void)send_mail(h, &(struct note){.to = TO("")});
    answer_all_renders(h, 1);
    (void)sql_run(h->queue.store.sql, "UPDATE attempt SET answered_ms = 1000, ended_ms = 600999", "");
    assert_job(h, &(struct note){.to = "0502222222@front.fax.example.com\n"}, "+390502222222", "front");
    (void)sql_run(h->queue.store.sql, "UPDATE attempt SET ended_ms = 601000 WHERE answered_ms = 1000", "");
    (void)send_mail(h, &(struct note){.to = "0503333333@front.fax.example.com\n"});
    answer_all_renders(h, 1);
    assert_non_null(strstr(take_mail(h, MSG_compose_answer).text, "10 minutes"));
}

/* proves: D3 */
static void emergency_international_and_premium_numbers_are_refused(void **state)
{
    struct house *h = *state;
    apply(h, "{\"tenants\":[{\"name\":\"main\",\"emergency\":\"116117 1530\",\"dial_allow\":\"+ 1\"}]}");
    static const char *const never[] = {"110", "112", "113",    "115",  "118",
                                        "911", "999", "116117", "1530", "+39112"};
    for (size_t i = 0; i < ARRAY_LEN(never); i++) {
        char to[100];
        (void)str_format(to, sizeof(to), "%s@front.fax.example.com\n", never[i]);
        assert_refused(h, &(struct note){.to = to}, "emergency");
    }
    apply(h, "{\"tenants\":[{\"name\":\"main\",\"dial_allow\":\"\"}]}");
    assert_refused(h, &(struct note){.to = "+441632960000@front.fax.example.com\n"}, "international");
    assert_refused(h, &(struct note){.to = "899123456@front.fax.example.com\n"}, "premium");
    apply(h, "{\"tenants\":[{\"name\":\"main\",\"dial_allow\":\"+44\",\"dial_deny\":\"+4490\"}]}");
    assert_job(h, &(struct note){.to = "+441632960000@front.fax.example.com\n"}, "+441632960000", "front");
    assert_refused(h, &(struct note){.to = "+449012345678@front.fax.example.com\n"}, "not allow");
}

/* ---- by hand ---- */

/* proves: S4.8 S4.9 */
static void numbers_of_the_api_take_flags_too(void **state)
{
    struct house *h = *state;
    static const char *const cases[][2] = {{"0501234567^FINE\n0502222222^COARSE", "different resolutions"},
                                           {"0501234567^URGENT", "no flag ^URGENT"},
                                           {"112", "emergency"}};
    SCOPED_FD int document = fd_sealed_memory("document", span_str("%PDF-"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        house_ask(h, &h->web,
                  MESSAGE(submit, .submission = id_new(), .box = "front", .numbers = cases[i][0],
                          .name = "letter.pdf", .document = document));
        struct heard answer = house_take(h, &h->web, MSG_submitted);
        assert_int_equal(answer.a, 422);
        if (!strstr(answer.text, cases[i][1]))
            fail_msg("no \"%s\" in: %s", cases[i][1], answer.text);
    }
    house_ask(h, &h->web,
              MESSAGE(submit, .submission = id_new(), .box = "front",
                      .numbers = "0501234567^COARSE^BILLING=7^TEMPLATE=standard", .name = "letter.pdf",
                      .user = "ann@example.com", .document = document));
    assert_int_equal(house_take(h, &h->web, MSG_submitted).a, 202);
    struct heard render = house_take(h, &h->convert, MSG_render);
    assert_int_equal(render.a, PAGE_STANDARD);
    SCOPED_FD int pages = house_page_set(2);
    house_answer(h, &h->convert, &render,
                 MESSAGE(rendered, .document = render.id, .pages = 2, .page_set = pages));
    answer_all_renders(h, 1);
    struct job j = job_to(h, "+390501234567");
    assert_string_equal(j.billing, "7");
    assert_int_equal(j.pages, 3);
}

/* ---- dead letters (S4.5) ---- */

/* proves: S4.5 A6 */
static void failed_document_is_a_dead_letter_and_can_be_tried_again(void **state)
{
    struct house *h = *state;
    struct dead_letter d;
    struct id mail = send_mail(h, &(struct note){.to = TO("")});
    struct heard render = house_take(h, &h->convert, MSG_render);
    house_answer(h, &h->convert, &render,
                 MESSAGE(rendered, .document = render.id, .verdict = VERDICT_GIVE_UP,
                         .code = "document-broken", .reason = "letter.pdf is damaged"));
    assert_non_null(strstr(take_mail(h, MSG_compose_answer).text, "letter.pdf is damaged"));
    assert_true(dead_letter_find(&h->queue.store, mail, &h->queue.arena, &d));
    assert_string_equal(d.code, "document-broken");
    struct id ids[2];
    assert_int_equal(dead_letters(&h->queue.store, ID_NONE, ids, 2), 1);
    house_ask(h, &h->web, MESSAGE(dead_letter, .mail = mail, .remove = 0, .user = "root"));
    struct heard asked = house_take(h, &h->convert, MSG_unpack);
    SCOPED_FD int parts = one_part();
    house_answer(h, &h->convert, &asked,
                 MESSAGE(unpacked, .mail = mail, .from = "ann@example.com", .message_id = "d@example.com",
                         .parts = parts));
    answer_all_renders(h, 1);
    assert_int_equal(count_jobs(h), 1);
    assert_int_equal(dead_letters(&h->queue.store, ID_NONE, ids, 2), 0);
}

/* proves: S4.5 */
static void dead_letter_is_deleted_with_its_bytes(void **state)
{
    struct house *h = *state;
    struct id ids[2], mail = send_mail(h, &(struct note){.to = FRONT, .subject = "no number"});
    house_ask(h, &h->web, MESSAGE(dead_letter, .mail = mail, .remove = 1, .user = "root"));
    assert_int_equal(house_take(h, &h->web, MSG_dead_letter_done).a, 200);
    assert_int_equal(dead_letters(&h->queue.store, ID_NONE, ids, 2), 0);
    assert_int_equal(places_with(h, "raw mail"), 0);
    house_ask(h, &h->web, MESSAGE(dead_letter, .mail = mail, .remove = 1, .user = "root"));
    assert_int_equal(house_take(h, &h->web, MSG_dead_letter_done).a, 404);
}

/* proves: D1 */
static void refused_mail_that_comes_twice_is_answered_once(void **state)
{
    struct house *h = *state;
    for (int i = 0; i < 2; i++) {
        (void)send_mail(h, &(struct note){.to = FRONT, .subject = "no number"});
        messages--;
    }
    messages++;
    (void)take_mail(h, MSG_compose_answer);
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(address_entry_sends_and_receives_as_it_says, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(mail_without_one_sender_is_answered_where_it_came_from, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(number_is_found_in_address_then_display_name_then_subject,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(box_is_named_by_id_or_name_or_is_the_only_one, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(subject_never_reaches_a_forbidden_box, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(missing_or_ambiguous_number_is_answered_with_what_works, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(recipients_of_a_mail_are_jobs_of_one_submission_and_one_report,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(box_may_want_a_report_as_each_number_ends, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(flags_reach_the_document, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(numbers_that_want_other_pages_are_rendered_apart, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(flags_reach_the_job, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(wrong_flags_are_answered_with_the_known_ones, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(fax_waits_for_its_time_in_the_tenants_zone, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(higher_priority_goes_first, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(noprefix_reads_the_number_as_it_stands, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(cover_page_is_made_where_it_is_asked_for, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(pin_is_wanted_in_the_senders_own_words, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(five_wrong_pins_lock_that_sender_out, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(many_senders_guess_together, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(pin_is_kept_nowhere, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(box_that_wants_signatures_takes_nothing_yet, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(dry_run_shows_the_pages_and_dials_nobody, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(pages_of_a_user_and_day_are_limited, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(minutes_of_a_user_and_day_are_limited, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(emergency_international_and_premium_numbers_are_refused, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(numbers_of_the_api_take_flags_too, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(failed_document_is_a_dead_letter_and_can_be_tried_again, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(dead_letter_is_deleted_with_its_bytes, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(refused_mail_that_comes_twice_is_answered_once, house_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
