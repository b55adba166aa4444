/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/restored.h"

#include <errno.h>
#include <inttypes.h>

#include "base/str.h"
#include "model/states.h"
#include "store/schema.h"
#include "store/snapshot.h"

static int check_tables(struct store *s, char error[STORE_ERROR_LEN])
{
    int found = sql_schema(s->sql);
    if (found == 0)
        (void)str_copy(error, STORE_ERROR_LEN, "the database is empty: pg_restore the dump into it first");
    else if (found > schema_version())
        (void)str_format(error, STORE_ERROR_LEN,
                         "the store was written by a newer Faxpost (schema %d, this program knows %d); "
                         "install that version",
                         found, schema_version());
    return found == 0 ? ENOENT : found > schema_version() ? EPROTO : 0;
}

/* Within the transaction: whoever begins now waits for its end. */
static bool is_worked_on(struct store *s)
{
    return sql_get_int(s->sql, 0,
                       "SELECT count(*) FROM node WHERE stopped = 0 AND taken = 0 AND lease_ms > ?1", "i",
                       sql_began_ms(s->sql)) > 0;
}

static unsigned hold_jobs(struct store *s, int64_t now_ms)
{
    char text[24];
    (void)str_format(text, sizeof(text), "%" PRId64, now_ms);
    store_set_meta(s, RESTORED_META, text);
    (void)sql_run(s->sql,
                  "UPDATE attempt SET state = ?1, ended_ms = ?2, code = '" RESTORED_CODE
                  "' WHERE job IS NOT NULL AND state <> ?1",
                  "ni", (int)ATTEMPT_ENDED, now_ms);
    return (unsigned)sql_run(s->sql,
                             "UPDATE job SET state = ?1, code = '" RESTORED_CODE "', reason = '" RESTORED_WHY
                             "' WHERE state IN (?2, ?3)",
                             "nnn", (int)JOB_HELD, (int)JOB_WAITING, (int)JOB_CALLING);
}

static int hold(struct store *s, int64_t now_ms, unsigned *held, char error[STORE_ERROR_LEN])
{
    int failed = check_tables(s, error);
    if (failed)
        return failed;
    sql_begin(s->sql);
    if (is_worked_on(s)) {
        sql_rollback(s->sql);
        (void)str_copy(error, STORE_ERROR_LEN,
                       "a Faxpost works on that database: stop it on every machine, then say it again");
        return EBUSY;
    }
    *held = hold_jobs(s, now_ms);
    sql_commit(s->sql);
    return 0;
}

int restored_hold(const char *uri, int64_t now_ms, unsigned *held, char error[STORE_ERROR_LEN])
{
    char why[SQL_ERROR_LEN] = "";
    struct store s = {.blobs_fd = -1, .tmp_fd = -1, .reserve_fd = -1};
    s.sql = sql_open(uri, false, why);
    if (!s.sql) {
        (void)str_format(error, STORE_ERROR_LEN, "cannot open the store in PostgreSQL: %.300s", why);
        return EIO;
    }
    int failed = hold(&s, now_ms, held, error);
    store_close(&s);
    return failed;
}
