/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* May this client send mail for that domain? RFC 7208 as a function of what the DNS says (dns_table.h), with
 * its limits: 10 terms that ask the DNS, 2 answers without a record, 10 names of an mx or ptr. */
#pragma once

#include "proto/cidr.h"
#include "proto/dns_table.h"

enum spf_result {
    SPF_OPEN, /* answers are missing: ask them, then ask here again */
    SPF_NONE,
    SPF_NEUTRAL,
    SPF_PASS,
    SPF_FAIL,
    SPF_SOFTFAIL,
    SPF_TEMPERROR,
    SPF_PERMERROR,
};

struct spf_client {
    struct ip ip;
    const char *helo;
    const char *sender; /* MAIL FROM; "": HELO counts in its place, §2.4 */
};

/* *domain: the one that was asked for. */
enum spf_result spf_check(const struct spf_client *client, struct dns_table *dns, char domain[DNS_NAME_LEN]);
