/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Addresses of the trunks that are given by name: where no port is given by the NAPTR and SRV records of the
 * DNS (RFC 3263), and without any by the system's own resolver (hosts file, DNS). A name that cannot be
 * looked up keeps the addresses it had. */
#pragma once

#include "base/attr.h"
#include "line/trunk.h"
#include "net/dns_client.h"

struct resolver;

/* Writes what it finds into *t, from the loop, and says whenever a name was looked up. dns: borrowed; NULL:
 * no SRV. */
struct resolver *resolver_new(struct loop *l, struct trunks *t, struct dns_client *dns,
                              void (*on_looked_up)(void *context), void *context) MUST_USE;
void resolver_free(struct resolver *r); /* NULL is fine */
/* Looks all names up now, and again every few minutes. */
void resolver_look_up(struct resolver *r);
