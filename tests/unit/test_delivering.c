/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue's way with outgoing mails and mail servers. */
#include <string.h>

#include "mail_steps.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/mail_history.h"

/* proves: S3.10, S3.12, S3.13 */
static void mails_of_ten_minutes_without_server_go_in_order_within_30_seconds(void **state)
{
    struct house *h = *state;
    enum { MAILS = 500 };
    char to[40];
    int tries = 0;
    for (int i = 0; i < MAILS; i++) {
        (void)str_format(to, sizeof(to), "u%d@example.com", i);
        (void)post(h, ID_NONE, "pickup", to);
    }
    for (int second = 0; second < 600; second += 10) {
        while (house_heard(h, &h->mailout, MSG_deliver)) {
            struct heard asked = house_take(h, &h->mailout, MSG_deliver);
            say(h, &asked, VERDICT_RETRY, FAULT_AWAY);
            tries++;
        }
        pass(h, 10 * SECOND);
    }
    /* What lay ready at first, then one mail each 30 s: the pace neither grows nor slows. */
    assert_in_range(tries, 20, 16 + 20);
    pass(h, 29 * SECOND); /* the server is back; the next try comes by itself */
    for (int i = 0; i < MAILS; i++) {
        struct heard asked = house_take(h, &h->mailout, MSG_deliver);
        (void)str_format(to, sizeof(to), "u%d@example.com", i);
        assert_string_equal(asked.text, to);
        say(h, &asked, VERDICT_DONE, FAULT_OF_MAIL);
    }
    assert_false(house_heard(h, &h->mailout, MSG_deliver));
    assert_int_equal(mail_out_waiting(&h->queue.store), 0);
}

/* Mails that are due already, for a server that is away: what else there is to do must not put their next
 * look off. */
static void next_look_at_waiting_mails_is_not_put_off_by_other_work(void **state)
{
    struct house *h = *state;
    (void)post(h, ID_NONE, "pickup", "a@example.com");
    struct heard asked = house_take(h, &h->mailout, MSG_deliver);
    say(h, &asked, VERDICT_RETRY, FAULT_AWAY);
    int64_t look_ms = h->queue.due.due_ms;
    assert_true(timer_running(&h->queue.due));
    while (clock_mono_ms() < look_ms - 500) { /* of a second */
        queue_enter(&h->queue);
        queue_leave(&h->queue);
        assert_true(h->queue.due.due_ms <= look_ms);
    }
}

/* proves: S3.12, S3.13 */
static void refusals_concern_their_own_recipient_only(void **state)
{
    struct house *h = *state;
    struct id refused = post(h, ID_NONE, "pickup", "no@example.com");
    struct id busy = post(h, ID_NONE, "pickup", "busy@example.com");
    struct heard first = house_take(h, &h->mailout, MSG_deliver);
    struct heard second = house_take(h, &h->mailout, MSG_deliver);
    say(h, &first, VERDICT_GIVE_UP, FAULT_OF_MAIL);
    int64_t wait = MINUTE;
    for (int i = 0; i < 8; i++) {
        say(h, &second, VERDICT_RETRY, FAULT_OF_MAIL);
        assert_int_equal(look(h, busy).next_ms, wall_ms + wait);
        (void)post(h, ID_NONE, "pickup", "good@example.com");
        struct heard good = house_take(h, &h->mailout, MSG_deliver);
        assert_string_equal(good.text, "good@example.com");
        say(h, &good, VERDICT_DONE, FAULT_OF_MAIL);
        pass(h, wait);
        second = house_take(h, &h->mailout, MSG_deliver);
        assert_string_equal(second.text, "busy@example.com");
        wait = wait * 2 < 60 * MINUTE ? wait * 2 : 60 * MINUTE;
    }
    say(h, &second, VERDICT_DONE, FAULT_OF_MAIL);
    assert_int_equal(look(h, refused).state, MAIL_OUT_FAILED);
    assert_int_equal(look(h, busy).state, MAIL_OUT_SENT);

    struct mail_event *events;
    assert_int_equal(mail_events(&h->queue.store, refused, &h->queue.arena, &events), 1);
    assert_string_equal(events[0].what, "refused");
    assert_string_equal(events[0].text, "why");
    assert_int_equal(mail_events(&h->queue.store, busy, &h->queue.arena, &events), 2);
    assert_string_equal(events[0].what, "deferred"); /* eight times the same answer */
    assert_int_equal(events[0].times, 8);
    assert_true(events[0].last_ms > events[0].at_ms);
    assert_string_equal(events[1].what, "sent");
}

static void history_of_a_mail_is_bounded_and_goes_with_it(void **state)
{
    struct house *h = *state;
    struct store *s = &h->queue.store;
    struct mail_event *events;
    struct outcome o;
    char words[40];
    struct id mail = post(h, ID_NONE, "pickup", "a@example.com");
    for (int i = 0; i < MAIL_EVENTS_MAX + 20; i++) {
        (void)str_format(words, sizeof(words), "answer %d", i);
        outcome_set(&o, VERDICT_RETRY, "smtp-busy", "%s", words);
        queue_enter(&h->queue);
        mail_event_tried(s, mail, i, "deferred", "main", &o);
        queue_leave(&h->queue);
    }
    queue_enter(&h->queue);
    assert_int_equal(mail_events(s, mail, &h->queue.arena, &events), MAIL_EVENTS_MAX);
    assert_string_equal(events[0].text, "answer 20");
    assert_string_equal(events[MAIL_EVENTS_MAX - 1].text, "answer 119");
    mail_event_done_all(s, MAIL_OUT_WAITING, 500, "retried", "anna");
    assert_int_equal(mail_events(s, mail, &h->queue.arena, &events), MAIL_EVENTS_MAX);
    assert_string_equal(events[MAIL_EVENTS_MAX - 1].who, "anna");
    assert_int_equal(sql_get_int(s->sql, -1, "SELECT count(*) FROM mail_event", ""), MAIL_EVENTS_MAX);
    mail_out_delete(s, mail);
    assert_int_equal(mail_events(s, mail, &h->queue.arena, &events), 0);
    queue_leave(&h->queue);
}

/* proves: S3.10 */
static void wrong_settings_lose_nothing_and_new_ones_are_tried_at_once(void **state)
{
    struct house *h = *state;
    struct id mail = post(h, ID_NONE, "pickup", "a@example.com");
    struct heard asked = house_take(h, &h->mailout, MSG_deliver);
    say(h, &asked, VERDICT_RETRY, FAULT_OF_SETTINGS);
    for (int day = 0; day < 10; day++) { /* a mail of its own would have been given up after five */
        pass(h, 24LL * 60 * MINUTE);
        asked = house_take(h, &h->mailout, MSG_deliver);
        say(h, &asked, VERDICT_RETRY, FAULT_OF_SETTINGS);
    }
    assert_int_equal(look(h, mail).state, MAIL_OUT_WAITING);
    assert_string_equal(look(h, mail).reason, "why");
    pass(h, 31 * SECOND); /* a wrong password is not tried every 30 s */
    assert_false(house_heard(h, &h->mailout, MSG_deliver));
    SCOPED_FD int json =
        fd_sealed_memory("json", span_str("{\"mail_server\":{\"host\":\"new.example.com\"}}"));
    house_ask(h, &h->web, MESSAGE(apply, .json = json));
    asked = house_take(h, &h->mailout, MSG_deliver);
    say(h, &asked, VERDICT_DONE, FAULT_OF_MAIL);
    assert_int_equal(look(h, mail).state, MAIL_OUT_SENT);
}

/* proves: S3.1, S3.2 */
static void mails_are_held_while_outgoing_mail_is_off(void **state)
{
    struct house *h = *state;
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_server SET enabled = 0", "");
    struct id mail = post(h, h->tenant, "pickup", "a@example.com");
    pass(h, 60 * MINUTE);
    assert_false(house_heard(h, &h->mailout, MSG_deliver));
    assert_int_equal(look(h, mail).state, MAIL_OUT_WAITING);
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_server SET enabled = 1", "");
    pass(h, 1);
    assert_string_equal(house_take(h, &h->mailout, MSG_deliver).text, "a@example.com");
}

static void each_tenant_has_his_server_and_all_have_the_fallback(void **state)
{
    struct house *h = *state;
    add_server(h, "own", h->tenant, false);
    add_server(h, "spare", ID_NONE, true);
    (void)post(h, h->tenant, "pickup", "his@example.com");
    struct heard his = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(his.more, "own");
    say(h, &his, VERDICT_RETRY, FAULT_AWAY);
    his = house_take(h, &h->mailout, MSG_deliver); /* at once */
    assert_string_equal(his.more, "spare");
    (void)post(h, ID_NONE, "pickup", "ours@example.com"); /* the main server is not away */
    struct heard ours = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(ours.more, "main");
    say(h, &ours, VERDICT_DONE, FAULT_OF_MAIL);
    say(h, &his, VERDICT_RETRY, FAULT_AWAY);
    assert_false(house_heard(h, &h->mailout, MSG_deliver));
    pass(h, 30 * SECOND);
    his = house_take(h, &h->mailout, MSG_deliver);
    assert_string_equal(his.more, "own");
    say(h, &his, VERDICT_DONE, FAULT_OF_MAIL);
    assert_false(house_heard(h, &h->mailout, MSG_deliver));
}

/* proves: S3.7 */
static void that_a_server_spoke_tls_survives_us(void **state)
{
    struct house *h = *state;
    (void)post(h, ID_NONE, "pickup", "a@example.com");
    struct heard asked = house_take(h, &h->mailout, MSG_deliver);
    assert_int_equal(asked.a, 0);
    house_answer(h, &h->mailout, &asked,
                 MESSAGE(delivered, .mail = asked.id, .name = "main", .secured = "main:587"));
    house_restart_queue(h);
    clock_goes_on(h);
    (void)post(h, ID_NONE, "pickup", "b@example.com");
    asked = house_take(h, &h->mailout, MSG_deliver);
    assert_int_equal(asked.a, 1);
    queue_enter(&h->queue);
    assert_true(tls_seen_forget(&h->queue.store, "main:587"));
    assert_false(tls_seen_forget(&h->queue.store, "main:587"));
}

/* proves: S1.2 */
static void account_is_the_envelope_sender_of_our_own_mails(void **state)
{
    struct house *h = *state;
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_server SET envelope_sender = 'account@example.net'", "");
    (void)post(h, h->tenant, "received", "a@example.com");
    assert_string_equal(house_take(h, &h->mailout, MSG_deliver).envelope, "account@example.net");
    (void)post(h, h->tenant, "pickup", "b@example.com"); /* another program's has its own */
    assert_string_equal(house_take(h, &h->mailout, MSG_deliver).envelope, "prog@example.com");
}

static void assert_envelope(struct house *h, const char *kind, const char *wanted)
{
    queue_enter(&h->queue);
    (void)post(h, h->tenant, kind, "a@example.com");
    assert_string_equal(house_take(h, &h->mailout, MSG_deliver).envelope, wanted);
}

/* What is sent to somebody proven brings its bounce to us; what answers a mail that was not taken, or tells
 * of a bounce, has no envelope sender (RFC 3834 §3.3, RFC 5321 §6.1). A server that takes no mail without one
 * gets our account there too. */
/* proves: S3.13 */
static void answer_to_a_refused_mail_has_no_envelope_sender_where_the_server_takes_that(void **state)
{
    static const char *const brought_back[] = {"report",  "job-report", "delayed", "control",
                                               "preview", "repeated",   "received"};
    struct house *h = *state;
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_server SET envelope_sender = 'account@example.net'", "");
    for (size_t i = 0; i < ARRAY_LEN(brought_back); i++)
        assert_envelope(h, brought_back[i], "account@example.net");
    assert_envelope(h, "answer", "");
    assert_envelope(h, "notice", "");
    queue_enter(&h->queue);
    const struct mail_out for_machines = {.id = id_new(), /* RFC 3464 §2 */
                                          .tenant = h->tenant,
                                          .kind = "report",
                                          .about = id_new(),
                                          .sender = "prog@example.com",
                                          .recipient = "machine@example.com",
                                          .dsn = true,
                                          .blob = blob_put(&h->queue.store, span_str("Subject: x\r\n\r\n")),
                                          .created_ms = h->queue.now_ms};
    mail_out_add_ready(&h->queue.store, &for_machines);
    queue_wants(&h->queue, WORK_DELIVER);
    house_run(h);
    assert_string_equal(house_take(h, &h->mailout, MSG_deliver).envelope, "");
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_server SET null_sender = 0", "");
    assert_envelope(h, "answer", "account@example.net");
}

/* proves: S1.8, S1.9, S3.3 */
static void from_is_the_tenants_the_masters_or_the_installations(void **state)
{
    static const struct {
        const char *custom, *tenant, *master, *shared, *from;
    } cases[] = {
        {"on", "t@x.org", "m@x.org", "s@x.org", "t@x.org"},
        {"on", "", "m@x.org", "s@x.org", "m@x.org"},
        {"on", "", "", "s@x.org", "s@x.org"},
        {"off", "t@x.org", "m@x.org", "s@x.org", "s@x.org"},
        {"off", "t@x.org", "m@x.org", "", "root@fax.example.com"},
        {"on", "", "", "", "root@fax.example.com"},
    };
    struct house *h = *state;
    struct queue *q = &h->queue;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[600];
        (void)str_format(
            text, sizeof(text),
            "{\"installation\":{\"custom_from\":\"%s\",\"master_tenant\":\"head\",\"from_address\":\"%s\"},"
            "\"tenants\":[{\"name\":\"main\",\"from_address\":\"%s\"},"
            "{\"name\":\"head\",\"from_address\":\"%s\"}]}",
            cases[i].custom, cases[i].shared, cases[i].tenant, cases[i].master);
        SCOPED_FD int json = fd_sealed_memory("json", span_str(text));
        house_ask(h, &h->web, MESSAGE(apply, .json = json));
        queue_enter(q);
        assert_string_equal(from_address(q, h->tenant), cases[i].from);
        house_run(h);
    }
}

/* proves: D7 */
static void fax_that_nobody_takes_for_15_minutes_goes_to_the_fallback_address_once(void **state)
{
    struct house *h = *state;
    set_fallback(h);
    struct heard deliver = received_fax(h);
    say(h, &deliver, VERDICT_RETRY, FAULT_OF_MAIL);
    pass(h, 14 * MINUTE);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
    pass(h, 2 * MINUTE);
    assert_string_equal(house_take(h, &h->convert, MSG_compose_received).text, "desk@example.com");
    pass(h, 60 * MINUTE);
    house_restart_queue(h);
    clock_goes_on(h);
    pass(h, 60 * MINUTE);
    assert_int_equal(sql_get_int(h->queue.store.sql, 0,
                                 "SELECT count(*) FROM mail_out WHERE recipient = 'desk@example.com'", ""),
                     1);
}

/* proves: D7 */
static void fax_that_is_refused_goes_to_the_fallback_address_at_once(void **state)
{
    struct house *h = *state;
    set_fallback(h);
    struct heard deliver = received_fax(h);
    say(h, &deliver, VERDICT_GIVE_UP, FAULT_OF_MAIL);
    assert_string_equal(house_take(h, &h->convert, MSG_compose_received).text, "desk@example.com");
    pass(h, 60 * MINUTE);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
}

/* proves: D7 */
static void fax_that_somebody_has_raises_no_alarm(void **state)
{
    struct house *h = *state;
    set_fallback(h);
    struct heard deliver = received_fax(h);
    say(h, &deliver, VERDICT_DONE, FAULT_OF_MAIL);
    pass(h, 60 * MINUTE);
    assert_false(house_heard(h, &h->convert, MSG_compose_received));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mails_of_ten_minutes_without_server_go_in_order_within_30_seconds,
                                        post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(next_look_at_waiting_mails_is_not_put_off_by_other_work, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(history_of_a_mail_is_bounded_and_goes_with_it, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(refusals_concern_their_own_recipient_only, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(wrong_settings_lose_nothing_and_new_ones_are_tried_at_once,
                                        post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(mails_are_held_while_outgoing_mail_is_off, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(each_tenant_has_his_server_and_all_have_the_fallback, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(that_a_server_spoke_tls_survives_us, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(account_is_the_envelope_sender_of_our_own_mails, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(
            answer_to_a_refused_mail_has_no_envelope_sender_where_the_server_takes_that, post_setup,
            house_teardown),
        cmocka_unit_test_setup_teardown(from_is_the_tenants_the_masters_or_the_installations, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(
            fax_that_nobody_takes_for_15_minutes_goes_to_the_fallback_address_once, post_setup,
            house_teardown),
        cmocka_unit_test_setup_teardown(fax_that_is_refused_goes_to_the_fallback_address_at_once, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(fax_that_somebody_has_raises_no_alarm, post_setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
