/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A password of T.30 (PWD) as it is kept: base64 of a libsodium box for queue's key. It has to be said or
 * compared, so it has to be opened. */
#pragma once

#include "proto/flags.h"
#include "provision/login_keys.h"

enum { FAX_PASSWORD_SEALED_LEN = 4 * ((48 + FLAG_DIGITS_MAX) / 3 + 1) + 1 }; /* 48: what a box adds */

/* False where it is empty or too long, or we have no key. */
bool fax_password_seal(const struct login_vault *v, const char *plain,
                       char sealed[FAX_PASSWORD_SEALED_LEN]) MUST_USE;
/* False where it is no such box, or not for this pair. v: NULL opens nothing. */
bool fax_password_open(const struct login_vault *v, const char *sealed,
                       char plain[FLAG_DIGITS_MAX + 1]) MUST_USE;
