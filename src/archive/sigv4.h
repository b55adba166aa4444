/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The signature of S3's requests (AWS Signature Version 4). None of ours has a query. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

enum { SIGV4_HEADER_LEN = 1000, SIGV4_DATE_LEN = 17 };

struct sigv4_request {
    const char *method, *host, *path; /* host: with the port, as the header has it; path: escaped */
    const char *payload;              /* SHA-256 of the body, in hexadecimal */
    const char *region, *id, *secret;
    int64_t at_s; /* since 1970 */
};

/* A path as it is asked for and signed: all but letters, digits, - . _ ~ and / by % and two digits, as it may
 * stand there already. False where it is too long. */
bool sigv4_escape(const char *path, char *out, size_t size) MUST_USE;

/* The headers "Authorization: ..." and the value of x-amz-date. False where it is too long. */
bool sigv4_sign(const struct sigv4_request *r, char authorization[SIGV4_HEADER_LEN],
                char date[SIGV4_DATE_LEN]) MUST_USE;
