/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A copy of the database as of one moment, taken while its writer works; and a copy that becomes a store
 * again. */
#pragma once

#include "store/store.h"

/* Writes a copy of state_dir/faxpost.db to `path`, which must not exist. 0, or an errno with a text. */
int snapshot_take(const char *state_dir, const char *path, char error[STORE_ERROR_LEN]) MUST_USE;

/* The names of the blobs in that database that lie in files, one by one, to each; ends early where it gives
 * false. 0, or an errno with a text: the copy is damaged. */
typedef bool snapshot_each(void *context, const char *name, uint64_t size);
int snapshot_blobs(const char *path, snapshot_each *each, void *context,
                   char error[STORE_ERROR_LEN]) MUST_USE;

/* Is it whole, by its own check? Takes long where it is large. */
int snapshot_check(const char *path, char error[STORE_ERROR_LEN]) MUST_USE;

/* Why a fax is held after a restore: code and reason of its job. */
#define RESTORED_CODE "restored"
#define RESTORED_WHY                                                                                         \
    "The server was restored from a backup: this fax may have been sent since. Look at the reports, then "   \
    "release or cancel it."
/* Meta: when that was. What came before it and is no job yet is held as soon as it is one. */
#define RESTORED_META "restored_ms"

/* What the copy did not see may have been sent since: every fax that waits or was being sent is held for a
 * person. How many; those that are still being read or rendered are held later (RESTORED_META). */
int snapshot_hold_jobs(const char *path, int64_t now_ms, unsigned *held,
                       char error[STORE_ERROR_LEN]) MUST_USE;
