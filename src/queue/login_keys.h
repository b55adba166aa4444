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
    LOGIN_PASSWORD_MIN = 8,
    LOGIN_PASSWORD_MAX = 200,
};

extern const struct scram_hash login_hash;

/* 8 to 200 characters of printable ASCII: mail programs do not agree on how others are sent. */
bool login_password_valid(const char *password) MUST_USE;
/* Both take some milliseconds. text: scram_keys_format's. */
void login_keys_make(const char *password, char text[SCRAM_KEYS_TEXT_LEN]);
bool login_keys_fit(const char *text, const char *password) MUST_USE;
