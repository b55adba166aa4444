/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Does what was authenticated stand for the author's domain? DMARC by RFC 9989: the organisational domain is
 * found by walking up the DNS (§4.10), no list of suffixes decides it. Such a list only forbids: where DNS
 * says that a public suffix is an organisation, two customers of a registry would be one, so relaxed
 * alignment ends below it. `pct` of RFC 7489 is not known any more; `t=y` is. A function of the DNS as
 * dns_table.h has it. */
#pragma once

#include "proto/dns_table.h"

enum dmarc_result { DMARC_OPEN, DMARC_NONE, DMARC_PASS, DMARC_FAIL, DMARC_TEMPERROR };
enum dmarc_policy { DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };

struct dmarc_record {
    enum dmarc_policy policy, sub_policy, no_name_policy; /* p, sp, np */
    bool strict_dkim, strict_spf;
    bool testing; /* t=y: each policy counts as the next weaker one */
    char psd;     /* 'y', 'n', 'u' */
};

/* False where the text is none: it does not begin with v=DMARC1. Tags that make no sense have their default.
 */
bool dmarc_record_parse(struct span text, struct dmarc_record *r) MUST_USE;

enum { DMARC_SIGNERS_MAX = 5 };

struct dmarc_case {
    const char *author;                     /* the domain of the header From, lower case */
    const char *spf;                        /* the domain that SPF passed for; "": none */
    const char *signers[DMARC_SIGNERS_MAX]; /* domains of signatures that passed */
    size_t signer_count;
    bool (*is_public_suffix)(const char *domain);
};

/* *policy: what the author's domain wants to be done with a mail that fails; NONE without a record. */
enum dmarc_result dmarc_check(const struct dmarc_case *c, struct dns_table *dns, enum dmarc_policy *policy);
