/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A TCP connection to a host by name: looks it up, tries its addresses one after the other. */
#pragma once

#include "net/loop.h"
#include "net/resolve.h"

struct dial;

struct dial_result {
    int fd;               /* connected, non-blocking, the receiver's; -1: error holds a text */
    struct endpoint peer; /* where fd is connected to */
    char error[RESOLVE_ERROR_LEN];
};

/* An address that neither answers nor refuses is left for the next one after this long; the last one waits
 * for the caller's own time-out (or the kernel's, two minutes). */
enum { DIAL_ADDRESS_TIMEOUT_MS = 10000 };

/* on_done comes once, from the loop, and the dial is freed after it. */
struct dial *dial_start(struct loop *l, const char *host, uint16_t port,
                        void (*on_done)(void *context, const struct dial_result *result), void *context);
/* Only to addresses that `may` lets through: a name may lead anywhere. It gets dial's context. */
void dial_limit(struct dial *d, bool (*may)(void *context, const struct endpoint *e));
void dial_cancel(struct dial *d); /* on_done will not come; frees. NULL is fine */
