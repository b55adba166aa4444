/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What stands between a mail and its fax: PIN, dry run, limits; and what becomes of one that fails. */
#include <string.h>

#include "submit_steps.h"

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/pins.h"
#include "store/mails.h"

/* ---- PINs (S2.9) ---- */

static void set_pin(struct house *h)
{
    apply(
        h,
        "{\"faxboxes\":[{\"id\":\"front\",\"authentication\":\"pin\",\"pin\":\"4711\",\"cover\":\"standard\","
        "\"cover_text\":true}]}");
}

/* proves: S2.9 */
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
static void box_that_wants_signatures_takes_no_other_mail(void **state)
{
    struct house *h = *state;
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"authentication\":\"pgp\"}]}");
    assert_refused(h, &(struct note){.to = TO(""), .text = "4711\n"}, "only that are signed with PGP");
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
        if (!strstr(preview.text, "0501234567\t+390501234567\tnational\tloop\t2\t"))
            fail_msg("%s", preview.text);
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
    (void)sql_run(h->queue.store.sql, "UPDATE job SET created_ms = created_ms - 86400001", "");
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

static void refuse_render(struct house *h, const char *code)
{
    struct heard render = house_take(h, &h->convert, MSG_render);
    house_answer(h, &h->convert, &render,
                 MESSAGE(rendered, .document = render.id, .verdict = VERDICT_GIVE_UP, .code = code,
                         .reason = "letter.pdf cannot be faxed"));
}

/* Only the administrator can install LibreOffice; he hears of it once. */
static void refused_office_document_is_an_alarm(void **state)
{
    struct house *h = *state;
    store_begin(&h->queue.store);
    store_set_meta(&h->queue.store, "alarm_address", "admin@example.com");
    store_commit(&h->queue.store);
    for (int i = 0; i < 2; i++) {
        (void)send_mail(h, &(struct note){.to = TO("")});
        refuse_render(h, "document-office");
        (void)take_mail(h, MSG_compose_answer);
        if (i == 0)
            assert_non_null(strstr(take_mail(h, MSG_compose_answer).text, "apt install libreoffice"));
    }
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    assert_non_null(strstr(h->queue.office_refused, "is not installed"));
}

/* proves: D1 A6 */
static void document_that_comes_twice_and_cannot_be_faxed_is_answered_once(void **state)
{
    struct house *h = *state;
    (void)send_mail(h, &(struct note){.to = TO("")});
    refuse_render(h, "document-broken");
    (void)take_mail(h, MSG_compose_answer);
    submit_messages--; /* its sender's server did not hear our 250 */
    (void)send_mail(h, &(struct note){.to = TO("")});
    refuse_render(h, "document-broken");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    submit_messages--;
    (void)send_mail(h, &(struct note){.to = TO("")});
    refuse_render(h, "document-password"); /* another reason */
    (void)take_mail(h, MSG_compose_answer);
    (void)send_mail(h, &(struct note){.to = TO("")}); /* another mail */
    refuse_render(h, "document-broken");
    (void)take_mail(h, MSG_compose_answer);
}

/* proves: D1 */
static void refused_mail_that_comes_twice_is_answered_once(void **state)
{
    struct house *h = *state;
    for (int i = 0; i < 2; i++) {
        (void)send_mail(h, &(struct note){.to = FRONT, .subject = "no number"});
        submit_messages--;
    }
    submit_messages++;
    (void)take_mail(h, MSG_compose_answer);
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pin_is_wanted_in_the_senders_own_words, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(five_wrong_pins_lock_that_sender_out, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(many_senders_guess_together, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(pin_is_kept_nowhere, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(box_that_wants_signatures_takes_no_other_mail, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(dry_run_shows_the_pages_and_dials_nobody, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(pages_of_a_user_and_day_are_limited, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(minutes_of_a_user_and_day_are_limited, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(emergency_international_and_premium_numbers_are_refused, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(failed_document_is_a_dead_letter_and_can_be_tried_again, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(dead_letter_is_deleted_with_its_bytes, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(refused_office_document_is_an_alarm, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(document_that_comes_twice_and_cannot_be_faxed_is_answered_once,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(refused_mail_that_comes_twice_is_answered_once, house_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
