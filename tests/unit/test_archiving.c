/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Copies for the archive, over the queue: stored when the place says so, taken again until then; what is held
 * stays. */
#include <string.h>
#include <unistd.h>

#include "mail_steps.h"

#include "base/fd.h"
#include "base/scope.h"
#include "model/archive.h"
#include "store/archive.h"

#define DAY (24LL * 60 * MINUTE)

static const char settings[] = "{\"kind\":\"local\",\"url\":\"a\",\"encrypted\":false}";

static int archive_setup(void **state)
{
    (void)post_setup(state);
    struct house *h = *state;
    queue_enter(&h->queue);
    archive_place_put(&h->queue.store,
                      &(struct archive_place){
                          .name = "a", .settings = settings, .tenant = "", .enabled = true, .mark = "m"});
    house_run(h);
    return 0;
}

static int64_t count(struct house *h, const char *statement)
{
    return sql_get_int(h->queue.store.sql, -1, statement, "");
}

#define COPIES(h, state) count(h, "SELECT count(*) FROM archive_copy WHERE state = " state)

static void mailed_fax(struct house *h)
{
    struct heard deliver = received_fax(h);
    say(h, &deliver, VERDICT_DONE, FAULT_OF_MAIL);
}

static void make(struct house *h)
{
    struct heard ask = house_take(h, &h->convert, MSG_make_archive);
    SCOPED_FD int file = fd_sealed_memory("tar", span_of("tar", 3));
    house_answer(h, &h->convert, &ask, MESSAGE(archive_made, .copy = ask.id, .file = file));
}

static void done(struct house *h, enum archive_deed what, enum verdict verdict, const char *code)
{
    struct heard ask = house_take(h, &h->archive, MSG_archive_do);
    house_answer(h, &h->archive, &ask,
                 MESSAGE(archive_done, .errand = ask.id, .what = what, .verdict = verdict, .code = code,
                         .reason = verdict == VERDICT_DONE ? "" : "why", .bytes = 3, .sha256 = "aa",
                         .steps = "", .mark = "m", .file = -1));
}

static void later(struct house *h, int64_t ms)
{
    pass(h, ms);
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_ARCHIVE);
    house_run(h);
}

static void round_of_it(struct house *h)
{
    queue_enter(&h->queue);
    retention_begin(&h->queue);
    for (int i = 0; i < 1000 && (i == 0 || h->queue.retention.running); i++) {
        timer_stop(&h->queue.retention.step);
        queue_enter(&h->queue);
        queue_wants(&h->queue, WORK_RETENTION);
        house_run(h);
    }
}

static void run_script(struct house *h, const char *statement)
{
    queue_enter(&h->queue);
    sql_script(h->queue.store.sql, statement);
    house_run(h);
}

static void copy_counts_when_the_place_has_said_so(void **state)
{
    struct house *h = *state;
    mailed_fax(h);
    make(h);
    assert_int_equal(COPIES(h, "0"), 1);
    /* Whoever dies: it is asked again. */
    house_restart(h, &h->archive);
    house_run(h);
    assert_true(house_heard(h, &h->archive, MSG_archive_do));
    house_restart_queue(h);
    clock_goes_on(h);
    assert_int_equal(COPIES(h, "0"), 1);
    later(h, SECOND);
    while (house_heard(h, &h->archive, MSG_archive_do)) /* of the former life */
        (void)house_take(h, &h->archive, MSG_archive_do);
    make(h);
    assert_int_equal(COPIES(h, "0"), 1);
    done(h, ARCHIVE_PUT, VERDICT_DONE, "");
    assert_int_equal(COPIES(h, "1"), 1);
    assert_int_equal(count(h, "SELECT count(*) FROM archive_copy WHERE sha256 = 'aa' AND bytes = 3"), 1);
}

/* The box says which of the places get its faxes; what was copied before stays. */
static void faxes_of_a_box_go_to_its_places_alone(void **state)
{
    struct house *h = *state;
    queue_enter(&h->queue);
    archive_place_put(&h->queue.store,
                      &(struct archive_place){
                          .name = "b c", .settings = settings, .tenant = "", .enabled = true, .mark = "n"});
    house_run(h);
    mailed_fax(h);
    assert_int_equal(COPIES(h, "0"), 2);
    run_script(h, "UPDATE faxbox SET archive_places = 'x\nb c\n' WHERE id = 'back'");
    mailed_fax(h);
    assert_int_equal(COPIES(h, "0"), 3);
    assert_int_equal(count(h, "SELECT count(*) FROM archive_copy WHERE place = 'b c'"), 2);
    run_script(h, "UPDATE faxbox SET archive_places = 'a\n' WHERE id = 'front'"); /* another box */
    mailed_fax(h);
    assert_int_equal(count(h, "SELECT count(*) FROM archive_copy WHERE place = 'b c'"), 3);
    assert_int_equal(count(h, "SELECT count(*) FROM archive_copy WHERE place = 'a'"), 1);
}

/* Two servers may both have led for a moment: what came there last is not known to be what was noted. */
static void copy_that_two_servers_brought_is_brought_once_more(void **state)
{
    struct house *h = *state;
    mailed_fax(h);
    make(h);
    run_script(h, "UPDATE archive_copy SET state = 1, sha256 = 'of the other one'");
    done(h, ARCHIVE_PUT, VERDICT_DONE, "");
    assert_int_equal(COPIES(h, "0"), 1);
    make(h);
    run_script(h, "UPDATE archive_copy SET state = 1, sha256 = 'aa', next_ms = 4102444800000");
    done(h, ARCHIVE_PUT, VERDICT_DONE, ""); /* the same */
    assert_int_equal(COPIES(h, "1"), 1);
    assert_false(house_heard(h, &h->convert, MSG_make_archive));
}

static void place_that_fails_rests_and_goes_on(void **state)
{
    struct house *h = *state;
    mailed_fax(h);
    make(h);
    done(h, ARCHIVE_PUT, VERDICT_RETRY, "archive-folder");
    assert_int_equal(COPIES(h, "0"), 1);
    assert_false(house_heard(h, &h->convert, MSG_make_archive));
    later(h, 10 * SECOND);
    make(h);
    done(h, ARCHIVE_PUT, VERDICT_RETRY, "archive-folder");
    assert_int_equal(count(h, "SELECT fails FROM archive_place"), 2);
    later(h, 20 * SECOND);
    make(h);
    done(h, ARCHIVE_PUT, VERDICT_DONE, "");
    assert_int_equal(COPIES(h, "1"), 1);
    assert_int_equal(count(h, "SELECT fails + failing_ms + rest_until_ms FROM archive_place"), 0);
}

static void fax_stays_until_the_archive_has_it(void **state)
{
    struct house *h = *state;
    mailed_fax(h);
    run_script(h, "UPDATE tenant SET keep_received_days = 1");
    make(h);
    done(h, ARCHIVE_PUT, VERDICT_RETRY, "archive-folder");
    pass(h, 3 * DAY);
    round_of_it(h);
    assert_int_equal(count(h, "SELECT count(*) FROM fax"), 1);
    run_script(h, "UPDATE archive_place SET enabled = 0"); /* that one is not waited for */
    round_of_it(h);
    assert_int_equal(count(h, "SELECT count(*) FROM fax"), 0);
}

static void stored_copy(struct house *h)
{
    mailed_fax(h);
    make(h);
    done(h, ARCHIVE_PUT, VERDICT_DONE, "");
    run_script(h, "UPDATE tenant SET keep_received_days = 1, archive_received_days = 10");
    run_script(h, "UPDATE archive_copy SET next_ms = 9000000000000");
}

static void copies_go_after_their_own_days_at_the_place_first(void **state)
{
    struct house *h = *state;
    stored_copy(h);
    pass(h, 3 * DAY);
    round_of_it(h);
    assert_int_equal(count(h, "SELECT count(*) FROM fax"), 0);
    assert_int_equal(COPIES(h, "1"), 1);
    pass(h, 8 * DAY);
    round_of_it(h);
    assert_int_equal(COPIES(h, "2"), 1);
    done(h, ARCHIVE_REMOVE, VERDICT_RETRY, "archive-folder");
    assert_int_equal(COPIES(h, "2"), 1);
    later(h, MINUTE);
    done(h, ARCHIVE_REMOVE, VERDICT_DONE, "");
    assert_int_equal(count(h, "SELECT count(*) FROM archive_copy"), 0);
    assert_int_equal(count(h, "SELECT count(*) FROM audit WHERE action = 'archive.delete'"), 1);
    assert_int_equal(count(h, "SELECT count(*) FROM audit WHERE action = 'archive.deleted'"), 1);
}

static uint32_t want(struct house *h, enum archive_wish_kind what)
{
    struct id fax, id = id_new();
    struct sql_rows r;
    sql_query(h->queue.store.sql, &r, "SELECT about FROM archive_copy", "");
    assert_int_equal(sql_take_ids(&r, &fax, 1), 1);
    house_ask(h, &h->web,
              MESSAGE(archive_wish, .wish = id, .what = what, .about = fax, .place = "", .reason = "case",
                      .tenant = ID_NONE, .who = "ann", .client_ip = ""));
    house_run(h);
    return house_take(h, &h->web, MSG_archive_wished).a;
}

/* Neither time nor a person. */
static void what_is_held_stays_here_and_there(void **state)
{
    struct house *h = *state;
    stored_copy(h);
    assert_int_equal(want(h, ARCHIVE_WISH_HOLD), 200);
    pass(h, 30 * DAY);
    round_of_it(h);
    assert_int_equal(count(h, "SELECT count(*) FROM fax"), 1);
    assert_int_equal(COPIES(h, "1"), 1);
    assert_int_equal(want(h, ARCHIVE_WISH_DELETE), 409);
    assert_int_equal(count(h, "SELECT count(*) FROM fax"), 1);
    assert_int_equal(COPIES(h, "1"), 1);
    (void)want(h, ARCHIVE_WISH_RELEASE);
    run_script(h, "UPDATE tenant SET legal_hold = 1");
    assert_int_equal(want(h, ARCHIVE_WISH_DELETE), 409);
    assert_int_equal(count(h, "SELECT count(*) FROM fax"), 1);
    run_script(h, "UPDATE tenant SET legal_hold = 0");
    (void)want(h, ARCHIVE_WISH_DELETE);
    assert_int_equal(count(h, "SELECT count(*) FROM fax"), 0);
    assert_int_equal(COPIES(h, "2"), 1);
}

/* A place that was down has not deleted it yet: who holds the fax then is not told a lie. */
static void what_is_held_on_its_way_out_stays(void **state)
{
    struct house *h = *state;
    stored_copy(h);
    assert_int_equal(want(h, ARCHIVE_WISH_DELETE), 200);
    assert_int_equal(COPIES(h, "2"), 1);
    done(h, ARCHIVE_REMOVE, VERDICT_RETRY, "archive-folder");
    assert_int_equal(want(h, ARCHIVE_WISH_HOLD), 200);
    assert_int_equal(COPIES(h, "2"), 0);
    later(h, MINUTE);
    done(h, ARCHIVE_CHECK, VERDICT_DONE, "");
    assert_int_equal(COPIES(h, "1"), 1);
    assert_int_equal(want(h, ARCHIVE_WISH_DELETE), 409);
}

static void apply_hold(struct house *h, const char *statement)
{
    queue_enter(&h->queue);
    sql_script(h->queue.store.sql, statement);
    queue_settings_changed(&h->queue);
    house_run(h);
}

/* Whoever holds the box or the tenant means what is on its way out too. */
static void what_a_box_or_tenant_holds_is_not_deleted_any_more(void **state)
{
    static const char *const holds[] = {"UPDATE tenant SET legal_hold = 1",
                                        "UPDATE faxbox SET legal_hold = 1"};
    static const char *const ends[] = {"UPDATE tenant SET legal_hold = 0",
                                       "UPDATE faxbox SET legal_hold = 0"};
    struct house *h = *state;
    stored_copy(h);
    for (int i = 0; i < 2; i++) {
        run_script(h, "UPDATE archive_copy SET state = 2, next_ms = 0");
        later(h, SECOND);
        done(h, ARCHIVE_REMOVE, VERDICT_RETRY, "archive-folder");
        assert_int_equal(COPIES(h, "2"), 1);
        apply_hold(h, holds[i]);
        assert_int_equal(COPIES(h, "1"), 1);
        later(h, 10 * MINUTE);
        done(h, ARCHIVE_CHECK, VERDICT_DONE, "");
        assert_false(house_heard(h, &h->archive, MSG_archive_do));
        apply_hold(h, ends[i]);
    }
}

static void put_place(struct house *h, const char *with)
{
    queue_enter(&h->queue);
    archive_place_put(
        &h->queue.store,
        &(struct archive_place){.name = "a", .settings = with, .tenant = "", .enabled = true, .mark = "m"});
    queue_wants(&h->queue, WORK_ARCHIVE);
    house_run(h);
}

/* Or that wants more than before. Not what would only be deleted there. */
static void place_that_comes_later_gets_what_ended_before(void **state)
{
    struct house *h = *state;
    run_script(h, "DELETE FROM archive_place");
    mailed_fax(h);
    assert_int_equal(count(h, "SELECT count(*) FROM archive_copy"), 0);
    put_place(h, "{\"kind\":\"local\",\"url\":\"a\",\"encrypted\":false,\"earlier\":false}");
    assert_int_equal(count(h, "SELECT count(*) FROM archive_copy"), 0);
    put_place(h, settings);
    assert_int_equal(COPIES(h, "0"), 1);
    assert_int_equal(count(h, "SELECT filling FROM archive_place"), 0);
    make(h);
    done(h, ARCHIVE_PUT, VERDICT_DONE, "");
    assert_int_equal(COPIES(h, "1"), 1);
    run_script(h, "DELETE FROM archive_copy");
    run_script(h, "UPDATE tenant SET archive_received_days = 1");
    pass(h, 3 * DAY);
    put_place(h, "{\"kind\":\"local\",\"url\":\"a\",\"encrypted\":false,\"rank\":7}");
    assert_int_equal(count(h, "SELECT filling FROM archive_place"), 0);
    assert_int_equal(count(h, "SELECT count(*) FROM archive_copy"), 0);
}

/* A place is known by its mark once it was seen there; elsewhere it has to be seen anew. */
static void mark_is_of_one_place(void **state)
{
    struct house *h = *state;
    stored_copy(h);
    assert_int_equal(count(h, "SELECT marked FROM archive_place WHERE mark = 'm'"), 1);
    queue_enter(&h->queue);
    archive_place_put(&h->queue.store,
                      &(struct archive_place){
                          .name = "a", .settings = settings, .tenant = "", .enabled = true, .mark = "m"});
    house_run(h);
    assert_int_equal(count(h, "SELECT marked FROM archive_place"), 1);
    queue_enter(&h->queue);
    archive_place_put(&h->queue.store,
                      &(struct archive_place){
                          .name = "a", .settings = settings, .tenant = "", .enabled = true, .mark = "n"});
    archive_place_is_marked(&h->queue.store, "m"); /* late */
    house_run(h);
    assert_int_equal(count(h, "SELECT marked FROM archive_place WHERE mark = 'n'"), 0);
}

static void damaged_copy_is_brought_again_or_named(void **state)
{
    struct house *h = *state;
    stored_copy(h);
    queue_enter(&h->queue);
    assert_int_equal(archive_check_all(&h->queue.store, "", ID_NONE, h->queue.now_ms), 1);
    queue_wants(&h->queue, WORK_ARCHIVE);
    house_run(h);
    done(h, ARCHIVE_CHECK, VERDICT_GIVE_UP, "archive-damaged");
    make(h);
    done(h, ARCHIVE_PUT, VERDICT_DONE, "");
    pass(h, 3 * DAY);
    round_of_it(h);
    assert_int_equal(count(h, "SELECT count(*) FROM fax"), 0);
    queue_enter(&h->queue);
    assert_int_equal(archive_check_all(&h->queue.store, "a", h->tenant, h->queue.now_ms), 1);
    queue_wants(&h->queue, WORK_ARCHIVE);
    house_run(h);
    done(h, ARCHIVE_CHECK, VERDICT_GIVE_UP, "archive-missing");
    assert_int_equal(COPIES(h, "3"), 1);
    assert_int_equal(count(h, "SELECT count(*) FROM audit WHERE action = 'archive.damaged'"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(faxes_of_a_box_go_to_its_places_alone, archive_setup, house_teardown),
        cmocka_unit_test_setup_teardown(copy_that_two_servers_brought_is_brought_once_more, archive_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(copy_counts_when_the_place_has_said_so, archive_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(place_that_fails_rests_and_goes_on, archive_setup, house_teardown),
        cmocka_unit_test_setup_teardown(fax_stays_until_the_archive_has_it, archive_setup, house_teardown),
        cmocka_unit_test_setup_teardown(copies_go_after_their_own_days_at_the_place_first, archive_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(what_is_held_stays_here_and_there, archive_setup, house_teardown),
        cmocka_unit_test_setup_teardown(what_is_held_on_its_way_out_stays, archive_setup, house_teardown),
        cmocka_unit_test_setup_teardown(what_a_box_or_tenant_holds_is_not_deleted_any_more, archive_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(place_that_comes_later_gets_what_ended_before, archive_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(mark_is_of_one_place, archive_setup, house_teardown),
        cmocka_unit_test_setup_teardown(damaged_copy_is_brought_again_or_named, archive_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
