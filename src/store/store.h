/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The store of one installation: database and blobs below its state directory, or both in PostgreSQL. One
 * writer (queue; of several servers on one PostgreSQL each its own), any number of read-only readers. Strings
 * that operations return live in the arena they were given. */
#pragma once

#include "store/changes.h"
#include "store/sql.h"

struct store {
    struct sql *sql;
    int blobs_fd;   /* state/blobs */
    int tmp_fd;     /* state/blobs/tmp */
    int reserve_fd; /* reserve.h; -1: none */
    struct id node; /* nodes.h: whose what is begun here is; ID_NONE: there is one server */
    bool read_only;
    bool blobs_in_rows;           /* all of them; the folders are for what is being received */
    bool names_unsynced;          /* files were named in the running transaction (blob.h) */
    struct changes changes;       /* of the running transaction */
    struct store_unlink *unlinks; /* blob files to remove once the transaction is durable */
};

enum { STORE_ERROR_LEN = SQL_ERROR_LEN + 50 };

/* uri: of PostgreSQL; "": SQLite below state_dir. 0, or an errno with a text for the administrator; EAGAIN:
 * it may be there later. The writer updates the schema and removes files without a row. */
int store_open(struct store *s, const char *state_dir, const char *uri, bool read_only,
               char error[STORE_ERROR_LEN]) MUST_USE;
/* Of this process: who hears how far the update of a large store is, beside the log. Before store_open. */
void store_tell_updates(void (*told)(const char *text));
void store_close(struct store *s);

void store_begin(struct store *s);
void store_commit(struct store *s);

/* Installation-wide values by key; "" where there is none. */
const char *store_meta(struct store *s, struct arena *a, const char *key);
void store_set_meta(struct store *s, const char *key, const char *value);
/* 1, 2, 3 ... for this key, without gaps in what is committed (FAXID, S2.17). */
int64_t store_next_number(struct store *s, const char *key);
