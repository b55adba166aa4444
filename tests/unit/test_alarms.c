/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Alarms: raised once, mailed once, cleared by themselves. */
#include <string.h>

#include "mail_steps.h"

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/alarm.h"
#include "store/alarms.h"
#include "store/room.h"
#include "store/webhooks.h"

enum { HOUR = 60 * MINUTE };

static void look_now(struct house *h)
{
    queue_enter(&h->queue);
    h->queue.look_now = true;
    queue_wants(&h->queue, WORK_ALARMS);
    house_run(h);
}

static int64_t count(struct house *h, const char *statement)
{
    return sql_get_int(h->queue.store.sql, -1, statement, "");
}

static int64_t raised(struct house *h)
{
    return count(h, "SELECT count(*) FROM alarm WHERE code = 'trunk-down' AND subject = 'main'");
}

static int64_t open_ones(struct house *h)
{
    return count(h, "SELECT count(*) FROM alarm WHERE code = 'trunk-down' AND cleared_ms IS NULL");
}

static int64_t mails(struct house *h)
{
    return count(h, "SELECT count(*) FROM mail_out WHERE kind = 'alarm'");
}

static void set_meta(struct house *h, const char *key, const char *value)
{
    queue_enter(&h->queue);
    store_set_meta(&h->queue.store, key, value);
    house_run(h);
}

static void trunk_is(struct house *h, enum trunk_state state)
{
    struct trunk t;
    queue_enter(&h->queue);
    assert_true(find_trunk(&h->queue, NULL, &t));
    char name[64];
    (void)str_copy(name, sizeof(name), t.name);
    (void)sql_run(h->queue.store.sql, "UPDATE trunk SET name = 'main' WHERE name = ?1", "t", name);
    house_run(h);
    house_tell(h, &h->line, MESSAGE(trunk_health, .trunk = "main", .state = state, .text = "it answers 403"));
    look_now(h);
}

/* Whoever waits for its mail gets it: it is made and sent. */
static void let_mail_leave(struct house *h)
{
    struct heard ask = house_take(h, &h->convert, MSG_compose_answer);
    SCOPED_FD int mail = fd_sealed_memory("mail", span_str("Subject: alarm\r\n\r\n"));
    house_answer(h, &h->convert, &ask, MESSAGE(composed, .mail = ask.id, .mail_bytes = mail));
    struct heard deliver = house_take(h, &h->mailout, MSG_deliver);
    say(h, &deliver, VERDICT_DONE, FAULT_OF_MAIL);
}

static void alarm_is_raised_once_and_cleared_when_its_cause_is_gone(void **state)
{
    struct house *h = *state;
    trunk_is(h, TRUNK_DOWN);
    for (int i = 0; i < 3; i++)
        look_now(h);
    assert_int_equal(raised(h), 1);
    assert_int_equal(open_ones(h), 1);
    house_restart_queue(h); /* what is open stays open */
    clock_goes_on(h);
    look_now(h);
    trunk_is(h, TRUNK_DOWN);
    assert_int_equal(open_ones(h), 1);
    trunk_is(h, TRUNK_UP);
    assert_int_equal(open_ones(h), 0);
    trunk_is(h, TRUNK_DOWN);
    assert_int_equal(open_ones(h), 1);
}

static void alarm_that_lasts_is_mailed_once_and_again_when_it_is_over(void **state)
{
    struct house *h = *state;
    set_meta(h, "alarm_address", "root@example.com");
    trunk_is(h, TRUNK_DOWN);
    assert_int_equal(mails(h), 0); /* it may be back at once */
    pass(h, 2 * MINUTE);
    assert_int_equal(mails(h), 1);
    struct heard ask = house_take(h, &h->convert, MSG_compose_answer);
    assert_string_equal(ask.more, "root@example.com");
    assert_non_null(strstr(ask.text, "it answers 403"));
    SCOPED_FD int mail = fd_sealed_memory("mail", span_str("Subject: alarm\r\n\r\n"));
    house_answer(h, &h->convert, &ask, MESSAGE(composed, .mail = ask.id, .mail_bytes = mail));
    struct heard deliver = house_take(h, &h->mailout, MSG_deliver);
    say(h, &deliver, VERDICT_DONE, FAULT_OF_MAIL);
    pass(h, 3 * HOUR);
    assert_int_equal(mails(h), 1);
    trunk_is(h, TRUNK_UP);
    assert_int_equal(mails(h), 2);
    let_mail_leave(h);
}

static void trunk_that_comes_and_goes_is_mailed_once_an_hour(void **state)
{
    struct house *h = *state;
    set_meta(h, "alarm_address", "root@example.com");
    for (int i = 0; i < 10; i++) {
        trunk_is(h, TRUNK_DOWN);
        pass(h, 2 * MINUTE);
        if (i == 0)
            let_mail_leave(h);
        trunk_is(h, TRUNK_UP);
        if (i == 0)
            let_mail_leave(h); /* over */
        pass(h, MINUTE);
    }
    assert_int_equal(mails(h), 2);
    assert_int_equal(raised(h), 10);
    pass(h, HOUR);
    trunk_is(h, TRUNK_DOWN);
    pass(h, 2 * MINUTE);
    assert_int_equal(mails(h), 3);
}

static void mail_that_could_not_leave_before_it_was_over_is_withdrawn(void **state)
{
    struct house *h = *state;
    set_meta(h, "alarm_address", "root@example.com");
    trunk_is(h, TRUNK_DOWN);
    pass(h, 2 * MINUTE);
    struct heard ask = house_take(h, &h->convert, MSG_compose_answer);
    SCOPED_FD int mail = fd_sealed_memory("mail", span_str("Subject: alarm\r\n\r\n"));
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_server SET enabled = 0", "");
    house_answer(h, &h->convert, &ask, MESSAGE(composed, .mail = ask.id, .mail_bytes = mail));
    assert_int_equal(mails(h), 1);
    trunk_is(h, TRUNK_UP);
    assert_int_equal(mails(h), 0);
}

static void role_that_dies_again_and_again_is_told(void **state)
{
    struct house *h = *state;
    static const char asked[] =
        "SELECT count(*) FROM alarm WHERE code = 'role-crashes' AND subject = 'mailin' AND "
        "cleared_ms IS NULL";
    for (int i = 0; i < 2; i++)
        house_restart(h, &h->mailin);
    look_now(h);
    assert_int_equal(count(h, asked), 0);
    pass(h, 11 * MINUTE); /* those are forgiven */
    house_restart(h, &h->mailin);
    look_now(h);
    assert_int_equal(count(h, asked), 0);
    for (int i = 0; i < 2; i++)
        house_restart(h, &h->mailin);
    look_now(h);
    assert_int_equal(count(h, asked), 1);
    pass(h, 61 * MINUTE);
    look_now(h);
    assert_int_equal(count(h, asked), 0);
}

static void certificate_is_told_of_before_it_ends(void **state)
{
    struct house *h = *state;
    static const char ends[] =
        "SELECT count(*) FROM alarm WHERE code = 'certificate-ends' AND cleared_ms IS NULL";
    static const char ended[] =
        "SELECT count(*) FROM alarm WHERE code = 'certificate-ended' AND cleared_ms IS NULL";
    h->queue.certificate_until_ms = wall_ms + 22LL * 24 * HOUR;
    look_now(h);
    assert_int_equal(count(h, ends), 0);
    pass(h, 2LL * 24 * HOUR);
    look_now(h);
    assert_int_equal(count(h, ends), 1);
    pass(h, 21LL * 24 * HOUR);
    look_now(h);
    assert_int_equal(count(h, ends), 0);
    assert_int_equal(count(h, ended), 1);
}

static void missing_office_is_a_notice_until_it_is_there(void **state)
{
    struct house *h = *state;
    static const char asked[] =
        "SELECT count(*) FROM alarm WHERE code = 'libreoffice-missing' AND cleared_ms IS NULL";
    house_tell(h, &h->convert, MESSAGE(office_state, .trouble = "LibreOffice is not installed"));
    look_now(h);
    assert_int_equal(count(h, asked), 1);
    assert_int_equal(alarm_kind_of("libreoffice-missing")->severity, ALARM_NOTICE);
    house_tell(h, &h->convert, MESSAGE(office_state, .trouble = ""));
    look_now(h);
    assert_int_equal(count(h, asked), 0);
}

static void webhook_that_was_given_up_is_told_for_a_day(void **state)
{
    struct house *h = *state;
    static const char asked[] = "SELECT count(*) FROM alarm WHERE code = 'webhook-given-up' AND subject = "
                                "'crm' AND cleared_ms IS NULL";
    queue_enter(&h->queue);
    (void)sql_run(
        h->queue.store.sql,
        "INSERT INTO webhook SELECT X'01', 'crm', id, 'https://crm.example.com/', '', '', NULL, 1 FROM "
        "tenant LIMIT 1",
        "");
    (void)sql_run(
        h->queue.store.sql,
        "INSERT INTO webhook_call (id, webhook, tenant, event, about, state, created_ms, next_ms, reason)"
        " SELECT X'02', X'01', tenant, 'fax.received', X'03', ?1, ?2, ?2, 'it answers 500' FROM webhook",
        "ni", HOOK_CALL_DEAD, h->queue.now_ms);
    house_run(h);
    look_now(h);
    assert_int_equal(count(h, asked), 1);
    pass(h, 25LL * HOUR);
    look_now(h);
    assert_int_equal(count(h, asked), 0);
}

static void room_is_short_by_part_and_by_size(void **state)
{
    const uint64_t mib = 1 << 20, gib = 1 << 30;
    static const struct store_room none = {0};
    assert_int_equal(room_judge(&none), ROOM_ENOUGH);
    assert_int_equal(room_judge(&(struct store_room){.bytes = 10000 * gib, .free_bytes = 3 * gib}),
                     ROOM_ENOUGH);
    assert_int_equal(room_judge(&(struct store_room){.bytes = 8 * gib, .free_bytes = gib}), ROOM_ENOUGH);
    assert_int_equal(room_judge(&(struct store_room){.bytes = 40 * gib, .free_bytes = gib}), ROOM_LOW);
    assert_int_equal(room_judge(&(struct store_room){.bytes = 40 * gib, .free_bytes = 100 * mib}), ROOM_FULL);
    assert_int_equal(room_judge(&(struct store_room){
                         .bytes = 8 * gib, .free_bytes = 4 * gib, .files = 1000, .free_files = 40}),
                     ROOM_LOW);
    assert_int_equal(room_judge(&(struct store_room){.bytes = 8 * gib, .free_bytes = 4 * gib, .files = 1000}),
                     ROOM_FULL);
}

static void each_alarm_has_words_in_each_language(void **state)
{
    static const char *const languages[] = {"en", "it", "de", "fr", "es"};
    for (size_t i = 0; i < alarm_kind_count; i++)
        for (size_t k = 0; k < ARRAY_LEN(languages); k++) {
            const struct alarm_words *w = alarm_words_in(&alarm_kinds[i], languages[k]);
            assert_true(w->title && *w->title && w->action && *w->action);
        }
    assert_ptr_equal(alarm_kind_of("mailbox-login"), alarm_kind_of("mailbox-unused"));
    assert_null(alarm_kind_of("something"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(alarm_is_raised_once_and_cleared_when_its_cause_is_gone, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(alarm_that_lasts_is_mailed_once_and_again_when_it_is_over, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(trunk_that_comes_and_goes_is_mailed_once_an_hour, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(mail_that_could_not_leave_before_it_was_over_is_withdrawn, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(role_that_dies_again_and_again_is_told, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(certificate_is_told_of_before_it_ends, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(missing_office_is_a_notice_until_it_is_there, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(webhook_that_was_given_up_is_told_for_a_day, post_setup,
                                        house_teardown),
        cmocka_unit_test(room_is_short_by_part_and_by_size),
        cmocka_unit_test(each_alarm_has_words_in_each_language),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
