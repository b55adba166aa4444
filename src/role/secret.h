/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Secrets of the settings, sealed for one role's key (libsodium sealed boxes): only that role can open them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

enum { SECRET_KEY_BYTES = 32, SECRET_TEXT_LEN = 4097 };

struct secret_key {
    bool known;
    unsigned char secret[SECRET_KEY_BYTES], public[SECRET_KEY_BYTES];
};

/* Reads the role's key from the granted descriptor and closes it; 0 or errno. */
int secret_key_read(struct secret_key *k, int fd) MUST_USE;
void secret_key_clear(struct secret_key *k);

/* The plain text of a box, "" of an empty one. False where the box is not for this key, or holds a NUL or
 * more than fits. The caller wipes text. */
bool secret_open(const struct secret_key *k, struct span box, char text[SECRET_TEXT_LEN]) MUST_USE;
