/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The hash functions of proto/scram.h, by OpenSSL. */
#pragma once

#include "proto/scram.h"

extern const struct scram_hash scram_sha_256, scram_sha_1;

/* CRAM-MD5 (RFC 2195): HMAC-MD5 as 32 hex digits. */
void cram_md5(const char *password, struct span challenge, char digits[33]);
