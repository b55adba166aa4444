/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a mail may ask for: who may, in which form, with which flags. */
#include <string.h>

#include "store_place.h"
#include "submit_steps.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/tenant_time.h"
#include "store/snapshot.h"

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

/* proves: A2 S2.8 */
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
                 {TO("^300dpi"), PAGE_DPI300, "a4"},
                 {TO("^400DPI"), PAGE_DPI400, "a4"},
                 {TO("^STANDARD"), PAGE_FINE, "a4"},
                 {TO("^fine^A4"), PAGE_FINE, "a4"},
                 {TO("^SUPERFINE^LEGAL"), PAGE_SUPERFINE, "legal"},
                 {"front+0501234567^LEGAL@fax.example.com\n", PAGE_FINE, "legal"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        (void)send_mail(h, &(struct note){.to = cases[i].to});
        struct heard render = house_take(h, &h->convert, MSG_render);
        assert_int_equal(render.a, cases[i].resolution);
        assert_string_equal(render.more, cases[i].paper);
        assert_string_equal(render.envelope, "IT"); /* helps to guess what a text is written in */
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

/* proves: S4.8, S4.9 */
static void flags_reach_the_job(void **state)
{
    struct house *h = *state;
    apply(h, "{\"trunks\":[{\"name\":\"Second\",\"peer\":\"sip:127.0.0.1:5071\"}],"
             "\"tenants\":[{\"name\":\"main\",\"billing_codes\":[\"4711\",\"legal/7\"]}]}");
    (void)send_mail(
        h, &(struct note){.to = FRONT,
                          .subject =
                              "0501234567^RETRIES=7^PORT=second^BILLING=legal/7^PRIORITY=9^SUB=47*^PWD=11"});
    answer_all_renders(h, 1);
    struct job j = job_to(h, "+390501234567");
    assert_int_equal(j.max_tries, 7);
    assert_string_equal(j.billing, "legal/7");
    assert_int_equal(j.priority, 9);
    struct heard send = house_take(h, &h->call, MSG_send);
    assert_string_equal(send.text, "47*");
    assert_string_equal(send.more, "11");
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
    assert_refused(h, &(struct note){.to = FRONT, .subject = "0501234567^URGENT"},
                   "^AT=20261201T0800 ^PRIORITY=n");
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
    static const char *const order[] = {"+390503333333", "+390502222222", "+390501234567"};
    h->queue.may_dial = false;
    (void)send_mail(h, &(struct note){.to = TO("^PRIORITY=1")});
    (void)send_mail(h, &(struct note){.to = "0502222222@front.fax.example.com\n"});
    (void)send_mail(h, &(struct note){.to = "0503333333^PRIORITY=9@front.fax.example.com\n"});
    answer_all_renders(h, 1);
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        struct job j = job_to(h, order[i]);
        assert_true(
            id_equal(job_first_due(&h->queue.store, "front", clock_wall_ms() + 1000, "\n", ""), j.id));
        job_start_call(&h->queue.store, j.id);
    }
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

/* ---- by hand ---- */

/* proves: S4.9 */
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

/* ---- after a restore ---- */

static void fax_that_a_backup_caught_before_it_was_a_job_is_held(void **state)
{
    char path[300], error[STORE_ERROR_LEN] = "";
    unsigned held;
    store_needs_sqlite("a backup of PostgreSQL is pg_dump's");
    struct house *h = *state;
    (void)send_mail(h, &(struct note){.to = TO("")});
    assert_true(house_heard(h, &h->convert, MSG_render));
    assert_true(str_format(path, sizeof(path), "%s/faxpost.db", h->dir));
    assert_int_equal(snapshot_hold_jobs(path, clock_wall_ms() + 1, &held, error), 0);
    assert_int_equal(held, 0);
    answer_all_renders(h, 1);
    struct job j = job_to(h, "+390501234567");
    assert_int_equal(j.state, JOB_HELD);
    assert_string_equal(j.code, RESTORED_CODE);
    queue_enter(&h->queue);
    store_set_meta(&h->queue.store, RESTORED_META, "1");
    house_run(h);
    (void)send_mail(h, &(struct note){.to = "0501234568@front.fax.example.com\n"});
    answer_all_renders(h, 1);
    assert_int_not_equal(job_to(h, "+390501234568").state, JOB_HELD);
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
        cmocka_unit_test_setup_teardown(numbers_of_the_api_take_flags_too, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(fax_that_a_backup_caught_before_it_was_a_job_is_held, house_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
