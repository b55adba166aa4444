/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sockets that were open before this program began: of our own former life, which executed us anew and keeps
 * its listening sockets, so that nobody is turned away meanwhile; or of the service manager (socket
 * activation, sd_listen_fds(3)). */
#pragma once

#include <stdbool.h>

#include "base/endpoint.h"

enum { INHERITED_MAX = 64, INHERITED_NAME_LEN = 24, INHERITED_BOUND_LEN = 1025 };

struct inherited {
    struct {
        char name[INHERITED_NAME_LEN]; /* "smtp.0"; "" of the service manager's */
        int fd;
    } list[INHERITED_MAX];
    unsigned count;
    unsigned life;                   /* 0: nobody executed us anew */
    char bound[INHERITED_BOUND_LEN]; /* what line had bound itself */
};

/* From the environment, and out of it. */
void inherited_take(struct inherited *i);
/* That socket, the caller's from now on; -1 where there is none. A name alone finds where the port was left
 * to the kernel. */
int inherited_tcp(struct inherited *i, const char *name, const struct endpoint *wanted);
int inherited_unix(struct inherited *i, const char *path);
/* What is not a socket, by its name. */
int inherited_named(struct inherited *i, const char *name);
/* What nobody wanted is closed, with a word. */
void inherited_end(struct inherited *i);

/* For the next life: the descriptor stays open over execve, and the environment says what it is. False where
 * there is no room. */
bool inherited_leave(struct inherited *to, const char *name, int fd);
/* Executes that program with these words; returns errno. */
int inherited_execute(const struct inherited *to, const char *program, char **words);
