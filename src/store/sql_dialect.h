/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our SQL is what SQLite and PostgreSQL both understand, written as SQLite wants it where they differ in a
 * word alone:
 *   ?1  X'0a'  LIKE (ignores the case of ASCII letters)  group_concat(text, ' ')  iif(...)  instr(a, b)
 *   max(a, b) and min(a, b) of numbers  hex(bytes)  CAST(a AS INTEGER)
 *   names that are PostgreSQL's own words, in small letters: user, symmetric
 *   COLLATE NOCASE  (PostgreSQL's knows the cases of all letters)
 *   in the schema: BLOB  INTEGER  TEXT (compared byte by byte)  INTEGER PRIMARY KEY  WITHOUT ROWID
 *   rowid, of job_event and mail_out; INDEXED BY, which PostgreSQL is not told
 * Words of SQL are written in capitals, names in small letters. What else PostgreSQL wants:
 *   - a truth is no number: `WHERE a = 1`, `t.a = 1 OR t.b = 1`, `iif(a IS NULL, 0, 1)` where one is stored
 * or added up
 *   - ON CONFLICT ... SET n = t.n + 1, not n + 1; INSERT OR REPLACE is ON CONFLICT ... DO UPDATE
 *   - a subquery in FROM has a name; no LIMIT within WITH RECURSIVE; what is selected beside GROUP BY is
 *     grouped by, or within max() or the like
 *   - a line break is one within the quotes, not char(10) */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/* Appends what PostgreSQL is told for statements of ours, one or several. rows: false leaves out the ones
 * that change rows, where there are none. False where a quote has no end. */
bool sql_to_postgres(const char *statements, bool rows, struct buf *to) MUST_USE;

/* What of the above PostgreSQL learns as functions; run before the first step of the schema. */
extern const char sql_postgres_functions[];
