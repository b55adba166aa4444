/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SRV records of the DNS (RFC 2782): where a service of a domain is, in the order in which to try. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "proto/dns_table.h"

enum { SRV_TARGETS_MAX = 8, SRV_DNS_TYPE = 33 /* its number in the DNS */ };

struct srv {
    uint16_t priority, weight, port;
    char target[DNS_NAME_LEN];
};

/* rdata: as in a DNS message, without compression. False: it makes no sense, or says by the target "." that
 * the service does not exist. */
bool srv_parse(struct span rdata, struct srv *s) MUST_USE;
/* By priority; among equals by chance, in proportion to their weights. random: called for numbers of any
 * size. */
void srv_order(struct srv *list, size_t n, uint32_t (*random)(uint32_t below));
