/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Outgoing mails that a person steers, that wait for too long, and that come back. */
#include <string.h>

#include "mail_steps.h"

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/bounce.h"
#include "store/mails.h"

/* ---- what a person does ---- */

static void waiting_mail_can_be_held_released_and_deleted(void **state)
{
    struct house *h = *state;
    main_is_away(h);
    struct id held = post(h, ID_NONE, "pickup", "held@example.com");
    struct id gone = post(h, ID_NONE, "pickup", "gone@example.com");
    int64_t blobs = sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM blob", "");
    for (int twice = 0; twice < 2; twice++)
        assert_int_equal(wish(h, held, MAIL_WISH_HOLD), 200);
    assert_int_equal(wish(h, gone, MAIL_WISH_DELETE), 200);
    assert_int_equal(wish(h, gone, MAIL_WISH_DELETE), 404);
    assert_int_equal(sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM blob", ""), blobs - 1);
    assert_int_equal(look(h, held).state, MAIL_OUT_HELD);
    assert_string_equal(look(h, held).reason, "Held by ann until somebody releases it.");
    pass(h, 10LL * 24 * 60 * MINUTE); /* longer than a mail is tried */
    struct heard asked = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(asked.text, "first@example.com");
    assert_int_equal(wish(h, asked.id, MAIL_WISH_DELETE), 409); /* it may be delivered at this moment */
    assert_int_equal(wish(h, asked.id, MAIL_WISH_HOLD), 409);
    say(h, &asked, VERDICT_DONE, FAULT_OF_MAIL);
    assert_int_equal(wish(h, asked.id, MAIL_WISH_RETRY), 409);
    assert_false(house_heard(h, &h->mailout, MSG_deliver));
    assert_int_equal(wish(h, held, MAIL_WISH_RETRY), 409);
    assert_int_equal(wish(h, held, MAIL_WISH_RELEASE), 200);
    asked = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(asked.text, "held@example.com");
    say(h, &asked, VERDICT_RETRY, FAULT_OF_MAIL); /* its five days begin now */
    assert_int_equal(look(h, held).state, MAIL_OUT_WAITING);
}

static void retry_tries_at_once_and_takes_up_what_was_refused(void **state)
{
    struct house *h = *state;
    struct id refused = post(h, ID_NONE, "pickup", "no@example.com");
    struct id busy = post(h, ID_NONE, "pickup", "busy@example.com");
    struct heard first = house_take(h, &h->mailout, MSG_deliver);
    struct heard second = house_take(h, &h->mailout, MSG_deliver);
    say(h, &first, VERDICT_GIVE_UP, FAULT_OF_MAIL);
    say(h, &second, VERDICT_RETRY, FAULT_OF_MAIL);
    pass(h, SECOND);
    assert_false(house_heard(h, &h->mailout, MSG_deliver));
    assert_int_equal(wish(h, refused, MAIL_WISH_RETRY), 200);
    assert_string_equal(house_take(h, &h->mailout, MSG_deliver).text, "no@example.com");
    assert_int_equal(wish(h, ID_NONE, MAIL_WISH_RETRY), 200);
    second = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(second.text, "busy@example.com");
    say(h, &second, VERDICT_RETRY, FAULT_AWAY);
    assert_int_equal(wish(h, busy, MAIL_WISH_RETRY), 200); /* the server too */
    assert_string_equal(house_take(h, &h->mailout, MSG_deliver).text, "busy@example.com");
    assert_int_equal(wish(h, ID_NONE, MAIL_WISH_DELETE), 400);
}

static void held_mails_are_released_together(void **state)
{
    struct house *h = *state;
    main_is_away(h);
    for (int i = 0; i < 3; i++)
        assert_int_equal(wish(h, post(h, ID_NONE, "pickup", "a@example.com"), MAIL_WISH_HOLD), 200);
    house_ask(h, &h->web, MESSAGE(mail_wish, .wish = MAIL_WISH_RELEASE, .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_mail_wished).b, 3);
    assert_int_equal(mail_out_waiting(&h->queue.store), 4);
}

static void mail_that_is_being_made_can_be_deleted(void **state)
{
    struct house *h = *state;
    set_fallback(h);
    struct id attempt = until_receiving(h);
    receive_page(h, attempt, 0);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    struct heard ask = house_take(h, &h->convert, MSG_compose_received);
    assert_int_equal(wish(h, ask.id, MAIL_WISH_HOLD), 409);
    assert_int_equal(wish(h, ask.id, MAIL_WISH_DELETE), 200);
    SCOPED_FD int mail = fd_sealed_memory("mail", span_str("Subject: fax\r\n\r\n"));
    house_answer(h, &h->convert, &ask, MESSAGE(composed, .mail = ask.id, .mail_bytes = mail));
    assert_false(house_heard(h, &h->mailout, MSG_deliver));
}

/* proves: S3.7 */
static void only_an_administrator_forgets_that_a_server_spoke_tls(void **state)
{
    struct house *h = *state;
    (void)post(h, ID_NONE, "pickup", "a@example.com");
    struct heard asked = house_take(h, &h->mailout, MSG_deliver);
    house_answer(h, &h->mailout, &asked,
                 MESSAGE(delivered, .mail = asked.id, .name = "main", .secured = "main:587"));
    house_ask(h, &h->web, MESSAGE(tls_reset, .server = "main:25", .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_tls_was_reset).a, 404);
    (void)post(h, ID_NONE, "pickup", "b@example.com");
    assert_int_equal(house_take(h, &h->mailout, MSG_deliver).a, 1);
    house_ask(h, &h->web, MESSAGE(tls_reset, .server = "main:587", .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_tls_was_reset).a, 200);
    (void)post(h, ID_NONE, "pickup", "c@example.com");
    assert_int_equal(house_take(h, &h->mailout, MSG_deliver).a, 0);
}

/* ---- alarms ---- */

static void set_alarm_address(struct house *h)
{
    queue_enter(&h->queue);
    store_set_meta(&h->queue.store, "alarm_address", "root@example.com");
    house_run(h);
}

/* A mail to the administrator waits to be made; it is made, and given to mailout. */
static void answer_alarm(struct house *h)
{
    struct heard ask = house_take(h, &h->convert, MSG_compose_answer);
    assert_string_equal(ask.more, "root@example.com");
    SCOPED_FD int mail = fd_sealed_memory("mail", span_str("Subject: alarm\r\n\r\n"));
    house_answer(h, &h->convert, &ask, MESSAGE(composed, .mail = ask.id, .mail_bytes = mail));
}

static unsigned alarms(struct house *h)
{
    return (unsigned)sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM mail_out WHERE kind = 'alarm'",
                                 "");
}

/* proves: S3.10 */
static void administrator_hears_by_another_path_that_mails_wait(void **state)
{
    struct house *h = *state;
    set_alarm_address(h);
    add_server(h, "spare", ID_NONE, true);
    (void)post(h, ID_NONE, "pickup", "busy@example.com");
    struct heard busy = house_take(h, &h->mailout, MSG_deliver);
    say(h, &busy, VERDICT_RETRY, FAULT_OF_MAIL); /* the server is there, and takes nothing */
    pass(h, 14 * MINUTE);
    assert_int_equal(alarms(h), 0);
    busy = house_take(h, &h->mailout, MSG_deliver);
    pass(h, 2 * MINUTE);
    answer_alarm(h);
    struct heard alarm = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(alarm.text, "root@example.com");
    assert_string_equal(alarm.more, "spare");
    say(h, &alarm, VERDICT_DONE, FAULT_OF_MAIL);
    for (int hour = 0; hour < 23; hour++)
        pass(h, 60 * MINUTE);
    assert_int_equal(alarms(h), 1);
    pass(h, 120 * MINUTE); /* said again after a day */
    assert_int_equal(alarms(h), 2);
    say(h, &busy, VERDICT_DONE, FAULT_OF_MAIL);
}

static void alarm_that_could_not_leave_goes_with_the_trouble(void **state)
{
    struct house *h = *state;
    set_alarm_address(h);
    main_is_away(h);
    pass(h, 16 * MINUTE);
    struct heard first = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(first.text, "first@example.com");
    answer_alarm(h);
    assert_int_equal(alarms(h), 1);
    say(h, &first, VERDICT_DONE, FAULT_OF_MAIL);
    while (house_heard(h, &h->mailout, MSG_deliver)) { /* what was on its way arrives */
        struct heard alarm = house_take(h, &h->mailout, MSG_deliver);
        say(h, &alarm, VERDICT_RETRY, FAULT_OF_MAIL);
    }
    pass(h, MINUTE);
    assert_int_equal(alarms(h), 0);
}

static void mail_that_is_switched_off_raises_no_alarm(void **state)
{
    struct house *h = *state;
    set_alarm_address(h);
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_server SET enabled = 0", "");
    (void)post(h, ID_NONE, "pickup", "a@example.com");
    pass(h, 60 * MINUTE);
    assert_int_equal(alarms(h), 0);
}

/* ---- bounces ---- */

static struct id delivered_fax(struct house *h)
{
    struct heard deliver = received_fax(h);
    say(h, &deliver, VERDICT_DONE, FAULT_OF_MAIL);
    assert_int_equal(look(h, deliver.id).state, MAIL_OUT_SENT);
    return deliver.id;
}

/* A mail comes in, for `recipient`, and is taken apart: bounce as in unpacked. */
static struct id come_in(struct house *h, const char *recipient, const struct msg_unpacked *what)
{
    struct id mail = id_new();
    house_ask(h, &h->mailin,
              MESSAGE(mail_store, .mail = mail, .sender = "", .recipients = recipient,
                      .client_ip = "192.0.2.7", .data = span_str("raw mail")));
    assert_int_equal(house_take(h, &h->mailin, MSG_mail_stored).b, 0);
    struct message answer = {.type = MSG_unpacked, .unpacked = *what};
    struct heard asked = house_take(h, &h->convert, MSG_unpack);
    answer.unpacked.mail = asked.id;
    answer.unpacked.verdict = VERDICT_GIVE_UP;
    answer.unpacked.code = "mail-automatic";
    answer.unpacked.parts = -1;
    house_answer(h, &h->convert, &asked, &answer);
    return mail;
}

static const char *return_path(struct house *h, struct id mail)
{
    return arena_format(&h->queue.arena, "bounce+%s@fax.example.com", id_text(mail));
}

static const struct msg_unpacked failed = {
    .bounce = BOUNCE_FAILED, .bounce_status = "5.1.1", .bounce_words = "550 5.1.1 no such user"};

static const char *state_of_mail_in(struct house *h, struct id mail)
{
    struct mail_in m;
    assert_true(mail_in_find(&h->queue.store, mail, &h->queue.arena, &m));
    return mail_in_state_name(m.state);
}

static uint32_t asked_at_rcpt(struct house *h, const char *sender, const char *recipient)
{
    house_ask(h, &h->mailin,
              MESSAGE(rcpt_check, .sender = sender, .recipient = recipient, .client_ip = "192.0.2.7"));
    struct heard verdict = house_take(h, &h->mailin, MSG_rcpt_verdict);
    return verdict.b ? 1 : verdict.a; /* 1: its sender would have to be verified */
}

/* proves: S3.13, S1.2 */
static void envelope_sender_carries_the_mails_token(void **state)
{
    struct house *h = *state;
    struct id mail = post(h, h->tenant, "report", "a@example.com");
    struct heard asked = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(asked.envelope, return_path(h, mail));
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_server SET envelope_sender = 'fax+*-x@example.net'", "");
    mail = post(h, h->tenant, "report", "b@example.com");
    asked = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(asked.envelope, arena_format(&h->queue.arena, "fax+%s-x@example.net", id_text(mail)));
    assert_int_equal(asked_at_rcpt(h, "", asked.envelope), 250);
    assert_int_equal(asked_at_rcpt(h, "daemon@example.net", asked.envelope), 250);
    assert_int_equal(asked_at_rcpt(h, "", return_path(h, id_new())), 550);
    assert_int_equal(asked_at_rcpt(h, "", "200@front.fax.example.com"), 550);
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_server SET envelope_sender = 'account@example.net'", "");
    assert_int_equal(asked_at_rcpt(h, "", "account@example.net"), 250);
    assert_int_not_equal(asked_at_rcpt(h, "x@example.net", "account@example.net"), 250);
}

/* proves: D7, S3.13 */
static void bounce_marks_its_mail_and_the_fax_goes_to_the_fallback_address_once(void **state)
{
    struct house *h = *state;
    set_fallback(h);
    struct id mail = delivered_fax(h);
    struct id bounce = come_in(h, return_path(h, mail), &failed);
    assert_int_equal(look(h, mail).state, MAIL_OUT_RETURNED);
    assert_non_null(strstr(look(h, mail).reason, "550 5.1.1 no such user"));
    assert_string_equal(state_of_mail_in(h, bounce), "routed");
    assert_string_equal(house_take(h, &h->convert, MSG_compose_received).text, "desk@example.com");
    (void)come_in(h, return_path(h, mail), &failed); /* once more */
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
    assert_int_equal(wish(h, mail, MAIL_WISH_RETRY), 200);
    struct heard again = house_take(h, &h->mailout, MSG_deliver);
    assert_true(id_equal(again.id, mail));
}

/* proves: S3.13 */
static void bounce_is_known_by_envid_or_message_id_too(void **state)
{
    struct house *h = *state;
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_server SET envelope_sender = 'account@example.net'", "");
    for (int by_envid = 0; by_envid < 2; by_envid++) {
        struct id mail = post(h, h->tenant, "answer", "a@example.com");
        struct heard asked = house_take(h, &h->mailout, MSG_deliver);
        say(h, &asked, VERDICT_DONE, FAULT_OF_MAIL);
        struct msg_unpacked what = failed;
        char text[100];
        (void)str_format(text, sizeof(text), by_envid ? "%s" : "faxpost-%s@example.net", id_text(mail));
        *(by_envid ? &what.bounce_envid : &what.returned_id) = text;
        (void)come_in(h, "account@example.net", &what);
        assert_int_equal(look(h, mail).state, MAIL_OUT_RETURNED);
    }
    struct msg_unpacked foreign = failed;
    foreign.returned_id = "somebody-elses@example.org";
    struct id bounce = come_in(h, "account@example.net", &foreign);
    assert_string_equal(state_of_mail_in(h, bounce), "refused");
    assert_false(house_heard(h, &h->convert, MSG_compose_answer)); /* nobody is answered */
}

/* proves: S3.13 */
static void report_that_comes_back_is_told_to_people_in_charge_and_its_notice_to_nobody(void **state)
{
    struct house *h = *state;
    set_fallback(h);
    struct id mail = post(h, h->tenant, "report", "gone@example.com");
    struct heard asked = house_take(h, &h->mailout, MSG_deliver);
    say(h, &asked, VERDICT_DONE, FAULT_OF_MAIL);
    (void)come_in(h, return_path(h, mail), &failed);
    struct heard notice = house_take(h, &h->convert, MSG_compose_answer);
    assert_string_equal(notice.more, "desk@example.com");
    assert_non_null(strstr(notice.text, "gone@example.com"));
    SCOPED_FD int bytes = fd_sealed_memory("mail", span_str("Subject: x\r\n\r\n"));
    house_answer(h, &h->convert, &notice, MESSAGE(composed, .mail = notice.id, .mail_bytes = bytes));
    asked = house_take(h, &h->mailout, MSG_deliver);
    say(h, &asked, VERDICT_GIVE_UP, FAULT_OF_MAIL);
    assert_false(house_heard(h, &h->convert, MSG_compose_answer));
}

static void delay_and_vacation_mark_nothing(void **state)
{
    struct house *h = *state;
    set_fallback(h);
    struct id mail = delivered_fax(h);
    struct msg_unpacked what = {.bounce = BOUNCE_DELAYED, .bounce_status = "4.4.1"};
    (void)come_in(h, return_path(h, mail), &what);
    assert_int_equal(look(h, mail).state, MAIL_OUT_SENT);
    assert_string_equal(look(h, mail).code, "mail-delayed");
    what = (struct msg_unpacked){.bounce = BOUNCE_NONE};
    struct id vacation = come_in(h, return_path(h, mail), &what);
    assert_int_equal(look(h, mail).state, MAIL_OUT_SENT);
    assert_string_equal(state_of_mail_in(h, vacation), "routed");
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
}

static void a_mail_is_a_bounce_or_a_fax(void **state)
{
    struct house *h = *state;
    struct id mail = delivered_fax(h);
    house_ask(h, &h->mailin,
              MESSAGE(mail_store, .mail = id_new(), .sender = "ann@example.com",
                      .recipients = arena_format(&h->queue.arena, "%s\n200@front.fax.example.com\n",
                                                 return_path(h, mail)),
                      .client_ip = "127.0.0.1", .trust = MAIL_TRUST_LOOPBACK, .data = span_str("raw")));
    assert_int_equal(house_take(h, &h->mailin, MSG_mail_stored).b, 550);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(waiting_mail_can_be_held_released_and_deleted, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(retry_tries_at_once_and_takes_up_what_was_refused, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(held_mails_are_released_together, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(mail_that_is_being_made_can_be_deleted, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(only_an_administrator_forgets_that_a_server_spoke_tls, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(administrator_hears_by_another_path_that_mails_wait, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(alarm_that_could_not_leave_goes_with_the_trouble, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(mail_that_is_switched_off_raises_no_alarm, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(envelope_sender_carries_the_mails_token, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(bounce_marks_its_mail_and_the_fax_goes_to_the_fallback_address_once,
                                        post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(bounce_is_known_by_envid_or_message_id_too, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(
            report_that_comes_back_is_told_to_people_in_charge_and_its_notice_to_nobody, post_setup,
            house_teardown),
        cmocka_unit_test_setup_teardown(delay_and_vacation_mark_nothing, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_mail_is_a_bounce_or_a_fax, post_setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
