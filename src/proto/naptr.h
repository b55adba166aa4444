/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* NAPTR records of the DNS (RFC 3403) as SIP uses them (RFC 3263 §4.1): under which name a domain has the SRV
 * records of a transport. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "proto/dns_table.h"

enum { NAPTR_MAX = 4, NAPTR_DNS_TYPE = 35 /* its number in the DNS */ };

struct naptr {
    uint16_t order, preference;
    char name[DNS_NAME_LEN]; /* of the SRV records */
};

/* rdata: as in a DNS message, without compression. service: "SIP+D2U", "SIP+D2T", "SIPS+D2T". False: it makes
 * no sense, is for another service, or leads to no SRV record. */
bool naptr_parse(struct span rdata, const char *service, struct naptr *n) MUST_USE;
/* In the order in which to ask. */
void naptr_order(struct naptr *list, size_t n);
