/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The state directory: made, locked, owned by the right account, with its keys.
 *
 *   state/lock          flock of the one installation that runs here; inherited by every store holder
 *   state/keys/X.key    secret half of role X's sealed-box pair (0400), X.pub its public half
 *   state/keys/tls.*    the certificate made by ourselves
 *   state/faxpost.db    the store        state/blobs/  its files
 *   state/run/          api.sock, ports, roles: true only while we run */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

enum { STATEDIR_ERROR_LEN = 600 };

struct statedir {
    const char *path; /* borrowed, absolute */
    int lock_fd;
};

/* uid/gid: who owns it (ignored unless we are root). 0, or an errno with a text that says what to do. EBUSY:
 * another Faxpost runs here. lock_fd: of our former life, which held the lock; -1: none. */
int statedir_open(struct statedir *s, const char *path, unsigned uid, unsigned gid, int lock_fd,
                  char error[STATEDIR_ERROR_LEN]) MUST_USE;

/* The folder of local archive places, of that account. What goes wrong is logged: such places say so then. */
void statedir_make_archive(const struct statedir *s, unsigned uid, unsigned gid);

/* Replaces state/run/<name> by text, in one step. Errors are logged: nothing rests on these files. */
void statedir_write_run_file(const struct statedir *s, const char *name, const char *text);

/* Could the account reach and read the directory? Tried in a child that becomes it. */
bool statedir_reachable(const char *path, unsigned uid, unsigned gid);
