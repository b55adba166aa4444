/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The store of an earlier Faxpost is brought up to date, SQLite's: in steps that may take long, and are cut
 * off. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#include "base/str.h"
#include "store/schema.h"
#include "store/schema_steps.h"
#include "store/sql.h"

/* Step 55 makes the index of words anew. */
enum { BEFORE = 54, FAXES = 4000 };

static char folder[] = "/tmp/schema-XXXXXX", path[64];
static int told;

static void count(const char *text)
{
    assert_non_null(strstr(text, "step "));
    told++;
}

static void die(const char *text)
{
    if (strstr(text, "step 55 ") && ++told > 3)
        (void)raise(SIGKILL);
}

static struct sql *open_store(void)
{
    char error[SQL_ERROR_LEN];
    struct sql *s = sql_open(path, false, error);
    assert_non_null(s);
    return s;
}

static void make_old_store(void)
{
    struct sql *s = open_store();
    sql_begin(s);
    sql_prepare_schema(s);
    for (int v = 0; v < BEFORE; v++) {
        int second = v - schema_steps_to_29_count;
        const char *const *script = second < 0 ? schema_steps_to_29[v] : schema_steps_from_30[second];
        for (int i = 0; i < SCHEMA_SCRIPTS_MAX && script[i]; i++)
            sql_script(s, script[i]);
    }
    sql_set_schema(s, BEFORE);
    sql_script(s, "INSERT INTO tenant (id, name) VALUES (x'01', 'house');"
                  "INSERT INTO faxbox (id, tenant, name) VALUES ('front', x'01', 'Front');"
                  "INSERT INTO dkim_key (domain, selector, secret) VALUES ('x.example', 'fax', x'07');");
    (void)sql_run(s,
                  "WITH RECURSIVE c (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM c WHERE k < ?1)"
                  " INSERT INTO attempt (id, state, call_instance, trunk, started_ms)"
                  " SELECT CAST(k AS BLOB), 2, 0, 'loopback', 1 FROM c",
                  "n", FAXES);
    (void)sql_run(s,
                  "WITH RECURSIVE c (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM c WHERE k < ?1)"
                  " INSERT INTO fax (id, tenant, faxbox, attempt, state, faxid, calling, called, station_id, "
                  "answered_ms,"
                  " last_page_ms, pages, n)"
                  " SELECT CAST(k AS BLOB), x'01', 'front', CAST(k AS BLOB), 1, k, '+390512345678', '100', "
                  "'S', 1, 1, 1, k FROM c",
                  "n", FAXES);
    (void)sql_run(s, "INSERT INTO fax_search (rowid, words) SELECT n, calling || ' ' || n FROM fax", "");
    sql_commit(s);
    sql_close(s);
}

static int schema_now(void)
{
    struct sql *s = open_store();
    int v = sql_schema(s);
    sql_close(s);
    return v;
}

static void a_step_that_is_cut_off_is_taken_again(void **state)
{
    struct schema_watch watch = {.every_ms = 0, .told = die};
    int found, status;
    make_old_store();
    pid_t child = fork();
    if (child == 0) {
        _exit(schema_update(open_store(), &found, &watch));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL); /* in the middle of step 55 */
    assert_int_equal(schema_now(), BEFORE);
    watch.told = count;
    struct sql *s = open_store();
    assert_int_equal(schema_update(s, &found, &watch), 0);
    assert_int_equal(found, BEFORE);
    assert_true(told > schema_version() - BEFORE); /* more than once a step: a person sees that it goes on */
    assert_int_equal(sql_get_int(s, 0, "SELECT count(*) FROM fax_search", ""), FAXES);
    assert_int_equal(sql_get_int(s, 0, "SELECT count(*) FROM fax_search WHERE place <> ''", ""), FAXES);
    /* Step 68: the key that signed signs. */
    assert_int_equal(sql_get_int(s, 0,
                                 "SELECT count(*) FROM dkim_key WHERE domain = 'x.example' AND selector ="
                                 " 'fax' AND active = 1 AND record = '' AND secret = x'07'",
                                 ""),
                     1);
    sql_close(s);
    assert_int_equal(schema_now(), schema_version());
}

static int make_folder(void **state)
{
    return mkdtemp(folder) && str_format(path, sizeof(path), "%s/faxpost.db", folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    static const char *const names[] = {"", "-wal", "-shm"};
    char name[80];
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_format(name, sizeof(name), "%s%s", path, names[i]))
            (void)unlink(name);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_step_that_is_cut_off_is_taken_again, make_folder, drop_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
