/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/snapshot.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/str.h"
#include "model/states.h"

enum { NAME_LEN = 33 };

/* Not by sql.h: what cannot be read here is somebody's file, and no reason to die. */
static void close_db(sqlite3 **db)
{
    (void)sqlite3_close_v2(*db);
}
#define SCOPED_DB __attribute__((cleanup(close_db)))

static int say(sqlite3 *db, const char *what, char error[STORE_ERROR_LEN])
{
    (void)str_format(error, STORE_ERROR_LEN, "cannot %s: %s", what,
                     db ? sqlite3_errmsg(db) : "out of memory");
    return EIO;
}

static int open_db(const char *path, int flags, sqlite3 **db, char error[STORE_ERROR_LEN])
{
    if (sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return say(*db, "open the database", error);
    (void)sqlite3_busy_timeout(*db, 10000);
    return 0;
}

static void finish(sqlite3_stmt **s)
{
    (void)sqlite3_finalize(*s);
}
#define SCOPED_STATEMENT __attribute__((cleanup(finish)))

int snapshot_take(const char *state_dir, const char *path, char error[STORE_ERROR_LEN])
{
    char file[PATH_MAX];
    SCOPED_DB sqlite3 *db = NULL;
    SCOPED_STATEMENT sqlite3_stmt *s = NULL;
    if (!str_format(file, sizeof(file), "%s/faxpost.db", state_dir))
        return ENAMETOOLONG;
    if (access(file, F_OK) < 0 && errno == ENOENT) {
        (void)str_format(
            error, STORE_ERROR_LEN,
            "there is no faxpost.db in %.200s; where `store` names PostgreSQL, that is backed up "
            "by pg_dump, and the state directory's folder keys/ beside it",
            state_dir);
        return ENOENT;
    }
    int failed = open_db(file, SQLITE_OPEN_READONLY, &db, error);
    if (failed)
        return failed;
    if (sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &s, NULL) != SQLITE_OK ||
        sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC) != SQLITE_OK || sqlite3_step(s) != SQLITE_DONE)
        return say(db, "copy the database", error);
    return 0;
}

int snapshot_blobs(const char *path, snapshot_each *each, void *context, char error[STORE_ERROR_LEN])
{
    int row;
    bool more = true;
    SCOPED_DB sqlite3 *db = NULL;
    SCOPED_STATEMENT sqlite3_stmt *s = NULL;
    int failed = open_db(path, SQLITE_OPEN_READONLY, &db, error);
    if (failed)
        return failed;
    if (sqlite3_prepare_v2(db, "SELECT id, size FROM blob WHERE bytes IS NULL", -1, &s, NULL) != SQLITE_OK)
        return say(db, "read the copy", error);
    while (more && (row = sqlite3_step(s)) == SQLITE_ROW) {
        char name[NAME_LEN];
        struct id id;
        if (sqlite3_column_bytes(s, 0) != (int)sizeof(id.bytes))
            return say(db, "read the copy", error);
        hex_format(sqlite3_column_blob(s, 0), sizeof(id.bytes), name);
        more = each(context, name, (uint64_t)sqlite3_column_int64(s, 1));
    }
    return more && row != SQLITE_DONE ? say(db, "read the copy", error) : 0;
}

int snapshot_check(const char *path, char error[STORE_ERROR_LEN])
{
    SCOPED_DB sqlite3 *db = NULL;
    SCOPED_STATEMENT sqlite3_stmt *s = NULL;
    int failed = open_db(path, SQLITE_OPEN_READONLY, &db, error);
    if (failed)
        return failed;
    if (sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &s, NULL) != SQLITE_OK ||
        sqlite3_step(s) != SQLITE_ROW)
        return say(db, "check the database", error);
    const char *said = (const char *)sqlite3_column_text(s, 0);
    if (said && str_equal(said, "ok"))
        return 0;
    (void)str_format(error, STORE_ERROR_LEN, "the database in it is damaged: %.200s", said ? said : "");
    return EIO;
}

int snapshot_hold_jobs(const char *path, int64_t now_ms, unsigned *held, char error[STORE_ERROR_LEN])
{
    char script[900];
    SCOPED_DB sqlite3 *db = NULL;
    int failed = open_db(path, SQLITE_OPEN_READWRITE, &db, error);
    if (failed)
        return failed;
    (void)str_format(script, sizeof(script),
                     "BEGIN; INSERT OR REPLACE INTO meta VALUES ('" RESTORED_META "', '%lld');"
                     "UPDATE attempt SET state = %d, ended_ms = %lld, code = '" RESTORED_CODE
                     "' WHERE job IS NOT NULL AND state <> %d;"
                     "UPDATE job SET state = %d, code = '" RESTORED_CODE "', reason = '" RESTORED_WHY
                     "' WHERE state IN (%d, %d);",
                     (long long)now_ms, (int)ATTEMPT_ENDED, (long long)now_ms, (int)ATTEMPT_ENDED,
                     (int)JOB_HELD, (int)JOB_WAITING, (int)JOB_CALLING);
    if (sqlite3_exec(db, script, NULL, NULL, NULL) != SQLITE_OK)
        return say(db, "hold the faxes that waited", error);
    *held = (unsigned)sqlite3_changes(db);
    return sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : say(db, "hold the faxes that waited", error);
}
