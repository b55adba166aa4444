/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements against the store's database: SQLite, or PostgreSQL (sql_engine.h). Every statement is written
 * once, for both, in what sql_dialect.h says; the unit tests of store and queue run over both. Only the index
 * of words asks them differently (search.h).
 *
 * Every statement is a string literal (prepared once, found again by its address). Arguments follow a text of
 * types: i int64_t   n int   t const char * (NULL: NULL)   d struct id (none: NULL)   b struct span (data
 * NULL: NULL)
 *
 * There are no error results: a statement fails where the disk is full or broken, where the server is gone,
 * or where it is wrong, and in each case going on would acknowledge what is not stored. The process logs why
 * and ends; its parent starts it again, and whoever asked asks again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "model/id.h"

struct sql;

enum { SQL_ERROR_LEN = 400 };

/* where: a path, or a URI (sql_is_uri). NULL: `error` is for the administrator, errno the kind: EAGAIN where
 * it may be there later. */
struct sql *sql_open(const char *where, bool read_only, char error[SQL_ERROR_LEN]) MUST_USE;
bool sql_is_uri(const char *where); /* postgres:// or postgresql:// */
bool sql_is_postgres(const struct sql *s);
void sql_close(struct sql *s);
/* Called before the process ends because PostgreSQL is lost or can do nothing now; it asks the store nothing
 * any more. */
void sql_on_loss(struct sql *s, void (*last_words)(void *context), void *context);

/* Of a reader over PostgreSQL, behind whom people wait: one that takes the server too long (8 s) is ended
 * there. It finds no rows then, nor does what is asked afterwards, and `overdue` says so: what was found is
 * not to be believed. A new question forgets that; all its statements together may begin within 8 s. */
void sql_new_question(struct sql *s);
bool sql_overdue(const struct sql *s);

/* Over PostgreSQL there may be several writers: one transaction of a writer follows another, whoever begins
 * waits for his turn, and sees all that was committed before it. */
void sql_begin(struct sql *s);
/* When the running or last transaction had its turn, by the clock of the database; 0 with SQLite. */
int64_t sql_began_ms(const struct sql *s);
int64_t sql_now_ms(struct sql *s); /* by that clock; asks it */
void sql_commit(struct sql *s);    /* after it returns, all since sql_begin is on the disk */
void sql_rollback(struct sql *s);
bool sql_in_transaction(const struct sql *s);

/* Several writers. alone: no other one is connected, nor gets in before `together`; false where one stays.
 * tell_others: they hear when the running transaction is committed. socket: readable where something may be
 * heard; -1 with SQLite, where nobody else is. heard: another one told since the last time. */
bool sql_alone(struct sql *s) MUST_USE;
void sql_together(struct sql *s);
void sql_tell_others(struct sql *s);
int sql_socket(struct sql *s);
bool sql_heard(struct sql *s);

/* Runs a statement without result; returns how many rows it changed. */
int64_t sql_run(struct sql *s, const char *statement, const char *types, ...);
/* A script of several statements without arguments. */
void sql_script(struct sql *s, const char *script);
/* Called again and again while a statement runs: many times a second, about each second over PostgreSQL,
 * where a server does the work. NULL: no more. */
void sql_on_progress(struct sql *s, void (*on_progress)(void *context), void *context);

/* The version of the tables; 0 in a database without any. */
int sql_schema(struct sql *s);
void sql_set_schema(struct sql *s, int version);
/* Of an empty database: what has to be there before any table. */
void sql_prepare_schema(struct sql *s);
/* A script of the schema from before there was PostgreSQL, which therefore has no rows that it could move. */
void sql_early_script(struct sql *s, const char *script);

/* Rows, one by one:
 *     struct sql_rows r;
 *     sql_query(s, &r, "SELECT a, b FROM t WHERE c = ?1", "i", (int64_t)7);
 *     while (sql_next(&r)) use(sql_int(&r, 0), sql_text(&r, 1, arena));
 * A loop that is left early calls sql_end. */
struct sql_rows {
    struct sql *sql;
    void *statement; /* the engine's; NULL: over */
    int row;
};
void sql_query(struct sql *s, struct sql_rows *r, const char *statement, const char *types, ...);
bool sql_next(struct sql_rows *r);
void sql_end(struct sql_rows *r);

int64_t sql_int(const struct sql_rows *r, int column); /* 0 for NULL */
bool sql_is_null(const struct sql_rows *r, int column);
struct id sql_id(const struct sql_rows *r, int column);                      /* ID_NONE for NULL */
const char *sql_text(const struct sql_rows *r, int column, struct arena *a); /* "" for NULL */
struct span sql_bytes(const struct sql_rows *r, int column, struct arena *a);

/* The first column of the rows that are left, `most` at most; ends the query. How many there were. */
size_t sql_take_ids(struct sql_rows *r, struct id *ids, size_t most);
/* First column of the first row; `missing` where there is no row. */
int64_t sql_get_int(struct sql *s, int64_t missing, const char *statement, const char *types, ...);

/* For tests, and of SQLite alone: the steps of the query plans of all statements that were used so far that
 * begin so, as "STEP: STATEMENT" lines. "SCAN" reads a whole table or index, "USE TEMP B-TREE FOR ORDER BY"
 * sorts all that is found. */
struct buf;
void sql_plan_steps(struct sql *s, const char *beginning, struct buf *lines);

/* Of SQLite alone: rows changed since the start. */
int64_t sql_total_changes(const struct sql *s);
/* Outside of a transaction: all of the log is in the database, and the log is empty. False: a reader was in
 * the way. PostgreSQL sees to its log itself. */
bool sql_empty_log(struct sql *s) MUST_USE;
