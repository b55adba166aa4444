/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/sql.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

/* Statements of the whole tree, with room; a power of two. */
enum { STATEMENTS_MAX = 512 };

struct sql {
    sqlite3 *db;
    bool in_transaction;
    struct {
        const char *text; /* its address is the key */
        sqlite3_stmt *statement;
    } cache[STATEMENTS_MAX];
};

static void NORETURN die(const struct sql *s, const char *statement)
{
    int code = sqlite3_extended_errcode(s->db);
    int kind = code & 0xff;
    if (kind == SQLITE_FULL || kind == SQLITE_IOERR || kind == SQLITE_CORRUPT || kind == SQLITE_READONLY ||
        kind == SQLITE_CANTOPEN)
        log_error(NULL,
                  "the store cannot be read or written: %s (%d). Nothing is acknowledged that is not stored; "
                  "the role "
                  "starts again. Look at the disk: space, health, permissions",
                  sqlite3_errmsg(s->db), code);
    else
        log_error("bug", "store: %s (%d) in: %s", sqlite3_errmsg(s->db), code, statement);
    exit(1);
}

static void check(const struct sql *s, int result, const char *statement)
{
    if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE)
        die(s, statement);
}

struct sql *sql_open(const char *path, bool read_only)
{
    struct sql *s = mem_zalloc(sizeof(*s));
    int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        int error = s->db ? sqlite3_system_errno(s->db) : ENOMEM;
        sql_close(s);
        errno = error ? error : EIO;
        return NULL;
    }
    (void)sqlite3_extended_result_codes(s->db, 1);
    (void)sqlite3_busy_timeout(s->db, 10000);
    if (!read_only)
        sql_script(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
    /* No sandbox of ours lets a temporary file be opened; deleting a blob would want one. */
    sql_script(s, "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;");
    /* Who looks for one of a million rows goes through pages that no small cache holds; the kernel has them.
     */
    if (read_only)
        sql_script(s, "PRAGMA mmap_size = 2147418112;");
    return s;
}

void sql_close(struct sql *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < STATEMENTS_MAX; i++)
        (void)sqlite3_finalize(s->cache[i].statement);
    (void)sqlite3_close(s->db);
    free(s);
}

void sql_script(struct sql *s, const char *script)
{
    check(s, sqlite3_exec(s->db, script, NULL, NULL, NULL), script);
}

static sqlite3_stmt *prepare(struct sql *s, const char *text)
{
    size_t at = ((uintptr_t)text >> 4) % STATEMENTS_MAX;
    for (size_t tried = 0; s->cache[at].text; at = (at + 1) % STATEMENTS_MAX) {
        if (s->cache[at].text == text)
            return s->cache[at].statement;
        if (++tried == STATEMENTS_MAX - 1)
            panic("more than %d statements", STATEMENTS_MAX);
    }
    check(s, sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &s->cache[at].statement, NULL),
          text);
    s->cache[at].text = text;
    return s->cache[at].statement;
}

static void bind_id(sqlite3_stmt *st, int at, struct id id)
{
    if (id_is_none(id))
        (void)sqlite3_bind_null(st, at);
    else
        (void)sqlite3_bind_blob(st, at, id.bytes, sizeof(id.bytes), SQLITE_TRANSIENT);
}

static sqlite3_stmt *bind(struct sql *s, const char *text, const char *types, va_list args)
{
    sqlite3_stmt *st = prepare(s, text);
    for (int i = 0; types[i]; i++) {
        struct span bytes;
        switch (types[i]) {
        case 'i': (void)sqlite3_bind_int64(st, i + 1, va_arg(args, int64_t)); break;
        case 'n': (void)sqlite3_bind_int(st, i + 1, va_arg(args, int)); break;
        case 't': (void)sqlite3_bind_text(st, i + 1, va_arg(args, const char *), -1, SQLITE_TRANSIENT); break;
        case 'd': bind_id(st, i + 1, va_arg(args, struct id)); break;
        case 'b':
            bytes = va_arg(args, struct span);
            (void)sqlite3_bind_blob64(st, i + 1, bytes.data, bytes.len, SQLITE_TRANSIENT);
            break;
        default: panic("unknown type '%c' for: %s", types[i], text);
        }
    }
    return st;
}

static void finish(sqlite3_stmt *st)
{
    (void)sqlite3_reset(st);
    (void)sqlite3_clear_bindings(st);
}

int64_t sql_run(struct sql *s, const char *statement, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    sqlite3_stmt *st = bind(s, statement, types, args);
    va_end(args);
    int result = sqlite3_step(st);
    if (result != SQLITE_DONE)
        die(s, statement);
    finish(st);
    return sqlite3_changes64(s->db);
}

void sql_query(struct sql *s, struct sql_rows *r, const char *statement, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    *r = (struct sql_rows){s, bind(s, statement, types, args)};
    va_end(args);
}

bool sql_next(struct sql_rows *r)
{
    int result = sqlite3_step(r->statement);
    if (result == SQLITE_ROW)
        return true;
    check(r->sql, result, sqlite3_sql(r->statement));
    sql_end(r);
    return false;
}

void sql_end(struct sql_rows *r)
{
    if (r->statement)
        finish(r->statement);
    r->statement = NULL;
}

int64_t sql_int(const struct sql_rows *r, int column)
{
    return sqlite3_column_int64(r->statement, column);
}

bool sql_is_null(const struct sql_rows *r, int column)
{
    return sqlite3_column_type(r->statement, column) == SQLITE_NULL;
}

size_t sql_take_ids(struct sql_rows *r, struct id *ids, size_t most)
{
    size_t n = 0;
    while (n < most && sql_next(r))
        ids[n++] = sql_id(r, 0);
    sql_end(r);
    return n;
}

struct id sql_id(const struct sql_rows *r, int column)
{
    struct id id = ID_NONE;
    const void *bytes = sqlite3_column_blob(r->statement, column);
    if (bytes && sqlite3_column_bytes(r->statement, column) == (int)sizeof(id.bytes))
        memcpy(id.bytes, bytes, sizeof(id.bytes));
    return id;
}

const char *sql_text(const struct sql_rows *r, int column, struct arena *a)
{
    const char *text = (const char *)sqlite3_column_text(r->statement, column);
    return arena_strdup(a, text ? text : "");
}

struct span sql_bytes(const struct sql_rows *r, int column, struct arena *a)
{
    const void *bytes = sqlite3_column_blob(r->statement, column);
    return arena_dup(a, span_of(bytes, (size_t)sqlite3_column_bytes(r->statement, column)));
}

int64_t sql_get_int(struct sql *s, int64_t missing, const char *statement, const char *types, ...)
{
    va_list args;
    va_start(args, types);
    struct sql_rows r = {s, bind(s, statement, types, args)};
    va_end(args);
    if (!sql_next(&r))
        return missing;
    int64_t n = sql_int(&r, 0);
    sql_end(&r);
    return n;
}

void sql_begin(struct sql *s)
{
    (void)sql_run(s, "BEGIN IMMEDIATE", "");
    s->in_transaction = true;
}

void sql_commit(struct sql *s)
{
    (void)sql_run(s, "COMMIT", "");
    s->in_transaction = false;
}

void sql_rollback(struct sql *s)
{
    (void)sql_run(s, "ROLLBACK", "");
    s->in_transaction = false;
}

bool sql_in_transaction(const struct sql *s)
{
    return s->in_transaction;
}

/* ---- plans ---- */

static void explain(struct sql *s, const char *statement, const char *beginning, struct buf *lines)
{
    char text[4096];
    sqlite3_stmt *st;
    if (!str_format(text, sizeof(text), "EXPLAIN QUERY PLAN %s", statement) ||
        sqlite3_prepare_v2(s->db, text, -1, &st, NULL) != SQLITE_OK)
        panic("cannot be explained: %s", statement);
    while (sqlite3_step(st) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(st, 3);
        if (str_starts(step, beginning))
            (void)buf_printf(lines, "%s: %s\n", step, statement);
    }
    (void)sqlite3_finalize(st);
}

void sql_plan_steps(struct sql *s, const char *beginning, struct buf *lines)
{
    for (size_t i = 0; i < STATEMENTS_MAX; i++)
        if (s->cache[i].text && str_starts(s->cache[i].text, "SELECT"))
            explain(s, s->cache[i].text, beginning, lines);
}

int64_t sql_total_changes(const struct sql *s)
{
    return sqlite3_total_changes64(s->db);
}

bool sql_empty_log(struct sql *s)
{
    (void)sqlite3_busy_timeout(s->db, 0); /* nobody waits for a reader */
    int result = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_busy_timeout(s->db, 10000);
    if (result != SQLITE_BUSY && result != SQLITE_LOCKED)
        check(s, result, "checkpoint");
    return result == SQLITE_OK;
}
