/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "store/search_codes.h"
#include "store/sql_engine.h"

/* Statements of the whole tree, with room; a power of two. */
enum { STATEMENTS_MAX = 512, PROGRESS_STEPS = 10000 };

struct sqlite {
    struct sql sql;
    sqlite3 *db;
    void (*on_progress)(void *context);
    void *progress_context;
    struct {
        const char *text; /* its address is the key */
        sqlite3_stmt *statement;
    } cache[STATEMENTS_MAX];
};

static struct sqlite *of(struct sql *s)
{
    return (struct sqlite *)s;
}

static void NORETURN die(const struct sqlite *s, const char *statement)
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

static void check(const struct sqlite *s, int result, const char *statement)
{
    if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE)
        die(s, statement);
}

static void sqlite_script(struct sql *sql, const char *script)
{
    struct sqlite *s = of(sql);
    check(s, sqlite3_exec(s->db, script, NULL, NULL, NULL), script);
}

static int tell_progress(void *context)
{
    const struct sqlite *s = context;
    s->on_progress(s->progress_context);
    return 0; /* go on */
}

static void sqlite_on_progress(struct sql *sql, void (*on_progress)(void *context), void *context)
{
    struct sqlite *s = of(sql);
    s->on_progress = on_progress;
    s->progress_context = context;
    sqlite3_progress_handler(s->db, on_progress ? PROGRESS_STEPS : 0, on_progress ? tell_progress : NULL, s);
}

static void sqlite_close(struct sql *sql)
{
    struct sqlite *s = of(sql);
    for (size_t i = 0; i < STATEMENTS_MAX; i++)
        (void)sqlite3_finalize(s->cache[i].statement);
    (void)sqlite3_close(s->db);
    free(s);
}

/* search_codes(tenant, box, words) */
static void sqlite_search_codes(sqlite3_context *c, int count, sqlite3_value **values)
{
    enum { CODES_MAX = 1 << 20 };
    SCOPED_BUF struct buf codes;
    struct span of[3];
    buf_init(&codes, CODES_MAX);
    for (int i = 0; i < 3; i++) {
        const void *bytes = sqlite3_value_blob(values[i]);
        of[i] = span_of(bytes, (size_t)sqlite3_value_bytes(values[i]));
    }
    search_codes(of[0], of[1], of[2], &codes);
    sqlite3_result_text(c, buf_text(&codes), (int)codes.len, SQLITE_TRANSIENT);
}

struct sql *sql_sqlite_open(const char *path, bool read_only, char error[SQL_ERROR_LEN])
{
    struct sqlite *s = mem_zalloc(sizeof(*s));
    int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    s->sql.engine = &sql_sqlite_engine;
    if (sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        int failed = s->db ? sqlite3_system_errno(s->db) : ENOMEM;
        sqlite_close(&s->sql);
        (void)str_copy(error, SQL_ERROR_LEN, strerror(failed ? failed : EIO));
        errno = failed ? failed : EIO;
        return NULL;
    }
    (void)sqlite3_extended_result_codes(s->db, 1);
    (void)sqlite3_busy_timeout(s->db, 10000);
    if (!read_only)
        sqlite_script(&s->sql,
                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;");
    /* No sandbox of ours lets a temporary file be opened; deleting a blob would want one. */
    sqlite_script(&s->sql,
                  "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;");
    /* Who looks for one of a million rows goes through pages that no small cache holds; the kernel has them.
     */
    if (read_only)
        sqlite_script(&s->sql, "PRAGMA mmap_size = 2147418112;");
    if (sqlite3_create_function_v2(s->db, "search_codes", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                   sqlite_search_codes, NULL, NULL, NULL) != SQLITE_OK)
        panic("no room for a function");
    return &s->sql;
}

static sqlite3_stmt *prepare(struct sqlite *s, const char *text)
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

static sqlite3_stmt *bind(struct sqlite *s, const char *text, const struct sql_value *values, size_t count)
{
    sqlite3_stmt *st = prepare(s, text);
    for (size_t i = 0; i < count; i++) {
        const struct span bytes = values[i].bytes;
        int at = (int)i + 1;
        if (values[i].null)
            (void)sqlite3_bind_null(st, at);
        else if (values[i].type == 'i')
            (void)sqlite3_bind_int64(st, at, values[i].number);
        else if (values[i].type == 't')
            (void)sqlite3_bind_text64(st, at, (const char *)bytes.data, bytes.len, SQLITE_TRANSIENT,
                                      SQLITE_UTF8);
        else
            (void)sqlite3_bind_blob64(st, at, bytes.data, bytes.len, SQLITE_TRANSIENT);
    }
    return st;
}

static void finish(sqlite3_stmt *st)
{
    (void)sqlite3_reset(st);
    (void)sqlite3_clear_bindings(st);
}

static int64_t sqlite_run(struct sql *sql, const char *statement, const struct sql_value *values,
                          size_t count)
{
    struct sqlite *s = of(sql);
    sqlite3_stmt *st = bind(s, statement, values, count);
    int result = sqlite3_step(st);
    if (result != SQLITE_DONE)
        die(s, statement);
    finish(st);
    return sqlite3_changes64(s->db);
}

/* ---- rows ---- */

static void sqlite_query(struct sql_rows *r, const char *statement, const struct sql_value *values,
                         size_t count)
{
    r->statement = bind(of(r->sql), statement, values, count);
}

static bool sqlite_next(struct sql_rows *r)
{
    int result = sqlite3_step(r->statement);
    check(of(r->sql), result, sqlite3_sql(r->statement));
    return result == SQLITE_ROW;
}

static void sqlite_end(struct sql_rows *r)
{
    finish(r->statement);
}

static bool sqlite_is_null(const struct sql_rows *r, int column)
{
    return sqlite3_column_type(r->statement, column) == SQLITE_NULL;
}

static int64_t sqlite_number(const struct sql_rows *r, int column)
{
    return sqlite3_column_int64(r->statement, column);
}

static const char *sqlite_text(const struct sql_rows *r, int column, struct arena *a)
{
    const char *text = (const char *)sqlite3_column_text(r->statement, column);
    return arena_strdup(a, text ? text : "");
}

static struct span sqlite_bytes(const struct sql_rows *r, int column)
{
    const void *bytes = sqlite3_column_blob(r->statement, column);
    return span_of(bytes, (size_t)sqlite3_column_bytes(r->statement, column));
}

/* ---- versions, plans, the log ---- */

static int sqlite_schema(struct sql *s)
{
    return (int)sql_get_int(s, 0, "PRAGMA user_version", "");
}

static void sqlite_set_schema(struct sql *s, int version)
{
    char set[64]; /* a PRAGMA takes no arguments */
    (void)str_format(set, sizeof(set), "PRAGMA user_version = %d", version);
    sqlite_script(s, set);
}

static void sqlite_prepare_schema(struct sql *s)
{
}

static void explain(struct sqlite *s, const char *statement, const char *beginning, struct buf *lines)
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

static void sqlite_plan_steps(struct sql *sql, const char *beginning, struct buf *lines)
{
    struct sqlite *s = of(sql);
    for (size_t i = 0; i < STATEMENTS_MAX; i++)
        if (s->cache[i].text && str_starts(s->cache[i].text, "SELECT"))
            explain(s, s->cache[i].text, beginning, lines);
}

static int64_t sqlite_total_changes(const struct sql *s)
{
    return sqlite3_total_changes64(((const struct sqlite *)s)->db);
}

static bool sqlite_empty_log(struct sql *sql)
{
    struct sqlite *s = of(sql);
    (void)sqlite3_busy_timeout(s->db, 0); /* nobody waits for a reader */
    int result = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_busy_timeout(s->db, 10000);
    if (result != SQLITE_BUSY && result != SQLITE_LOCKED)
        check(s, result, "checkpoint");
    return result == SQLITE_OK;
}

/* ---- one writer ---- */

static int64_t sqlite_begin(struct sql *s)
{
    (void)sqlite_run(s, "BEGIN IMMEDIATE", NULL, 0);
    return 0;
}

static int64_t sqlite_now(struct sql *s)
{
    return 0;
}

static bool sqlite_alone(struct sql *s)
{
    return true;
}

static void sqlite_nothing(struct sql *s)
{
}

static int sqlite_socket(struct sql *s)
{
    return -1;
}

static bool sqlite_heard(struct sql *s)
{
    return false;
}

const struct sql_engine sql_sqlite_engine = {
    .begin = sqlite_begin,
    .now = sqlite_now,
    .close = sqlite_close,
    .script = sqlite_script,
    .early_script = sqlite_script,
    .on_progress = sqlite_on_progress,
    .run = sqlite_run,
    .query = sqlite_query,
    .next = sqlite_next,
    .end = sqlite_end,
    .is_null = sqlite_is_null,
    .number = sqlite_number,
    .text = sqlite_text,
    .bytes = sqlite_bytes,
    .schema = sqlite_schema,
    .set_schema = sqlite_set_schema,
    .prepare_schema = sqlite_prepare_schema,
    .plan_steps = sqlite_plan_steps,
    .total_changes = sqlite_total_changes,
    .empty_log = sqlite_empty_log,
    .alone = sqlite_alone,
    .together = sqlite_nothing,
    .tell_others = sqlite_nothing,
    .socket = sqlite_socket,
    .heard = sqlite_heard,
};
