/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Codes that were mailed to users for a first or new password. Only their hashes are kept, each counts once.
 */
#pragma once

#include "store/store.h"

struct password_reset {
    struct id id, user;
    int64_t created_ms, expires_ms;
};

/* Once: the same id again changes nothing. */
void password_reset_add(struct store *s, struct span hash, const struct password_reset *p);
bool password_reset_exists(struct store *s, struct id id);
/* Whose code that is; false for none and for one that has expired. */
bool password_reset_find(struct store *s, struct span hash, int64_t now_ms, struct id *user);
/* How many that user was sent since. */
int64_t password_resets_since(struct store *s, struct id user, int64_t since_ms);
void password_resets_end(struct store *s, struct id user);
void password_resets_forget(struct store *s, int64_t now_ms); /* expired ones */
