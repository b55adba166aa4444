/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Bytes too large or too opaque for columns: mails, documents, pages. A blob has a random name and exactly
 * one owning row. Up to BLOB_INLINE_MAX it lies in the database; else in a file of state/blobs that is whole,
 * synced and named, and its name synced too, before its row is committed, so that a row never points at
 * nothing. A file without a row is swept at start. In PostgreSQL all lie in rows (blob_parts.h).
 *
 * As in sql.h, an error of the disk ends the process. */
#pragma once

#include "store/store.h"

enum { BLOB_INLINE_MAX = 65536 };

struct id blob_put(struct store *s, struct span bytes) MUST_USE;

/* A mail that is streamed: a file in blobs/tmp under the mail's id, to be written by another process. An
 * earlier one of that name is emptied. -1 with errno. */
int blob_spool(struct store *s, struct id name) MUST_USE;
/* Nobody will want that file. */
void blob_drop_spool(struct store *s, struct id name);
/* That file becomes a blob in two steps. The first waits for the disk and touches files alone, so any thread
 * may take it (blob_pool.h): bytes and name are durable, the bytes hashed. The second gives it its row;
 * without that the next start sweeps it. Where blobs are rows the first only hashes. */
struct blob_ready {
    struct id name;
    uint64_t size;  /* that it has to have */
    struct id blob; /* its name from now on */
    uint8_t sha256[32];
    int error;  /* 0; ENOENT or EPROTO where it is not there or has another size */
    int failed; /* errno of the disk, for which blob_adopt ends the process; 0 */
};
void blob_prepare(const struct store *s, struct blob_ready *ready); /* name and size are given */
/* 0, or ready->error. */
int blob_adopt(struct store *s, const struct blob_ready *ready, struct id *blob) MUST_USE;

/* A descriptor to read it from, offset 0, which may be handed to any role; panics where there is no such
 * blob. */
int blob_open(struct store *s, struct id blob) MUST_USE;
/* The same for a reader, whom no transaction protects: -1 where it is gone, perhaps just now. */
int blob_open_if_there(struct store *s, struct id blob) MUST_USE;
/* Its bytes; false where it is gone. */
bool blob_find(struct store *s, struct id blob, struct arena *a, struct span *bytes) MUST_USE;
/* Its bytes. */
struct span blob_read(struct store *s, struct id blob, struct arena *a);

/* The row goes now, the file once the transaction is durable. */
void blob_delete(struct store *s, struct id blob);

/* Before each commit: the names that were given since the last one are durable. */
void blob_sync_names(struct store *s);

void blob_sweep(struct store *s);
void blob_do_unlinks(struct store *s);
void blob_forget_unlinks(struct store *s);
