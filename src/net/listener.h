/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Accepts connections on a listening socket. */
#pragma once

#include "base/endpoint.h"
#include "net/loop.h"

struct listener {
    struct watch watch;
    struct timer retry;
    struct loop *loop;
    int fd; /* -1: stopped */
    /* fd: non-blocking, close-on-exec, the receiver's. */
    void (*on_accept)(void *context, int fd, const struct endpoint *peer);
    void *context;
};

/* The callbacks are set by the caller before. Takes the descriptor. May not be freed inside on_accept. */
void listener_start(struct listener *k, struct loop *l, int fd);
void listener_stop(struct listener *k); /* closes */
