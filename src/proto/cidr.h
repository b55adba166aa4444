/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* IP addresses and networks as text: "192.0.2.0/24", "2001:db8::/32". An IPv4 address within IPv6
 * (::ffff:192.0.2.1) is the IPv4 address. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct ip {
    bool v6;
    uint8_t bytes[16]; /* 4 of them without v6 */
};

struct cidr {
    struct ip ip;
    unsigned bits;
};

bool ip_parse(const char *text, struct ip *ip) MUST_USE;
/* Without a '/': that one address. Bits set beyond the prefix are refused. */
bool cidr_parse(const char *text, struct cidr *net) MUST_USE;
bool cidr_holds(const struct cidr *net, const struct ip *ip);
/* Is the address in one of the networks, which are separated by blanks? A network that is none holds nobody.
 */
bool cidr_list_holds(const char *networks, const char *ip);
