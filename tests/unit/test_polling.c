/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Polling as the queue sees it: what a call of ours fetches is a received fax, what a caller fetches is a
 * sent one, and who dies when changes neither. */
#include "queue_steps.h"
#include "submit_steps.h"

#include <sodium.h>

#include "base/attr.h"
#include "base/fd.h"
#include "base/scope.h"
#include "model/archive.h"
#include "queue/fax_secrets.h"
#include "store/retention.h"
#include "store/sql.h"

static int64_t number(struct house *h, const char *statement)
{
    return sql_get_int(h->queue.store.sql, -1, statement, "");
}

/* ---- we poll ---- */

static struct id until_polling(struct house *h)
{
    house_ask(h, &h->web,
              MESSAGE(submit, .submission = id_new(), .box = "front", .numbers = "200^POLL^SEP=77^PWD=12",
                      .user = "ann@example.com", .name = "", .document = -1));
    assert_int_equal(house_take(h, &h->web, MSG_submitted).a, 202);
    struct heard receive = house_take(h, &h->call, MSG_receive);
    assert_string_equal(receive.envelope, "77 12");
    struct id attempt = answer_send(h, &receive);
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = attempt, .phase = "answered"));
    return attempt;
}

/* proves: D5 */
static void what_is_fetched_is_a_received_fax(void **state)
{
    struct house *h = *state;
    struct id attempt = until_polling(h);
    assert_int_equal(number(h, "SELECT count(*) FROM fax"), 0);
    receive_page(h, attempt, 0);
    receive_page(h, attempt, 1);
    assert_int_equal(only_job(h).state, JOB_CALLING);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    const struct job j = only_job(h);
    assert_int_equal(j.state, JOB_DONE);
    assert_int_equal(j.pages, 2);
    assert_int_equal(j.confirmed, 2);
    assert_int_equal(number(h, "SELECT count(*) FROM fax WHERE state = 1 AND pages = 2 AND calling = '200'"),
                     1);
    (void)house_take(h, &h->convert, MSG_compose_received);
    (void)house_take(h, &h->convert, MSG_compose_report);
}

static void a_call_that_breaks_off_is_tried_again_and_its_pages_are_kept(void **state)
{
    struct house *h = *state;
    struct id attempt = until_polling(h);
    receive_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_RETRY, false);
    assert_int_equal(only_job(h).state, JOB_WAITING);
    assert_int_equal(number(h, "SELECT count(*) FROM fax WHERE state = 2 AND pages = 1"), 1);
}

static void a_queue_that_dies_meanwhile_goes_on(void **state)
{
    struct house *h = *state;
    struct id attempt = until_polling(h);
    receive_page(h, attempt, 0);
    house_restart_queue(h);
    house_tell(h, &h->call, MESSAGE(attempt_alive, .attempt = attempt));
    receive_page(h, attempt, 0); /* its answer was lost */
    receive_page(h, attempt, 1);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    assert_int_equal(only_job(h).state, JOB_DONE);
    assert_int_equal(number(h, "SELECT count(*) FROM fax"), 1);
    assert_int_equal(only_job(h).pages, 2);
}

static void make_key(struct house *h)
{
    h->queue.vault.known = true;
    assert_int_equal(crypto_box_keypair(h->queue.vault.public, h->queue.vault.secret), 0);
}

static void a_fax_whose_password_cannot_be_opened_does_not_go_without(void **state)
{
    struct house *h = *state;
    make_key(h);
    attempt_ends(h, until_polling(h), VERDICT_RETRY, false);
    assert_int_equal(only_job(h).state, JOB_WAITING);
    make_key(h);
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE job SET next_ms = 0", "");
    queue_wants(&h->queue, WORK_DIAL);
    house_run(h);
    assert_int_equal(only_job(h).state, JOB_HELD);
    assert_int_equal(number(h, "SELECT count(*) FROM job WHERE code = 'own-key'"), 1);
    assert_false(house_heard(h, &h->call, MSG_receive));
}

static void a_number_that_is_polled_takes_no_document(void **state)
{
    struct house *h = *state;
    SCOPED_FD int document = fd_sealed_memory("document", span_str("a letter"));
    static const char *const wrong[] = {"200^SEP=1", "200^POLL^SUB=1", "200\n300^POLL"};
    house_ask(h, &h->web,
              MESSAGE(submit, .submission = id_new(), .box = "front", .numbers = "200^POLL", .user = "",
                      .name = "", .document = document));
    assert_int_equal(house_take(h, &h->web, MSG_submitted).a, 422);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        house_ask(h, &h->web,
                  MESSAGE(submit, .submission = id_new(), .box = "front", .numbers = wrong[i], .user = "",
                          .name = "", .document = -1));
        assert_int_equal(house_take(h, &h->web, MSG_submitted).a, 422);
    }
    assert_int_equal(number(h, "SELECT count(*) FROM submission"), 0);
}

/* ---- we are polled ---- */

static struct id hold_ready(struct house *h, const char *password)
{
    SCOPED_FD int document = fd_sealed_memory("document", span_str("a price list"));
    struct id submission = id_new();
    house_ask(h, &h->web,
              MESSAGE(offer, .submission = submission, .box = "back", .name = "letter.pdf", .selective = "5",
                      .password = password, .user = "ann", .document = document));
    assert_int_equal(house_take(h, &h->web, MSG_offered).a, 202);
    answer_render(h, 2);
    return submission;
}

static struct id until_polled(struct house *h, struct id submission)
{
    struct id attempt = invite(h, "200");
    struct heard receive = house_take(h, &h->call, MSG_receive);
    assert_int_equal(receive.c, 2);
    assert_string_equal(receive.envelope, "5 12");
    house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = attempt));
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 200);
    house_ask(h, &h->call, MESSAGE(polled, .attempt = attempt, .document = submission));
    assert_int_equal(house_take(h, &h->call, MSG_polled_stored).a, 0);
    return attempt;
}

/* proves: D5 */
static void who_polls_gets_the_document_and_it_is_a_sent_fax(void **state)
{
    struct house *h = *state;
    struct id submission = hold_ready(h, "12");
    for (int call = 0; call < 2; call++) { /* it stays there */
        struct id attempt = until_polled(h, submission);
        /* Asked again: T.30 began anew. */
        house_ask(h, &h->call, MESSAGE(polled, .attempt = attempt, .document = submission));
        assert_int_equal(house_take(h, &h->call, MSG_polled_stored).a, 0);
        confirm_page(h, attempt, 0);
        confirm_page(h, attempt, 1);
        attempt_ends(h, attempt, VERDICT_DONE, false);
        assert_int_equal(number(h, "SELECT count(*) FROM job WHERE purpose = 2 AND state = 3"), call + 1);
        assert_int_equal(number(h, "SELECT count(*) FROM job"), call + 1);
    }
    assert_int_equal(number(h, "SELECT state FROM submission"), SUBMISSION_ADMITTED);
    house_ask(h, &h->web,
              MESSAGE(offer, .submission = id_new(), .box = "back", .name = "", .selective = "",
                      .password = "", .remove = 1, .user = "ann", .document = -1));
    assert_int_equal(house_take(h, &h->web, MSG_offered).a, 200);
    assert_int_equal(number(h, "SELECT state FROM submission"), SUBMISSION_FINISHED);
    (void)invite(h, "200");
    assert_int_equal(house_take(h, &h->call, MSG_receive).c, 0);
}

/* proves: D5 */
static void whatever_ends_its_call_nobody_is_called_back(void **state)
{
    static const struct {
        uint32_t confirmed;
        bool uncertain, dies;
        enum job_state state;
    } rows[] = {{1, false, false, JOB_FAILED},
                {1, true, false, JOB_UNKNOWN},
                {0, false, true, JOB_FAILED},
                {2, false, true, JOB_DONE}};
    struct house *h = *state;
    struct id submission = hold_ready(h, "12");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct id attempt = until_polled(h, submission);
        for (uint32_t page = 0; page < rows[i].confirmed; page++)
            confirm_page(h, attempt, page);
        if (rows[i].dies)
            house_restart(h, &h->call);
        else
            attempt_ends(h, attempt, VERDICT_RETRY, rows[i].uncertain);
        assert_int_equal(number(h, "SELECT state FROM job ORDER BY n DESC LIMIT 1"), rows[i].state);
    }
    assert_false(house_heard(h, &h->line, MSG_dial));
}

static void another_document_takes_its_place_without_disturbing_a_call(void **state)
{
    struct house *h = *state;
    struct id first = hold_ready(h, "12");
    struct id attempt = until_polled(h, first);
    (void)hold_ready(h, "");
    confirm_page(h, attempt, 0);
    confirm_page(h, attempt, 1);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    assert_int_equal(only_job(h).state, JOB_DONE);
    assert_int_equal(number(h, "SELECT count(*) FROM submission WHERE state = 3"), 1);
    assert_int_equal(number(h, "SELECT count(*) FROM submission WHERE state = 1"), 1);
    assert_int_equal(number(h, "SELECT count(*) FROM offer"), 1);
}

static void a_document_whose_password_cannot_be_opened_is_nobodys(void **state)
{
    struct house *h = *state;
    make_key(h);
    (void)hold_ready(h, "12");
    make_key(h);
    (void)invite(h, "200");
    assert_int_equal(house_take(h, &h->call, MSG_receive).c, 0);
}

static void what_is_taken_away_is_not_given_to_who_called_before(void **state)
{
    struct house *h = *state;
    struct id submission = hold_ready(h, "12"), attempt = invite(h, "200");
    struct heard receive = house_take(h, &h->call, MSG_receive);
    house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = attempt));
    house_ask(h, &h->web,
              MESSAGE(offer, .submission = id_new(), .box = "back", .name = "", .selective = "",
                      .password = "", .remove = 1, .user = "ann", .document = -1));
    assert_int_equal(house_take(h, &h->web, MSG_offered).a, 200);
    house_ask(h, &h->call, MESSAGE(polled, .attempt = attempt, .document = submission));
    assert_int_not_equal(house_take(h, &h->call, MSG_polled_stored).a, 0);
    assert_int_equal(number(h, "SELECT count(*) FROM job"), 0);
}

static void retention_takes_a_refused_document_and_leaves_one_that_is_ready(void **state)
{
    struct house *h = *state;
    struct id submission = hold_ready(h, "12");
    assert_false(retention_may_delete(&h->queue.store, submission, true));
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE submission SET state = ?1", "n", (int)SUBMISSION_REFUSED);
    assert_true(retention_delete_submission(&h->queue.store, submission) > 0);
    house_run(h);
    assert_int_equal(number(h, "SELECT count(*) FROM offer"), 0);
    assert_int_equal(number(h, "SELECT count(*) FROM submission"), 0);
}

static uint32_t delete_fax(struct house *h, struct id job)
{
    house_ask(h, &h->web,
              MESSAGE(archive_wish, .wish = id_new(), .what = ARCHIVE_WISH_DELETE, .about = job, .place = "",
                      .reason = "", .tenant = ID_NONE, .who = "ann", .client_ip = ""));
    return house_take(h, &h->web, MSG_archive_wished).a;
}

/* Its document is not its own as long as it is on offer. */
static void fax_of_a_document_on_offer_is_not_deleted(void **state)
{
    struct house *h = *state;
    struct id attempt = until_polled(h, hold_ready(h, "12"));
    confirm_page(h, attempt, 0);
    confirm_page(h, attempt, 1);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    struct id job = only_job(h).id;
    assert_int_equal(delete_fax(h, job), 409);
    assert_int_equal(number(h, "SELECT count(*) FROM offer"), 1);
    assert_int_equal(number(h, "SELECT count(*) FROM job"), 1);
    house_ask(h, &h->web,
              MESSAGE(offer, .submission = id_new(), .box = "back", .name = "", .selective = "",
                      .password = "", .remove = 1, .user = "ann", .document = -1));
    assert_int_equal(house_take(h, &h->web, MSG_offered).a, 200);
    assert_int_equal(delete_fax(h, job), 200);
    assert_int_equal(number(h, "SELECT count(*) FROM job"), 0);
}

/* Of what stays on offer for years the deliveries go when their time has come. */
static void deliveries_are_forgotten_while_the_document_stays(void **state)
{
    struct house *h = *state;
    struct id submission = hold_ready(h, "12"), old[4];
    for (int call = 0; call < 2; call++) {
        struct id attempt = until_polled(h, submission);
        confirm_page(h, attempt, 0);
        confirm_page(h, attempt, 1);
        attempt_ends(h, attempt, VERDICT_DONE, false);
    }
    struct faxbox box;
    assert_true(config_box(&h->queue.store, &h->queue.arena, "back", &box));
    const struct kept_box kept = {box.tenant, "back"};
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_out SET state = 3", "");
    (void)sql_run(h->queue.store.sql, "UPDATE job SET created_ms = 1000, ended_ms = 2000 WHERE n = 1", "");
    assert_int_equal(retention_deliveries(&h->queue.store, &kept, 2000, old, 4), 0);
    assert_int_equal(retention_deliveries(&h->queue.store, &kept, 2001, old, 4), 1);
    (void)retention_delete_delivery(&h->queue.store, old[0]);
    house_run(h);
    assert_int_equal(number(h, "SELECT count(*) FROM job"), 1);
    assert_int_equal(number(h, "SELECT count(*) FROM attempt WHERE job IS NOT NULL"), 1);
    assert_int_equal(number(h, "SELECT count(*) FROM offer"), 1);
    assert_int_equal(number(h, "SELECT count(*) FROM submission_page"), 2);
}

static void a_box_that_is_taken_away_ends_what_it_held_ready(void **state)
{
    struct house *h = *state;
    (void)hold_ready(h, "12");
    apply(h, "{\"faxboxes\":[{\"id\":\"back\",\"absent\":true}]}");
    assert_int_equal(number(h, "SELECT count(*) FROM offer"), 0);
    assert_int_equal(number(h, "SELECT state FROM submission"), SUBMISSION_FINISHED);
}

static void look_for_alarms(struct house *h)
{
    h->queue.look_now = true;
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_ALARMS);
    house_run(h);
}

static void callers_who_guess_a_password_raise_an_alarm(void **state)
{
    struct house *h = *state;
    (void)hold_ready(h, "12");
    for (int call = 0; call < 5; call++) {
        struct id attempt = invite(h, "200");
        struct heard receive = house_take(h, &h->call, MSG_receive);
        house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = attempt));
        assert_int_equal(number(h, "SELECT count(*) FROM alarm WHERE code = 'fax-password-guessed'"), 0);
        house_ask(h, &h->call,
                  MESSAGE(attempt_done, .attempt = attempt, .verdict = VERDICT_GIVE_UP,
                          .code = "poll-refused", .reason = "It did not say SEP or PWD.", .began = 1,
                          .mode = "t38"));
        (void)house_take(h, &h->call, MSG_attempt_done_stored);
        look_for_alarms(h);
    }
    assert_int_equal(number(h, "SELECT count(*) FROM alarm WHERE code = 'fax-password-guessed' AND subject = "
                               "'back' AND cleared_ms IS NULL"),
                     1);
}

static void a_box_says_its_password_to_calls_alone(void **state)
{
    struct house *h = *state;
    make_key(h);
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE faxbox SET fax_password = '4711*' WHERE id = 'back'", "");
    house_run(h);
    fax_secrets_seal_old(&h->queue); /* what an earlier Faxpost kept */
    assert_int_equal(number(h, "SELECT length(fax_password) > 60 FROM faxbox WHERE id = 'back'"), 1);
    struct id attempt = invite(h, "200");
    struct heard receive = house_take(h, &h->call, MSG_receive);
    assert_string_equal(receive.more, "4711*");
    house_answer(h, &h->call, &receive, MESSAGE(prepared, .attempt = attempt));
    attempt_ends(h, attempt, VERDICT_GIVE_UP, false);
    look_for_alarms(h);
    assert_int_equal(number(h, "SELECT count(*) FROM alarm WHERE code = 'fax-password-lost'"), 0);
    make_key(h); /* a store of elsewhere */
    (void)invite(h, "200");
    assert_false(house_heard(h, &h->call, MSG_receive));
    look_for_alarms(h);
    assert_int_equal(
        number(h, "SELECT count(*) FROM alarm WHERE code = 'fax-password-lost' AND cleared_ms IS NULL"), 1);
    apply(h, "{\"faxboxes\":[{\"id\":\"back\",\"fax_password\":\"\"}]}");
    look_for_alarms(h);
    assert_int_equal(
        number(h, "SELECT count(*) FROM alarm WHERE code = 'fax-password-lost' AND cleared_ms IS NULL"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(deliveries_are_forgotten_while_the_document_stays, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_box_that_is_taken_away_ends_what_it_held_ready, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(callers_who_guess_a_password_raise_an_alarm, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_box_says_its_password_to_calls_alone, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(what_is_fetched_is_a_received_fax, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_call_that_breaks_off_is_tried_again_and_its_pages_are_kept,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_queue_that_dies_meanwhile_goes_on, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_number_that_is_polled_takes_no_document, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(who_polls_gets_the_document_and_it_is_a_sent_fax, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(whatever_ends_its_call_nobody_is_called_back, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_fax_whose_password_cannot_be_opened_does_not_go_without,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_document_whose_password_cannot_be_opened_is_nobodys, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(what_is_taken_away_is_not_given_to_who_called_before, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(retention_takes_a_refused_document_and_leaves_one_that_is_ready,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(another_document_takes_its_place_without_disturbing_a_call,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(fax_of_a_document_on_offer_is_not_deleted, house_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
