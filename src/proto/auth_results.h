/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a mail server wrote into Authentication-Results or ARC-Authentication-Results (RFC 8601 §2.2, RFC 8617
 * §4.1.1): only whether it says that DMARC passed, and for whom. Whether that server may be believed is not
 * decided here. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"
#include "proto/dns_table.h"

enum { AUTH_METHOD_LEN = 16 };

struct auth_results {
    char server[DNS_NAME_LEN];   /* authserv-id, lower case */
    unsigned instance;           /* of ARC; 0: none */
    char dmarc[AUTH_METHOD_LEN]; /* the word behind dmarc=, lower case; "" where there is none, or several */
    char author[DNS_NAME_LEN];   /* header.from of that result, lower case */
};

/* body: of the field. False where it is none. */
bool auth_results_parse(struct span body, struct auth_results *r) MUST_USE;
