/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is kept no longer is gone for good, and nothing else is. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mail_steps.h"
#include "store_place.h"

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/retention.h"

#define DAY (24LL * 60 * MINUTE)

static int64_t count(struct house *h, const char *statement)
{
    return sql_get_int(h->queue.store.sql, -1, statement, "");
}

#define ROWS(h, table) count(h, "SELECT count(*) FROM " table)

static void step(struct house *h)
{
    timer_stop(&h->queue.retention.step);
    queue_enter(&h->queue);
    queue_wants(&h->queue, WORK_RETENTION);
    house_run(h);
}

static void round_of_it(struct house *h)
{
    queue_enter(&h->queue);
    retention_begin(&h->queue);
    for (int i = 0; i < 1000 && (i == 0 || h->queue.retention.running); i++)
        step(h);
    assert_false(h->queue.retention.running);
}

static void run_script(struct house *h, const char *statement)
{
    queue_enter(&h->queue);
    sql_script(h->queue.store.sql, statement);
    house_run(h);
}

#define keep(h, assignments)        run_script(h, "UPDATE tenant SET " assignments)
#define keep_in_box(h, assignments) run_script(h, "UPDATE faxbox SET " assignments)

/* Comes in, and its mail is taken. */
static void mailed_fax(struct house *h)
{
    struct heard deliver = received_fax(h);
    say(h, &deliver, VERDICT_DONE, FAULT_OF_MAIL);
}

/* Until its report is sent. */
static void sent_fax(struct house *h)
{
    struct id attempt = until_answered(h, 2);
    confirm_page(h, attempt, 0);
    confirm_page(h, attempt, 1);
    attempt_ends(h, attempt, VERDICT_DONE, false);
    struct heard ask = house_take(h, &h->convert, MSG_compose_report);
    SCOPED_FD int mail = fd_sealed_memory("mail", span_str("Subject: report\r\n\r\n"));
    house_answer(h, &h->convert, &ask, MESSAGE(composed, .mail = ask.id, .mail_bytes = mail));
    struct heard deliver = house_take(h, &h->mailout, MSG_deliver);
    say(h, &deliver, VERDICT_DONE, FAULT_OF_MAIL);
}

/* As a document has that was sent finer than every machine takes. */
static void give_lower_page(struct house *h)
{
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql,
                  "UPDATE submission_page SET lower_width = 1728, lower_rows = 1, lower_resolution = 1,"
                  " lower_blob = ?1 WHERE page = 0",
                  "d", blob_put(&h->queue.store, span_str("T.6 data")));
    house_run(h);
}

static bool file_has(const char *dir, const char *name, const char *text)
{
    char path[200];
    SCOPED_BUF struct buf bytes;
    buf_init(&bytes, 64 << 20);
    assert_true(str_format(path, sizeof(path), "%s/%s", dir, name));
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    assert_int_equal(fd_read_rest(fd, &bytes), 0);
    return bytes.len > 0 && memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

static bool store_has(struct house *h, const char *text)
{
    if (store_place_is_postgres()) /* nobody shall look for it in a server's files; for the rows we ask below
                                    */
        return ROWS(h, "fax") > 0;
    return file_has(h->dir, "faxpost.db", text) || file_has(h->dir, "faxpost.db-wal", text);
}

static void received_fax_is_gone_for_good_after_its_days(void **state)
{
    struct house *h = *state;
    mailed_fax(h);
    run_script(h, "UPDATE fax SET station_id = 'UNFORGETTABLE'");
    keep(h, "keep_received_days = 30");
    pass(h, 29 * DAY);
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 1);
    assert_true(store_has(h, "UNFORGETTABLE"));
    pass(h, 2 * DAY);
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 0);
    assert_int_equal(ROWS(h, "fax_page"), 0);
    assert_int_equal(ROWS(h, "attempt"), 0);
    assert_int_equal(ROWS(h, "attempt_page"), 0);
    assert_int_equal(ROWS(h, "mail_out"), 0);
    assert_int_equal(ROWS(h, "blob"), 0);
    assert_int_equal(count(h, "SELECT count(*) FROM fax_search"), 0);
    assert_int_equal(
        count(h, "SELECT count(*) FROM audit WHERE action = 'retention.delete' AND who = 'retention'"), 1);
    assert_int_equal(count(h, "SELECT count(*) FROM meta WHERE key = 'retention.owed' AND value = '0'"), 1);
    assert_false(store_has(h, "UNFORGETTABLE"));
}

static void sent_fax_goes_with_its_mail_jobs_and_documents(void **state)
{
    struct house *h = *state;
    sent_fax(h);
    give_lower_page(h);
    keep(h, "keep_sent_days = 10, keep_received_days = 1");
    pass(h, 9 * DAY);
    round_of_it(h);
    assert_int_equal(ROWS(h, "job"), 1);
    pass(h, 2 * DAY);
    round_of_it(h);
    static const char *const empty[] = {"SELECT count(*) FROM job",
                                        "SELECT count(*) FROM submission",
                                        "SELECT count(*) FROM submission_target",
                                        "SELECT count(*) FROM document",
                                        "SELECT count(*) FROM submission_page",
                                        "SELECT count(*) FROM mail_in",
                                        "SELECT count(*) FROM mail_out",
                                        "SELECT count(*) FROM attempt",
                                        "SELECT count(*) FROM attempt_page",
                                        "SELECT count(*) FROM blob",
                                        "SELECT count(*) FROM job_search"};
    for (size_t i = 0; i < ARRAY_LEN(empty); i++)
        assert_int_equal(count(h, empty[i]), 0);
}

static void sent_fax_is_over_with_the_last_of_its_numbers(void **state)
{
    struct house *h = *state;
    struct store *s = &h->queue.store;
    struct sql_rows r;
    struct id submission;
    sent_fax(h);
    sql_query(s->sql, &r, "SELECT id FROM submission", "");
    assert_int_equal(sql_take_ids(&r, &submission, 1), 1);
    assert_true(retention_ended(s, submission) > 0);
    queue_enter(&h->queue);
    (void)sql_run(s->sql, "UPDATE job SET state = ?1", "n", (int)JOB_HELD); /* it was over once */
    house_run(h);
    assert_int_equal(retention_ended(s, submission), 0);
}

static void what_is_in_a_job_or_an_unsent_mail_stays(void **state)
{
    struct house *h = *state;
    (void)until_send(h, 1);
    struct heard deliver = received_fax(h);
    say(h, &deliver, VERDICT_RETRY, FAULT_OF_MAIL);
    int64_t blobs = ROWS(h, "blob");
    keep(h, "keep_sent_days = 1, keep_received_days = 1");
    queue_enter(&h->queue); /* neither the job nor the mail gives up meanwhile */
    (void)sql_run(h->queue.store.sql, "UPDATE mail_out SET state = 2", "");
    h->queue.now_ms = wall_ms += 3 * DAY;
    house_run(h);
    round_of_it(h);
    assert_int_equal(ROWS(h, "job"), 1);
    assert_int_equal(ROWS(h, "fax"), 1);
    assert_int_equal(ROWS(h, "blob"), blobs);
    queue_enter(&h->queue);
    (void)sql_run(h->queue.store.sql, "UPDATE mail_out SET state = 3, ended_ms = ?1", "i", wall_ms);
    house_run(h);
    round_of_it(h);
    assert_int_equal(ROWS(h, "job"), 1);
    assert_int_equal(ROWS(h, "fax"), 0);
}

static void fax_that_nobody_was_told_of_yet_stays(void **state)
{
    struct house *h = *state;
    mailed_fax(h);
    keep(h, "keep_received_days = 1");
    run_script(h, "INSERT INTO fax_look (fax, purpose) SELECT id, 0 FROM fax");
    pass(h, 3 * DAY);
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 1);
    run_script(h, "DELETE FROM fax_look");
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 0);
}

static void clock_that_was_set_far_ahead_deletes_nothing_for_a_day(void **state)
{
    struct house *h = *state;
    mailed_fax(h);
    keep(h, "keep_received_days = 30");
    wall_ms += 400 * DAY;
    pass(h, MINUTE);
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 1);
    pass(h, DAY);
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 0);
}

static void legal_hold_and_the_boxs_own_days_go_first(void **state)
{
    struct house *h = *state;
    mailed_fax(h);
    keep(h, "keep_received_days = 5, legal_hold = 1");
    pass(h, 10 * DAY);
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 1);
    keep(h, "legal_hold = 0");
    keep_in_box(h, "keep_received_days = 0");
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 1);
    keep_in_box(h, "keep_received_days = 11");
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 1);
    keep_in_box(h, "keep_received_days = -1, legal_hold = 1");
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 1);
    keep_in_box(h, "legal_hold = 0");
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 0);
}

static void many_go_a_few_a_step_and_a_kill_loses_none(void **state)
{
    enum { FAXES = 35 };
    struct house *h = *state;
    for (int i = 0; i < FAXES; i++)
        mailed_fax(h);
    keep(h, "keep_received_days = 1");
    pass(h, 2 * DAY);
    queue_enter(&h->queue);
    retention_begin(&h->queue);
    step(h);
    int64_t left = ROWS(h, "fax");
    assert_true(left < FAXES && left >= FAXES - 20);
    house_restart_queue(h);
    clock_goes_on(h);
    assert_int_equal(ROWS(h, "fax_page"), left); /* whole ones */
    assert_int_equal(count(h, "SELECT count(*) FROM meta WHERE key = 'retention.owed' AND value = '1'"), 1);
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 0);
    assert_int_equal(ROWS(h, "blob"), 0);
    assert_int_equal(count(h, "SELECT count(*) FROM audit WHERE action = 'retention.delete'"), FAXES);
    assert_int_equal(count(h, "SELECT count(*) FROM meta WHERE key = 'retention.owed' AND value = '0'"), 1);
}

static void mails_of_their_own_have_days_of_their_own(void **state)
{
    struct house *h = *state;
    (void)post(h, ID_NONE, "pickup", "a@example.com");
    struct heard deliver = house_take(h, &h->mailout, MSG_deliver);
    say(h, &deliver, VERDICT_DONE, FAULT_OF_MAIL);
    (void)post(h, ID_NONE, "pickup", "b@example.com");
    deliver = house_take(h, &h->mailout, MSG_deliver);
    say(h, &deliver, VERDICT_GIVE_UP, FAULT_OF_MAIL); /* a person's to delete */
    pass(h, 89 * DAY);
    round_of_it(h);
    assert_int_equal(ROWS(h, "mail_out"), 2);
    pass(h, 2 * DAY);
    round_of_it(h);
    assert_int_equal(ROWS(h, "mail_out"), 1);
    assert_int_equal(ROWS(h, "blob"), 1);
}

static void box_that_was_taken_away_keeps_as_long_as_its_tenant(void **state)
{
    struct house *h = *state;
    mailed_fax(h);
    keep(h, "keep_received_days = 3");
    run_script(h, "DELETE FROM faxbox");
    pass(h, 2 * DAY);
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 1);
    pass(h, 2 * DAY);
    round_of_it(h);
    assert_int_equal(ROWS(h, "fax"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(received_fax_is_gone_for_good_after_its_days, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(sent_fax_goes_with_its_mail_jobs_and_documents, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(sent_fax_is_over_with_the_last_of_its_numbers, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(what_is_in_a_job_or_an_unsent_mail_stays, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(fax_that_nobody_was_told_of_yet_stays, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(clock_that_was_set_far_ahead_deletes_nothing_for_a_day, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(legal_hold_and_the_boxs_own_days_go_first, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(many_go_a_few_a_step_and_a_kill_loses_none, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(mails_of_their_own_have_days_of_their_own, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(box_that_was_taken_away_keeps_as_long_as_its_tenant, post_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
