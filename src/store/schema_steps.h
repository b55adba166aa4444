/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The scripts of each step, the first step first; schema.c takes them one after the other. They are two files
 * for their length alone: new steps go to the end of the second. */
#pragma once

enum { SCHEMA_SCRIPTS_MAX = 4 };

/* The beginning of a script that PostgreSQL has no need of. */
#define SCHEMA_SQLITE_ALONE "-- SQLite alone\n"

typedef const char *const schema_step[SCHEMA_SCRIPTS_MAX]; /* scripts; NULL after the last */

extern const schema_step schema_steps_to_29[];
extern const int schema_steps_to_29_count;
extern const schema_step schema_steps_from_30[];
extern const int schema_steps_from_30_count;
