/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a database has to be able to do for sql.h; one table for each engine. As in sql.h nothing gives an
 * error back: what fails ends the process. */
#pragma once

#include "store/sql.h"

/* Of the longest statement, and of the widest table (migrate.c). */
enum { SQL_ARGUMENTS_MAX = 80 };

/* An argument: i is `number`, t and b are `bytes`; a text is followed by a NUL. null: NULL of that type; so
 * are bytes without data. */
struct sql_value {
    char type;
    bool null;
    int64_t number;
    struct span bytes;
};

struct sql_engine {
    /* Of a transaction that will write; the time on the clock that all writers share, 0 where one has his
     * own. */
    int64_t (*begin)(struct sql *s);
    int64_t (*now)(struct sql *s); /* on that clock */
    void (*close)(struct sql *s);
    void (*script)(struct sql *s, const char *script);
    void (*early_script)(struct sql *s, const char *script);
    void (*on_progress)(struct sql *s, void (*on_progress)(void *context), void *context);
    int64_t (*run)(struct sql *s, const char *statement, const struct sql_value *values, size_t count);
    void (*query)(struct sql_rows *r, const char *statement, const struct sql_value *values, size_t count);
    bool (*next)(struct sql_rows *r);
    void (*end)(struct sql_rows *r);
    bool (*is_null)(const struct sql_rows *r, int column);
    int64_t (*number)(const struct sql_rows *r, int column);
    const char *(*text)(const struct sql_rows *r, int column, struct arena *a);
    struct span (*bytes)(const struct sql_rows *r, int column); /* until the next row */
    int (*schema)(struct sql *s);
    void (*set_schema)(struct sql *s, int version);
    void (*prepare_schema)(struct sql *s);
    void (*plan_steps)(struct sql *s, const char *beginning, struct buf *lines);
    int64_t (*total_changes)(const struct sql *s);
    bool (*empty_log)(struct sql *s);
    bool (*alone)(struct sql *s);
    void (*together)(struct sql *s);
    void (*tell_others)(struct sql *s);
    int (*socket)(struct sql *s);
    bool (*heard)(struct sql *s);
};

/* The beginning of each engine's own. */
struct sql {
    const struct sql_engine *engine;
    void (*last_words)(void *context); /* before the process ends for its database; NULL: none */
    void *last_words_context;
    bool in_transaction;
    int64_t began_ms;    /* of the running transaction, by the shared clock */
    int64_t question_ms; /* when the reader's question began, by the steady clock; 0: none has */
    bool overdue;        /* it, or another one, took too long */
};

extern const struct sql_engine sql_sqlite_engine, sql_postgres_engine;

/* NULL: error has a text for the administrator, errno the kind: EAGAIN where it may be there later. */
struct sql *sql_sqlite_open(const char *path, bool read_only, char error[SQL_ERROR_LEN]) MUST_USE;
struct sql *sql_postgres_open(const char *uri, bool read_only, char error[SQL_ERROR_LEN]) MUST_USE;
