/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an administrator does with faxes and numbers: alters, locks, forgets, lets go what was held as
 * unusual. And what the sender cannot do then. */
#include <string.h>
#include <time.h>

#include "submit_steps.h"

#include "base/attr.h"
#include "base/clock.h"
#include "base/str.h"
#include "queue/job_wishes.h"
#include "store/destinations.h"
#include "store/usage.h"

#define NUMBER           "+390501234567"
#define BOX(settings)    "{\"faxboxes\":[{\"id\":\"front\"," settings "}]}"
#define TENANT(settings) "{\"tenants\":[{\"name\":\"main\"," settings "}]}"

/* A fax that waits, for nobody may dial. */
static struct job waiting(struct house *h, const char *to)
{
    h->queue.may_dial = false;
    (void)send_mail(h, &(struct note){.to = to});
    answer_all_renders(h, 1);
    return job_to(h, NUMBER);
}

static struct job again(struct house *h, struct id id)
{
    static struct arena a;
    struct job j;
    assert_true(job_find(&h->queue.store, id, &a, &j));
    return j;
}

static struct heard alter(struct house *h, struct id job, const char *number, const char *flags)
{
    house_ask(h, &h->web, MESSAGE(alter, .job = job, .number = number, .flags = flags, .user = "ann"));
    return house_take(h, &h->web, MSG_altered);
}

static const char *last_event(struct house *h, struct id job)
{
    struct job_event *list;
    static struct arena a;
    size_t n = job_events(&h->queue.store, job, &a, &list);
    return n ? arena_format(&a, "%s: %s", list[n - 1].who, list[n - 1].what) : "";
}

/* ---- alter ---- */

static void a_waiting_fax_gets_another_number_time_and_priority(void **state)
{
    struct house *h = *state;
    struct id id = waiting(h, TO("")).id;
    (void)sql_run(h->queue.store.sql, "UPDATE job SET tries = 2, dials = 5, next_ms = next_ms + 60000", "");
    assert_int_equal(alter(h, id, "050 765 4321", "^PRIORITY=7^RETRIES=9").a, 200);
    struct job j = again(h, id);
    assert_string_equal(j.number, "+390507654321");
    assert_string_equal(j.display_number, "050 765 4321");
    assert_int_equal(j.priority, 7);
    assert_int_equal(j.max_tries, 9);
    assert_int_equal(j.tries + j.dials, 0);
    assert_in_range(h->queue.now_ms - j.next_ms, 0, 1000);
    assert_non_null(strstr(last_event(h, id),
                           "ann: altered: number 050 765 4321 ^PRIORITY=7^RETRIES=9 (before: 0501234567"));
    int64_t at_ms = (clock_wall_ms() / 60000 + 24 * 60) * 60000;
    char flags[64], when[20];
    time_t t = (time_t)(at_ms / 1000);
    apply(h, TENANT("\"zone\":\"UTC\""));
    assert_true(strftime(when, sizeof(when), "%Y%m%dT%H%M", gmtime(&t)) > 0);
    (void)str_format(flags, sizeof(flags), "^AT=%s", when);
    assert_int_equal(alter(h, id, "", flags).a, 200);
    assert_true(again(h, id).next_ms == at_ms && again(h, id).not_before_ms == at_ms);
    assert_int_equal(again(h, id).priority, 7);
    house_ask(h, &h->web, MESSAGE(alter, .job = id, .number = "", .flags = "", .at_once = 1, .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_altered).a, 200);
    assert_in_range(h->queue.now_ms - again(h, id).next_ms, 0, 1000);
}

static void a_fax_that_is_held_keeps_its_time_of_sending(void **state)
{
    struct house *h = *state;
    struct id id = waiting(h, TO("")).id;
    int64_t at_ms = h->queue.now_ms + 24LL * 3600 * 1000;
    (void)sql_run(h->queue.store.sql, "UPDATE job SET next_ms = ?1, not_before_ms = ?1", "i", at_ms);
    house_ask(h, &h->web, MESSAGE(hold, .job = id, .hold = 1, .user = "ann"));
    house_ask(h, &h->web, MESSAGE(hold, .job = id, .hold = 0, .administrator = 1, .user = "bob"));
    assert_int_equal(again(h, id).state, JOB_WAITING);
    assert_true(again(h, id).next_ms == at_ms);
    assert_int_equal(alter(h, id, "050 765 4321", "").a, 200);
    assert_true(again(h, id).next_ms == at_ms && again(h, id).not_before_ms == at_ms);
    house_ask(h, &h->web, MESSAGE(hold, .job = id, .hold = 0, .administrator = 1, .user = "bob"));
    assert_in_range(h->queue.now_ms - again(h, id).next_ms, 0,
                    1000); /* who releases what only waits wants it now */
}

static void a_fax_with_a_password_keeps_the_number_it_is_for(void **state)
{
    struct house *h = *state;
    static const char *const given[] = {"subaddress = '4711'", "subaddress = '', fax_password = '1234'"};
    struct id id = waiting(h, TO("")).id;
    for (size_t i = 0; i < ARRAY_LEN(given); i++) {
        static struct arena a;
        (void)sql_run(h->queue.store.sql, arena_format(&a, "UPDATE job SET %s", given[i]), "");
        assert_int_equal(alter(h, id, "0507654321", "").a, 409);
        assert_string_equal(again(h, id).number, NUMBER);
    }
    assert_int_equal(alter(h, id, "", "^PRIORITY=1").a, 200);
}

static void what_cannot_be_altered_stays_and_says_why(void **state)
{
    struct house *h = *state;
    struct id id = waiting(h, TO("")).id;
    static const struct {
        const char *number, *flags, *says;
        unsigned status;
    } rows[] = {{"112", "", "emergency", 422},
                {"+4930123456", "", "international", 422},
                {"", "^FINE", "Number, time, priority", 422},
                {"", "^AT=20010101T0000", "past", 422},
                {"", "^PORT=none", "no trunk", 422},
                {"", "^NONSENSE", "NONSENSE", 422}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct heard said = alter(h, id, rows[i].number, rows[i].flags);
        assert_int_equal(said.a, rows[i].status);
        if (!strstr(said.text, rows[i].says))
            fail_msg("no \"%s\" in: %s", rows[i].says, said.text);
    }
    assert_string_equal(again(h, id).number, NUMBER);
    assert_string_equal(last_event(h, id), "");
    (void)sql_run(h->queue.store.sql, "UPDATE job SET confirmed = 1, pages = 2", "");
    assert_int_equal(alter(h, id, "0507654321", "").a, 409);
    assert_int_equal(alter(h, id, "0501234567", "^PRIORITY=1").a, 200); /* the same one, written otherwise */
    (void)sql_run(h->queue.store.sql, "UPDATE job SET state = 2", "");
    assert_int_equal(alter(h, id, "", "^PRIORITY=1").a, 409);
    assert_int_equal(alter(h, id_new(), "", "^PRIORITY=1").a, 404);
}

static void a_fax_whose_cover_page_names_its_number_keeps_it(void **state)
{
    struct house *h = *state;
    apply(h, BOX("\"cover\":\"standard\""));
    struct id id = waiting(h, TO("")).id;
    struct heard said = alter(h, id, "0507654321", "");
    assert_int_equal(said.a, 409);
    assert_non_null(strstr(said.text, "cover page"));
}

static void its_history_tells_who_did_what(void **state)
{
    struct house *h = *state;
    struct id id = waiting(h, TO("")).id;
    house_ask(h, &h->web, MESSAGE(hold, .job = id, .hold = 1, .user = "ann"));
    assert_string_equal(last_event(h, id), "ann: held");
    house_ask(h, &h->web, MESSAGE(hold, .job = id, .hold = 0, .administrator = 1, .user = "bob"));
    assert_string_equal(last_event(h, id), "bob: released");
    for (int i = 0; i < 2 * JOB_EVENTS_MAX; i++)
        job_event_add(&h->queue.store, id, 1, "x", "y");
    house_ask(h, &h->web, MESSAGE(cancel, .job = id, .user = "ann"));
    assert_int_equal(sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM job_event", ""),
                     JOB_EVENTS_MAX);
}

/* ---- destinations ---- */

static struct heard wish(struct house *h, enum destination_wish what, const char *number)
{
    house_ask(h, &h->web,
              MESSAGE(destination_wish, .tenant = "", .number = number, .wish = (uint32_t)what,
                      .reason = "wrong number", .user = "ann"));
    return house_take(h, &h->web, MSG_destination_wished);
}

static void faxes_to_a_locked_number_are_held_until_it_is_unlocked(void **state)
{
    struct house *h = *state;
    struct heard said = wish(h, DESTINATION_LOCK, "050 1234567");
    assert_int_equal(said.a, 200);
    assert_string_equal(said.text, NUMBER); /* as it would be dialled */
    struct id id = waiting(h, TO("")).id;
    h->queue.may_dial = true;
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_DIAL);
    house_run(h);
    struct job j = again(h, id);
    assert_int_equal(j.state, JOB_HELD);
    assert_string_equal(j.code, "destination-locked");
    assert_non_null(strstr(j.reason, "locked by ann: wrong number"));
    house_ask(h, &h->web, MESSAGE(hold, .job = id, .hold = 0, .administrator = 1, .user = "bob"));
    assert_int_equal(house_take(h, &h->web, MSG_held).a, 409);
    assert_int_equal(again(h, id).state, JOB_HELD);
    said = wish(h, DESTINATION_FORGET, NUMBER); /* keeps the lock */
    assert_int_equal(destination_find(&h->queue.store, &h->queue.arena, h->tenant, NUMBER).locked_ms > 0, 1);
    said = wish(h, DESTINATION_UNLOCK, NUMBER);
    assert_int_equal(said.a, 200);
    assert_int_equal(said.b, 1);
    assert_int_equal(again(h, id).state, JOB_CALLING);
    assert_int_equal(sql_get_int(h->queue.store.sql, -1, "SELECT count(*) FROM destination", ""), 0);
}

static void a_number_of_several_tenants_has_to_be_told_apart(void **state)
{
    struct house *h = *state;
    (void)sql_run(h->queue.store.sql,
                  "INSERT INTO tenant (id, name) VALUES (X'00000000000070008000000000000009', 'other')", "");
    assert_int_equal(wish(h, DESTINATION_LOCK, NUMBER).a, 409);
    house_ask(h, &h->web,
              MESSAGE(destination_wish, .tenant = "main", .number = NUMBER, .wish = DESTINATION_LOCK,
                      .reason = "", .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_destination_wished).a, 200);
    assert_int_equal(wish(h, DESTINATION_UNLOCK, NUMBER).a, 200); /* only one of them knows it */
    house_ask(h, &h->web,
              MESSAGE(destination_wish, .tenant = "nobody", .number = NUMBER, .wish = DESTINATION_LOCK,
                      .reason = "", .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_destination_wished).a, 404);
    house_ask(h, &h->web,
              MESSAGE(destination_wish, .tenant = "main", .number = "nonsense", .wish = DESTINATION_LOCK,
                      .reason = "", .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_destination_wished).a, 422);
}

/* proves: D4 */
static void what_was_learned_of_a_number_can_be_forgotten(void **state)
{
    struct house *h = *state;
    struct destination d = destination_find(&h->queue.store, &h->queue.arena, h->tenant, NUMBER);
    d.calls = d.voices = 2;
    d.last_ms = clock_wall_ms();
    destination_set(&h->queue.store, &d);
    assert_int_equal(wish(h, DESTINATION_FORGET, NUMBER).a, 200);
    assert_int_equal(destination_find(&h->queue.store, &h->queue.arena, h->tenant, NUMBER).voices, 0);
}

/* ---- unusual faxes (D3) ---- */

static const char *const abroad[] = {"+4930111111", "+4930222222", "+4930333333"};

static void send_abroad(struct house *h, size_t which)
{
    char to[80];
    (void)str_format(to, sizeof(to), "%s@front.fax.example.com\n", abroad[which]);
    (void)send_mail(h, &(struct note){.to = to});
    answer_all_renders(h, 1);
}

/* proves: D3 */
static void a_burst_of_expensive_faxes_is_held_with_an_alarm(void **state)
{
    struct house *h = *state;
    h->queue.may_dial = false;
    apply(h, TENANT("\"dial_allow\":\"+49\",\"international_per_hour\":2"));
    apply(h, "{\"installation\":{\"alarm_address\":\"admin@example.com\"}}");
    for (size_t i = 0; i < 3; i++)
        send_abroad(h, i);
    assert_int_equal(job_to(h, abroad[1]).state, JOB_WAITING);
    struct job held = job_to(h, abroad[2]);
    assert_int_equal(held.state, JOB_HELD);
    assert_string_equal(held.code, "unusual-burst");
    struct heard alarm = take_mail(h, MSG_compose_answer);
    assert_string_equal(alarm.more, "admin@example.com");
    assert_non_null(strstr(alarm.text, abroad[2]));
    (void)send_mail(h, &(struct note){.to = TO("")}); /* what costs nothing goes on */
    answer_all_renders(h, 1);
    assert_int_equal(job_to(h, NUMBER).state, JOB_WAITING);
    house_ask(h, &h->web, MESSAGE(hold, .job = held.id, .hold = 0, .administrator = 1, .user = "admin"));
    assert_int_equal(house_take(h, &h->web, MSG_held).a, 200);
    assert_int_equal(again(h, held.id).state, JOB_WAITING);
}

/* proves: D3 */
static void its_sender_cannot_let_an_unusual_fax_go(void **state)
{
    struct house *h = *state;
    struct outcome o;
    h->queue.may_dial = false;
    apply(h, TENANT("\"dial_allow\":\"+49\",\"hold_new_countries\":true"));
    send_abroad(h, 0);
    struct id id = job_to(h, abroad[0]).id;
    assert_string_equal(again(h, id).code, "unusual-country");
    queue_enter(&h->queue);
    assert_int_equal(job_wish_release(&h->queue, id, "ann@example.com", false, &o), 403);
    assert_int_equal(job_wish_hold_until(&h->queue, id, h->queue.now_ms, "ann@example.com", &o), 403);
    assert_int_equal(job_wish_hold(&h->queue, id, "ann@example.com", &o), 200);
    assert_string_equal(again(h, id).code, "unusual-country"); /* still */
    assert_int_equal(job_wish_cancel(&h->queue, id, "ann@example.com", &o), 200);
    const struct msg_again once_more = {
        .job = id, .again = id_new(), .sender = "", .user = "ann@example.com"};
    assert_int_equal(job_wish_again(&h->queue, &once_more, &o), 200);
    assert_string_equal(again(h, once_more.again).code, "unusual-country");
    house_run(h);
}

/* proves: D3 */
static void a_country_that_was_reached_is_no_new_one(void **state)
{
    struct house *h = *state;
    h->queue.may_dial = false;
    apply(h, TENANT("\"dial_allow\":\"+49\",\"hold_new_countries\":true"));
    struct destination d = destination_find(&h->queue.store, &h->queue.arena, h->tenant, "+43111");
    d.delivered = d.calls = 1;
    d.last_ms = clock_wall_ms();
    destination_set(&h->queue.store, &d);
    send_abroad(h, 0);
    assert_int_equal(job_to(h, abroad[0]).state, JOB_HELD);
    d.number = "+49999";
    destination_set(&h->queue.store, &d);
    send_abroad(h, 1);
    assert_int_equal(job_to(h, abroad[1]).state, JOB_WAITING);
}

/* proves: D3 */
static void four_eyes_are_two_people(void **state)
{
    struct house *h = *state;
    h->queue.may_dial = false;
    apply(h, TENANT("\"dial_allow\":\"+49\",\"hold_new_countries\":true,\"four_eyes\":true"));
    send_abroad(h, 0);
    struct id id = job_to(h, abroad[0]).id;
    static const struct {
        const char *user;
        unsigned status;
        enum job_state state;
    } rows[] = {{"ann", 202, JOB_HELD}, {"ann", 409, JOB_HELD}, {"bob", 200, JOB_WAITING}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        house_ask(h, &h->web, MESSAGE(hold, .job = id, .hold = 0, .administrator = 1, .user = rows[i].user));
        assert_int_equal(house_take(h, &h->web, MSG_held).a, rows[i].status);
        assert_int_equal(again(h, id).state, rows[i].state);
    }
}

/* proves: D3 */
static void a_number_that_is_altered_is_released_by_two_people_anew(void **state)
{
    struct house *h = *state;
    h->queue.may_dial = false;
    apply(h, TENANT("\"dial_allow\":\"+49 +41\",\"hold_new_countries\":true,\"four_eyes\":true"));
    send_abroad(h, 0);
    struct id id = job_to(h, abroad[0]).id;
    house_ask(h, &h->web, MESSAGE(hold, .job = id, .hold = 0, .administrator = 1, .user = "ann"));
    assert_int_equal(house_take(h, &h->web, MSG_held).a, 202);
    assert_int_equal(alter(h, id, "+41441234567", "").a, 200);
    assert_non_null(strstr(again(h, id).reason, "+41")); /* not the country that it was held for */
    house_ask(h, &h->web, MESSAGE(hold, .job = id, .hold = 0, .administrator = 1, .user = "bob"));
    assert_int_equal(house_take(h, &h->web, MSG_held).a, 202);
    assert_int_equal(again(h, id).state, JOB_HELD);
}

/* proves: D3 */
static void who_holds_his_fax_cannot_alter_it_past_the_administrator(void **state)
{
    struct house *h = *state;
    struct outcome o;
    apply(h, TENANT("\"dial_allow\":\"+49\",\"hold_new_countries\":true"));
    struct id id = waiting(h, TO("")).id;
    queue_enter(&h->queue);
    assert_int_equal(job_wish_hold(&h->queue, id, "ann", &o), 200);
    house_run(h);
    assert_int_equal(alter(h, id, "+4930123456", "").a, 200);
    assert_string_equal(again(h, id).code, "unusual-country");
    queue_enter(&h->queue);
    assert_int_equal(job_wish_release(&h->queue, id, "ann", false, &o), 403);
    house_run(h);
}

/* ---- asked twice, for our answer was lost ---- */

static struct heard once_more(struct house *h, struct id job, struct id new)
{
    house_ask(h, &h->web, MESSAGE(again, .job = job, .again = new, .sender = "", .user = "ann"));
    return house_take(h, &h->web, MSG_goes_again);
}

static void a_fax_that_is_sent_again_twice_is_one_new_job(void **state)
{
    struct house *h = *state;
    struct id id = waiting(h, TO("")).id, first = id_new();
    for (int i = 0; i < 2; i++) {
        house_ask(h, &h->web, MESSAGE(cancel, .job = id, .user = "ann"));
        assert_int_equal(house_take(h, &h->web, MSG_cancelled).a, 200);
    }
    assert_string_equal(last_event(h, id), "ann: cancelled");
    assert_int_equal(once_more(h, id, first).a, 200);
    house_restart_queue(h);
    h->queue.may_dial = false;
    assert_int_equal(once_more(h, id, first).a, 200); /* the same question */
    assert_int_equal(once_more(h, id, id_new()).a, 409);
    assert_int_equal(sql_get_int(h->queue.store.sql, 0, "SELECT count(*) FROM job", ""), 2);
}

/* ---- what has an end ---- */

static void what_is_remembered_of_strangers_and_numbers_has_an_end(void **state)
{
    const int64_t day_ms = 24LL * 3600 * 1000;
    struct house *h = *state;
    struct store *s = &h->queue.store;
    const struct pin_failures old = {1, clock_wall_ms() - 3 * day_ms, 0}, fresh = {1, clock_wall_ms(), 0};
    pin_failures_set(s, "front", "old@example.com", &old);
    pin_failures_set(s, "front", "new@example.com", &fresh);
    struct destination d = destination_find(s, &h->queue.arena, h->tenant, "+391");
    d.calls = 1;
    d.last_ms = clock_wall_ms() - 800 * day_ms;
    destination_set(s, &d);
    d.number = "+392";
    d.locked_ms = 1;
    destination_set(s, &d);
    d.number = "+393";
    d.locked_ms = 0;
    d.last_ms = clock_wall_ms();
    destination_set(s, &d);
    h->queue.swept_ms = 0;
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_SWEEP);
    house_run(h);
    assert_int_equal(pin_failures_find(s, "front", "old@example.com").count, 0);
    assert_int_equal(pin_failures_find(s, "front", "new@example.com").count, 1);
    assert_int_equal(sql_get_int(s->sql, 0, "SELECT count(*) FROM destination", ""), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_waiting_fax_gets_another_number_time_and_priority, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_fax_that_is_held_keeps_its_time_of_sending, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_fax_with_a_password_keeps_the_number_it_is_for, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_altered_stays_and_says_why, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_fax_whose_cover_page_names_its_number_keeps_it, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(its_history_tells_who_did_what, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(faxes_to_a_locked_number_are_held_until_it_is_unlocked, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_number_of_several_tenants_has_to_be_told_apart, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(what_was_learned_of_a_number_can_be_forgotten, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_burst_of_expensive_faxes_is_held_with_an_alarm, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(its_sender_cannot_let_an_unusual_fax_go, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_country_that_was_reached_is_no_new_one, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(four_eyes_are_two_people, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(a_number_that_is_altered_is_released_by_two_people_anew, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(who_holds_his_fax_cannot_alter_it_past_the_administrator, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(a_fax_that_is_sent_again_twice_is_one_new_job, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(what_is_remembered_of_strangers_and_numbers_has_an_end, house_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
