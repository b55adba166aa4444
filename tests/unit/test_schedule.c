/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whose fax goes when: turns, limits, hours, deadlines. A queue with scripted siblings on a virtual clock. */
#include <string.h>

#include "house_clock.h"
#include "queue_steps.h"

#include "base/attr.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/send_window.h"
#include "queue/destination.h"
#include "queue/retry.h"
#include "queue/tenant_time.h"
#include "queue/turns.h"
#include "store/blob.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

/* In Rome, where the house's tenant is. */
static int64_t rome(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute)
{
    const struct flag_time t = {year, month, day, hour, minute};
    return tenant_time_wall_ms("Europe/Rome", &t);
}

/* Wednesday, 13:00. */
static int setup(void **state)
{
    int failed = house_setup(state);
    struct house *h = *state;
    clock_begins(h, rome(2026, 11, 18, 13, 0));
    return failed;
}

static void write_store(struct house *h, const char *script)
{
    store_begin(&h->queue.store);
    sql_script(h->queue.store.sql, script);
    store_commit(&h->queue.store);
}

/* As the queue's own timer does. */
static void tick(struct house *h)
{
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_DIAL);
    house_run(h);
}

static void pass(struct house *h, int64_t ms)
{
    time_passes(ms);
    tick(h);
}

static struct id tenant_named(struct house *h, const char *name)
{
    return config_tenant_id(&h->queue.store, name);
}

/* A job of one page that is due now. */
static struct id add_job(struct house *h, struct id tenant, const char *box, const char *number)
{
    struct store *s = &h->queue.store;
    const struct submission m = {.id = id_new(),
                                 .tenant = tenant,
                                 .faxbox = box,
                                 .sender = "ann@example.com",
                                 .subject = "Letter",
                                 .message_id = "",
                                 .created_ms = wall_ms};
    const struct document d = {.target = TARGET_ALL, .name = "a.pdf", .type = "application/pdf"};
    const struct page page = {.form = {PAGE_WIDTH_A4, 100, PAGE_FINE}, .t6 = span_str("T.6 data")};
    const struct job j = {.id = id_new(),
                          .submission = m.id,
                          .tenant = tenant,
                          .faxbox = box,
                          .number = number,
                          .display_number = number,
                          .created_ms = wall_ms,
                          .next_ms = wall_ms,
                          .pages = 1,
                          .max_tries = 3,
                          .priority = 5};
    store_begin(s);
    struct document stored = d;
    stored.blob = blob_put(s, span_str("%PDF-"));
    submission_add(s, &m);
    document_add(s, m.id, &stored);
    document_rendered(s, m.id, 0, &page, NULL, 1, "", "");
    submission_move(s, m.id, SUBMISSION_ADMITTED, "", "");
    job_add(s, &j);
    store_commit(s);
    return j.id;
}

static struct job job_of(struct house *h, struct id id)
{
    struct job j;
    assert_true(job_find(&h->queue.store, id, &h->queue.arena, &j));
    return j;
}

static unsigned count_state(struct house *h, const char *box, enum job_state state)
{
    return (unsigned)sql_get_int(h->queue.store.sql, 0,
                                 "SELECT count(*) FROM job WHERE faxbox = ?1 AND state = ?2", "tn", box,
                                 (int)state);
}

static void drain(struct sibling *s)
{
    s->heard_count = 0;
}

/* ---- turns ---- */

static struct id id_of(uint8_t n)
{
    struct id id = ID_NONE;
    id.bytes[0] = n;
    return id;
}

static void tenants_take_turns_and_the_one_with_fewer_calls_goes_first(void **state)
{
    struct turn list[] = {{.tenant = id_of(1), .priority = 5, .next_ms = 10},
                          {.tenant = id_of(2), .priority = 1, .next_ms = 99},
                          {.tenant = id_of(2), .priority = 1, .next_ms = 50},
                          {.tenant = id_of(3), .priority = 9, .next_ms = 1, .load = 1}};
    assert_int_equal(turn_choose(list, 4, ID_NONE), 0);
    assert_int_equal(turn_choose(list, 4, id_of(1)), 2); /* within a tenant: the longest due */
    assert_int_equal(turn_choose(list, 4, id_of(2)), 0);
    list[1].priority = 2;
    assert_int_equal(turn_choose(list, 4, id_of(1)), 1);
    list[0].none = list[1].none = list[2].none = true;
    assert_int_equal(turn_choose(list, 4, id_of(1)), 3);
    list[3].none = true;
    assert_int_equal(turn_choose(list, 4, id_of(1)), 4);
}

static void second_tenant(struct house *h)
{
    write_store(
        h, "INSERT INTO tenant (id, name, country, zone) VALUES (X'00000000000070008000000000000009', "
           "'other', 'IT', 'UTC');"
           "INSERT INTO faxbox (id, tenant, name) SELECT 'theirs', id, 'Theirs' FROM tenant WHERE name = "
           "'other';");
}

/* The call of that job's ends well. */
static void deliver(struct house *h, const struct heard *send)
{
    house_answer(h, &h->call, send, MESSAGE(prepared, .attempt = send->id));
    struct heard dial = house_take(h, &h->line, MSG_dial);
    house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = send->id));
    house_tell(h, &h->line, MESSAGE(dial_state, .attempt = send->id, .phase = "answered"));
    confirm_page(h, send->id, 0);
    attempt_ends(h, send->id, VERDICT_DONE, false);
}

/* proves: S2.1 */
static void a_thousand_faxes_of_one_tenant_do_not_delay_another_s_first(void **state)
{
    struct house *h = *state;
    second_tenant(h);
    write_store(h, "INSERT INTO meta VALUES ('calls_out', '1');");
    h->queue.may_dial = false;
    for (unsigned i = 0; i < 1000; i++) {
        char number[16];
        (void)str_format(number, sizeof(number), "+39050%06u", i);
        (void)add_job(h, h->tenant, "front", number);
    }
    h->queue.may_dial = true;
    tick(h);
    struct heard send = house_take(h, &h->call, MSG_send);
    assert_int_equal(count_state(h, "front", JOB_CALLING), 1);
    time_passes(MINUTE);
    struct id theirs = add_job(h, tenant_named(h, "other"), "theirs", "+390600");
    tick(h);
    assert_int_equal(job_of(h, theirs).state, JOB_WAITING); /* the one line is taken */
    deliver(h, &send);
    assert_int_equal(job_of(h, theirs).state, JOB_CALLING);
    send = house_take(h, &h->call, MSG_send);
    deliver(h, &send);
    assert_int_equal(count_state(h, "front", JOB_CALLING), 1);
}

/* proves: S4.9 */
static void bulk_goes_after_all_others_of_its_tenant(void **state)
{
    struct house *h = *state;
    write_store(h, "INSERT INTO meta VALUES ('calls_out', '1');");
    h->queue.may_dial = false;
    struct id bulk = add_job(h, h->tenant, "front", "+39050111");
    time_passes(MINUTE);
    struct id usual = add_job(h, h->tenant, "back", "+39050222");
    write_store(h, "UPDATE job SET priority = 2 WHERE number = '+39050111';");
    h->queue.may_dial = true;
    tick(h);
    assert_int_equal(job_of(h, usual).state, JOB_CALLING);
    assert_int_equal(job_of(h, bulk).state, JOB_WAITING);
}

/* ---- limits ---- */

/* proves: S2.1 S2.2 */
static void each_limit_of_calls_holds_faxes_back(void **state)
{
    static const char *const limits[] = {"INSERT INTO meta VALUES ('calls_out', '2');",
                                         "INSERT INTO meta VALUES ('calls_total', '2');",
                                         "UPDATE tenant SET calls_out = 2;",
                                         "UPDATE faxbox SET calls_out = 1;", "UPDATE trunk SET calls = 2;"};
    struct house *h = *state;
    h->conf.calls_per_process = 8;
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        write_store(
            h, "UPDATE tenant SET calls_out = 0; UPDATE faxbox SET calls_out = 0; UPDATE trunk SET calls = 0;"
               "DELETE FROM meta WHERE key LIKE 'calls%'; UPDATE attempt SET state = 2; UPDATE job SET state "
               "= 3;");
        write_store(h, limits[i]);
        h->queue.may_dial = false;
        (void)add_job(h, h->tenant, "front", "+39050111");
        (void)add_job(h, h->tenant, "front", "+39050112");
        (void)add_job(h, h->tenant, "back", "+39050113");
        (void)add_job(h, h->tenant, "back", "+39050114");
        h->queue.may_dial = true;
        tick(h);
        assert_int_equal(count_state(h, "front", JOB_CALLING) + count_state(h, "back", JOB_CALLING), 2);
        if (i == 3)
            assert_int_equal(count_state(h, "front", JOB_CALLING), 1);
        drain(&h->call);
    }
}

/* proves: S2.1 S2.2 */
static void each_limit_of_calls_is_busy_for_callers(void **state)
{
    static const char *const limits[] = {
        "INSERT INTO meta VALUES ('calls_in', '1');", "INSERT INTO meta VALUES ('calls_total', '1');",
        "UPDATE tenant SET calls_in = 1;", "UPDATE faxbox SET calls_in = 1;", "UPDATE trunk SET calls = 1;"};
    struct house *h = *state;
    (void)until_receiving(h);
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        write_store(
            h, "UPDATE tenant SET calls_in = 0; UPDATE faxbox SET calls_in = 0; UPDATE trunk SET calls = 0;"
               "DELETE FROM meta WHERE key LIKE 'calls%';");
        write_store(h, limits[i]);
        (void)invite(h, "200");
        assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 486);
    }
    write_store(h, "UPDATE trunk SET calls = 0; UPDATE tenant SET calls_in = 2;");
    (void)invite(h, "200");
    assert_true(house_heard(h, &h->call, MSG_receive));
}

/* A fax bound to a full trunk holds nobody up. */
static void a_full_trunk_delays_only_who_is_bound_to_it(void **state)
{
    struct house *h = *state;
    write_store(h, "INSERT INTO trunk (id, name, peer, place, calls) VALUES "
                   "(X'00000000000070008000000000000009', 'narrow',"
                   " 'sip:127.0.0.2', 9, 1);");
    h->queue.may_dial = false;
    struct id first = add_job(h, h->tenant, "front", "+39050111");
    struct id second = add_job(h, h->tenant, "front", "+39050112");
    struct id other = add_job(h, h->tenant, "front", "+39050113");
    write_store(h, "UPDATE job SET trunk = 'narrow', priority = 9 WHERE number <> '+39050113';");
    h->queue.may_dial = true;
    tick(h);
    assert_int_equal(job_of(h, other).state, JOB_CALLING);
    assert_true((job_of(h, first).state == JOB_CALLING) != (job_of(h, second).state == JOB_CALLING));
}

/* ---- hours ---- */

static unsigned opens_in(const char *text, unsigned day, unsigned hour, unsigned minute)
{
    struct send_window w;
    assert_true(send_window_parse(text, &w));
    return send_window_opens_in(&w, day, hour * 60 + minute);
}

static void windows_are_days_and_hours(void **state)
{
    static const char week[] = "mon-fri 08:00-18:00; sat 09:00-12:00";
    struct send_window w;
    assert_int_equal(opens_in(week, 1, 8, 0), 0);
    assert_int_equal(opens_in(week, 1, 7, 59), 1);
    assert_int_equal(opens_in(week, 1, 17, 59), 0);
    assert_int_equal(opens_in(week, 1, 18, 0), 14 * 60);
    assert_int_equal(opens_in(week, 6, 12, 0), (12 + 24 + 8) * 60);
    assert_int_equal(opens_in("20:00-06:00", 3, 5, 59), 0);
    assert_int_equal(opens_in("20:00-06:00", 3, 6, 0), 14 * 60);
    assert_int_equal(opens_in("sat 22:00-02:00", 0, 1, 30), 0); /* over the end of the week */
    assert_int_equal(opens_in("fri-mon 00:00-24:00", 0, 3, 0), 0);
    assert_int_equal(opens_in("fri-mon 00:00-24:00", 2, 0, 0), 3 * 24 * 60);
    assert_int_equal(opens_in("sat,sun 10:00-11:00;mon 10:00-11:00", 0, 11, 0), 23 * 60);
    assert_int_equal(opens_in("", 2, 0, 0), 0);
    assert_int_equal(opens_in("08:00-08:00", 2, 7, 0), 0); /* a whole day */
    static const char *const wrong[] = {"mon",
                                        "08:00",
                                        "8:00-9:00",
                                        "08:00-25:00",
                                        "08:60-09:00",
                                        "24:00-01:00",
                                        "mo 08:00-09:00",
                                        "08:00-09:00,",
                                        "mon- 08:00-09:00",
                                        "08:00-09:00 09:00-10:00",
                                        "mon-fri,08:00-09:00"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(send_window_parse(wrong[i], &w));
}

static int64_t open_at(const char *text, int64_t at_ms)
{
    struct send_window w;
    assert_true(send_window_parse(text, &w));
    return tenant_time_when_open("Europe/Rome", &w, at_ms);
}

/* Rome: 29 March 2026, 02:00 becomes 03:00; 25 October 2026, 03:00 becomes 02:00. */
static void windows_follow_summer_time(void **state)
{
    int64_t gap = rome(2026, 3, 29, 1, 59) + MINUTE; /* 03:00 */
    assert_true(open_at("02:15-04:00", rome(2026, 3, 29, 0, 30)) == gap);
    assert_true(open_at("02:15-02:45", rome(2026, 3, 28, 12, 0)) ==
                rome(2026, 3, 30, 2, 15)); /* that day has none */
    assert_true(open_at("08:00-18:00", rome(2026, 3, 28, 18, 0)) == rome(2026, 3, 29, 8, 0));
    assert_true(rome(2026, 3, 29, 8, 0) - rome(2026, 3, 28, 18, 0) == 13 * HOUR);
    int64_t once = rome(2026, 10, 25, 1, 59) + MINUTE + 30 * MINUTE,
            twice = once + HOUR; /* 02:30, two times */
    assert_true(open_at("02:30-02:40", rome(2026, 10, 24, 20, 0)) == once);
    assert_true(open_at("02:30-02:40", twice + MINUTE) == twice + MINUTE);
    assert_true(open_at("02:30-04:00", once + 45 * MINUTE) ==
                twice); /* 02:15 for the second time: closed again */
    assert_true(open_at("02:30-02:40", twice + 10 * MINUTE) == rome(2026, 10, 26, 2, 30));
    assert_true(open_at("08:00-18:00", rome(2026, 10, 24, 18, 0)) == rome(2026, 10, 25, 8, 0));
    assert_true(rome(2026, 10, 25, 8, 0) - rome(2026, 10, 24, 18, 0) == 15 * HOUR);
    int64_t odd = rome(2026, 11, 18, 13, 0) + 12345;
    assert_true(open_at("mon-fri 08:00-18:00", odd) == odd);
    assert_true(open_at("13:01-14:00", odd) == rome(2026, 11, 18, 13, 1));
}

/* proves: S2.2 */
static void faxes_wait_for_their_box_s_hours(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET send_window = 'mon-fri 18:00-20:00', bulk_window = '22:00-06:00';");
    struct id id = add_job(h, h->tenant, "front", "+39050111");
    struct id bulk = add_job(h, h->tenant, "front", "+39050112");
    write_store(h, "UPDATE job SET priority = 2 WHERE number = '+39050112';");
    tick(h);
    assert_true(job_of(h, id).next_ms == rome(2026, 11, 18, 18, 0));
    assert_true(job_of(h, bulk).next_ms == rome(2026, 11, 18, 22, 0));
    assert_string_equal(job_of(h, id).code, "window");
    assert_non_null(strstr(job_of(h, id).reason, "mon-fri 18:00-20:00"));
    pass(h, 5 * HOUR - MINUTE);
    assert_int_equal(job_of(h, id).state, JOB_WAITING);
    pass(h, MINUTE);
    assert_int_equal(job_of(h, id).state, JOB_CALLING);
    assert_int_equal(job_of(h, bulk).state, JOB_WAITING);
}

/* proves: D4 */
static void hours_that_a_box_is_closed_do_not_count_to_the_three(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET send_window = '18:00-20:00';");
    struct id id = add_job(h, h->tenant, "front", "+39050111");
    tick(h);
    pass(h, 5 * HOUR);
    struct heard send = house_take(h, &h->call, MSG_send);
    house_answer(h, &h->call, &send, MESSAGE(prepared, .attempt = send.id));
    struct heard dial = house_take(h, &h->line, MSG_dial);
    house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = send.id));
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = send.id, .verdict = VERDICT_RETRY, .code = "sip-486",
                      .reason = "The number is busy. The call is tried again later.", .failure = DIAL_BUSY));
    assert_int_equal(job_of(h, id).state, JOB_WAITING);
}

static void a_window_that_is_opened_lets_them_go_at_once(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET send_window = '18:00-20:00';");
    struct id id = add_job(h, h->tenant, "front", "+39050111");
    tick(h);
    assert_int_equal(job_of(h, id).state, JOB_WAITING);
    SCOPED_FD int text = fd_sealed_memory(
        "json", span_str("{\"faxboxes\": [{\"id\": \"front\", \"tenant\": \"main\", \"name\": \"Front\","
                         " \"send_window\": \"\"}]}"));
    house_ask(h, &h->web, MESSAGE(apply, .json = text));
    assert_int_equal(house_take(h, &h->web, MSG_applied).a, 200);
    assert_int_equal(job_of(h, id).state, JOB_CALLING);
    assert_true(job_of(h, id).since_ms == wall_ms);
}

/* Somebody sets the clock an hour forward: what was to go at 18:00 goes at 18:00. */
static void a_named_time_stays_when_the_clock_is_set(void **state)
{
    struct house *h = *state;
    h->queue.may_dial = false;
    struct id id = add_job(h, h->tenant, "front", "+39050111");
    struct id named = add_job(h, h->tenant, "front", "+39050112");
    int64_t at = rome(2026, 11, 18, 18, 0);
    store_begin(&h->queue.store);
    (void)sql_run(h->queue.store.sql, "UPDATE job SET next_ms = ?1, not_before_ms = ?1 WHERE id = ?2", "id",
                  at, named);
    store_commit(&h->queue.store);
    tick(h);
    int64_t next = job_of(h, id).next_ms;
    wall_ms += HOUR;
    tick(h);
    assert_true(job_of(h, id).next_ms == next + HOUR);
    assert_true(job_of(h, named).next_ms == at);
}

/* ---- deadlines ---- */

static void fail_busy(struct house *h, const struct heard *send)
{
    house_answer(h, &h->call, send, MESSAGE(prepared, .attempt = send->id));
    struct heard dial = house_take(h, &h->line, MSG_dial);
    house_answer(h, &h->line, &dial, MESSAGE(dialled, .attempt = send->id));
    house_ask(h, &h->line,
              MESSAGE(dial_failed, .attempt = send->id, .verdict = VERDICT_RETRY, .code = "sip-486",
                      .reason = "The number is busy. The call is tried again later.", .failure = DIAL_BUSY));
    (void)house_take(h, &h->line, MSG_dial_failed_stored);
    (void)house_take(h, &h->call, MSG_forget);
}

static void set_deadline(struct house *h, int64_t at_ms)
{
    store_begin(&h->queue.store);
    (void)sql_run(h->queue.store.sql, "UPDATE job SET deadline_ms = ?1", "i", at_ms);
    store_commit(&h->queue.store);
}

/* proves: D4 S2.13 */
static void a_fax_that_cannot_be_begun_in_time_expires_with_a_report(void **state)
{
    static const enum job_state states[] = {JOB_WAITING, JOB_HELD};
    struct house *h = *state;
    h->queue.may_dial = false;
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        struct id id = add_job(h, h->tenant, "front", "+39050111");
        set_deadline(h, wall_ms + HOUR);
        if (states[i] == JOB_HELD)
            house_ask(h, &h->web, MESSAGE(hold, .job = id, .hold = 1, .user = "ann"));
        pass(h, HOUR - 1);
        assert_int_equal(job_of(h, id).state, states[i]);
        pass(h, 1);
        assert_int_equal(job_of(h, id).state, JOB_EXPIRED);
        struct heard report = house_take(h, &h->convert, MSG_compose_report);
        assert_non_null(strstr(report.text, "\"state\":\"expired\""));
        assert_non_null(strstr(report.text, "its deadline has passed"));
        drain(&h->convert);
    }
}

/* proves: D4 */
static void no_call_waits_for_a_moment_behind_the_deadline(void **state)
{
    struct house *h = *state;
    struct id id = add_job(h, h->tenant, "front", "+39050111");
    set_deadline(h, wall_ms + MINUTE); /* busy waits for 90 s at least */
    tick(h);
    struct heard send = house_take(h, &h->call, MSG_send);
    fail_busy(h, &send);
    struct job j = job_of(h, id);
    assert_int_equal(j.state, JOB_EXPIRED);
    assert_string_equal(j.code, "sip-486");
    assert_non_null(strstr(j.reason, "The number is busy. It is not tried again by itself: its deadline"));
}

/* proves: D4 */
static void a_box_that_opens_too_late_lets_the_fax_expire_at_once(void **state)
{
    struct house *h = *state;
    write_store(h, "UPDATE faxbox SET send_window = '18:00-20:00';");
    struct id id = add_job(h, h->tenant, "front", "+39050111");
    set_deadline(h, wall_ms + HOUR);
    tick(h);
    assert_int_equal(job_of(h, id).state, JOB_EXPIRED);
}

/* proves: D4 */
static void three_hours_of_busy_lines_expire_too(void **state)
{
    struct house *h = *state;
    struct id id = add_job(h, h->tenant, "front", "+39050111");
    store_begin(&h->queue.store);
    (void)sql_run(h->queue.store.sql, "UPDATE job SET since_ms = ?1", "i", wall_ms - 3 * (int64_t)HOUR);
    store_commit(&h->queue.store);
    tick(h);
    struct heard send = house_take(h, &h->call, MSG_send);
    fail_busy(h, &send);
    assert_int_equal(job_of(h, id).state, JOB_EXPIRED);
    assert_string_equal(job_of(h, id).code, "sip-486");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tenants_take_turns_and_the_one_with_fewer_calls_goes_first),
        cmocka_unit_test(windows_are_days_and_hours),
        cmocka_unit_test(windows_follow_summer_time),
        cmocka_unit_test_setup_teardown(a_thousand_faxes_of_one_tenant_do_not_delay_another_s_first, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(bulk_goes_after_all_others_of_its_tenant, setup, house_teardown),
        cmocka_unit_test_setup_teardown(each_limit_of_calls_holds_faxes_back, setup, house_teardown),
        cmocka_unit_test_setup_teardown(each_limit_of_calls_is_busy_for_callers, setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_full_trunk_delays_only_who_is_bound_to_it, setup, house_teardown),
        cmocka_unit_test_setup_teardown(faxes_wait_for_their_box_s_hours, setup, house_teardown),
        cmocka_unit_test_setup_teardown(hours_that_a_box_is_closed_do_not_count_to_the_three, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_window_that_is_opened_lets_them_go_at_once, setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_named_time_stays_when_the_clock_is_set, setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_fax_that_cannot_be_begun_in_time_expires_with_a_report, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(no_call_waits_for_a_moment_behind_the_deadline, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_box_that_opens_too_late_lets_the_fax_expire_at_once, setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(three_hours_of_busy_lines_expire_too, setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
