/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Over which engine a test's store runs. ./check runs the programs that ask here twice: over SQLite, and with
 * FAXPOST_TEST_POSTGRES over the PostgreSQL server whose socket lies in the folder of that name. */
#pragma once

#include <stdbool.h>

/* For store_open: "" is SQLite in the folder; else this program's own database, which is emptied whenever
 * another folder asks for it. */
const char *store_place(const char *dir);

bool store_place_is_postgres(void);
/* Skips the test over PostgreSQL, and says why. Stands first in it: ./check does not ask for it there. */
void store_needs_sqlite(const char *why);
