/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A few threads that wait for the disk so that the store's own thread need not: they make streamed files
 * durable, several at once. They touch the file and nothing else; its name and its row are the store's
 * (blob_adopt). They begin with the first file, so after the sandbox has closed. */
#pragma once

#include "store/blob.h"

struct blob_pool;

/* store: opened to write; outlives the pool. */
struct blob_pool *blob_pool_new(const struct store *s) MUST_USE;
void blob_pool_free(struct blob_pool *p); /* waits for what is under way; NULL is fine */

/* Readable where blob_pool_next has something. */
int blob_pool_fd(const struct blob_pool *p);
/* blob_prepare in one of the threads. */
void blob_pool_take(struct blob_pool *p, struct id name, uint64_t size);
/* The next file that is done, in no order; false where there is none. */
bool blob_pool_next(struct blob_pool *p, struct blob_ready *ready);
