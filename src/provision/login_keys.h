/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is kept of a user's password: keys of SCRAM-SHA-256 (RFC 5802 §3), from which a login by any mechanism
 * is judged and nobody can log in. doc/adr/005 says why so, and why so many rounds. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "proto/scram.h"

enum {
    LOGIN_ROUNDS = 16384, /* of new keys; old ones keep theirs */
    LOGIN_SALT_LEN = 16,
    LOGIN_VAULT_KEY_LEN = 32,
    LOGIN_PASSWORD_MIN = 8,
    LOGIN_PASSWORD_MAX = 200,
};

extern const struct scram_hash login_hash;

/* 8 to 200 characters of printable ASCII: mail programs do not agree on how others are sent. */
bool login_password_valid(const char *password) MUST_USE;
/* Both take some milliseconds. text: scram_keys_format's, to be sealed. */
void login_keys_make(const char *password, char text[SCRAM_KEYS_TEXT_LEN]);
bool login_keys_fit(const struct scram_keys *keys, const char *password) MUST_USE;

/* The pair that seals them (state/keys/queue.*): whoever finds a copy of the store cannot even guess. */
struct login_vault {
    bool known;
    unsigned char secret[LOGIN_VAULT_KEY_LEN], public[LOGIN_VAULT_KEY_LEN];
};

/* sealed: base64 of a libsodium box. False where it is none, or not for this pair. v: NULL opens nothing. */
bool login_keys_open(const struct login_vault *v, const char *sealed, struct scram_keys *keys) MUST_USE;
