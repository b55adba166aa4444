/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Host names to addresses, by the system's resolver (getaddrinfo: hosts file, DNS, whatever nsswitch.conf
 * says), each look-up in a thread of its own, because getaddrinfo blocks. */
#pragma once

#include "base/endpoint.h"
#include "net/loop.h"

enum { RESOLVE_ADDRESSES_MAX = 8, RESOLVE_ERROR_LEN = 256 };

struct resolve_result {
    struct endpoint address[RESOLVE_ADDRESSES_MAX]; /* in the order of RFC 6724, with the port */
    size_t count;                                   /* 0: error holds a text */
    bool temporary; /* no answer now; a name that does not exist is not temporary */
    char error[RESOLVE_ERROR_LEN];
};

struct resolve;

/* on_done comes once, from the loop, and the look-up is freed after it. host may be an address, with or
 * without brackets. */
struct resolve *resolve_start(struct loop *l, const char *host, uint16_t port,
                              void (*on_done)(void *context, const struct resolve_result *result),
                              void *context);
void resolve_cancel(struct resolve *r); /* on_done will not come; frees. NULL is fine */
