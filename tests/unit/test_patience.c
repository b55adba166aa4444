/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How long PostgreSQL is waited for, and what becomes of what takes longer. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#include "scratch.h"
#include "store/sql.h"
#include "store_place.h"

static char dir[64];
static const char *uri;

static struct sql *connect_as(bool read_only)
{
    char error[SQL_ERROR_LEN];
    struct sql *s = sql_open(uri, read_only, error);
    assert_non_null(s);
    return s;
}

static void question_that_takes_too_long_ends_alone(void **state)
{
    if (!store_place_is_postgres())
        return;
    struct sql *s = connect_as(true);
    sql_new_question(s);
    assert_int_equal(sql_get_int(s, -1, "SELECT 7 FROM pg_sleep(100)", ""), -1);
    assert_true(sql_overdue(s));
    assert_int_equal(sql_get_int(s, -1, "SELECT 7", ""), -1); /* of the same question: not to be believed */
    sql_new_question(s);
    assert_int_equal(sql_get_int(s, -1, "SELECT 7", ""), 7);
    assert_false(sql_overdue(s));
    for (int i = 0; i < 100 && !sql_overdue(s); i++) /* many, none of which takes long */
        (void)sql_get_int(s, -1, "SELECT 7 FROM pg_sleep(1)", "");
    assert_true(sql_overdue(s));
    sql_close(s);
}

static void count(void *context)
{
    int *told = context;
    (*told)++;
}

static void who_waits_for_a_long_script_is_told_that_it_goes_on(void **state)
{
    int told = 0;
    if (!store_place_is_postgres())
        return;
    struct sql *s = connect_as(false);
    sql_on_progress(s, count, &told);
    sql_script(s, "SELECT pg_sleep(4)");
    assert_true(told > 0);
    sql_on_progress(s, NULL, NULL);
    told = 0;
    sql_script(s, "SELECT pg_sleep(2)");
    assert_int_equal(told, 0);
    sql_close(s);
}

#define ABANDONED "SELECT pg_sleep(4711)"

static bool await_abandoned(struct sql *s, int count)
{
    for (int i = 0; i < 600; i++) {
        if (sql_get_int(s, 0, "SELECT count(*) FROM pg_stat_activity WHERE query = ?1 AND state = 'active'",
                        "t", ABANDONED) == count)
            return true;
        (void)sql_get_int(s, 0, "SELECT 1 FROM pg_sleep(0.1)", "");
    }
    return false;
}

/* It would keep its locks, and the turn of a writer. */
static void nothing_goes_on_for_a_process_that_is_gone(void **state)
{
    int status;
    if (!store_place_is_postgres())
        return;
    pid_t child = fork();
    if (child == 0) {
        sql_script(connect_as(false), ABANDONED);
        _exit(0);
    }
    struct sql *s = connect_as(false);
    assert_true(await_abandoned(s, 1));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(await_abandoned(s, 0));
    sql_close(s);
}

static int plant(void **state)
{
    scratch_state(dir, sizeof(dir));
    uri = store_place(dir);
    return 0;
}

static int clear(void **state)
{
    scratch_remove(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(question_that_takes_too_long_ends_alone),
        cmocka_unit_test(who_waits_for_a_long_script_is_told_that_it_goes_on),
        cmocka_unit_test(nothing_goes_on_for_a_process_that_is_gone),
    };
    return cmocka_run_group_tests(tests, plant, clear);
}
