/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A test as the parent of one role program: starts it, greets it, gives it neighbours. */
#pragma once

#include <sys/types.h>

#include "ipc/channel.h"

struct role_parent {
    struct loop *loop;
    pid_t pid;
    struct channel channel; /* to the program */
    uint64_t generation;    /* of the neighbour given last */
    bool ready, gone;       /* what the program said, or that it ended */
};

/* conf: the text of its configuration. The loop stays the caller's. */
void role_parent_start(struct role_parent *p, struct loop *loop, const char *program, const char *conf);
/* The test is the program's neighbour `role` from now on; its callbacks and context are set already. */
void role_parent_connect(struct role_parent *p, struct channel *c, enum role role);
/* The same, for a channel that is to last: the test fails where the program closes it. */
void role_parent_join(struct role_parent *p, struct channel *c, enum role role,
                      void (*hears)(void *context, struct message *m), void *context);
/* Kills the program and waits for it. */
void role_parent_end(struct role_parent *p);
