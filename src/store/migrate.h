/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* All of an installation from SQLite and files to PostgreSQL. The caller sees to it that no Faxpost runs on
 * it. */
#pragma once

#include "store/store.h"

struct migrate_counts {
    unsigned tables;
    int64_t rows, blobs, bytes; /* blobs: those that were files, and their bytes */
};

/* To a database without an installation, in one transaction that is committed when every table has as many
 * rows there as here and the same sum of all their bytes, and every document its SHA-256. The old database is
 * then faxpost.db.migrated; its blobs stay too. 0, or an errno with a text; then nothing has changed. */
int migrate_to_postgres(const char *state_dir, const char *uri, struct migrate_counts *c,
                        char error[STORE_ERROR_LEN]) MUST_USE;
