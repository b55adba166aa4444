/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Cleanup at the end of a scope, for locals that own something:
 *
 *     SCOPED_FREE char *text = mem_strdup(name);
 *     SCOPED_FD int fd = open(...);
 */
#pragma once

#include <stdlib.h>
#include <unistd.h>

static inline void scope_free(void *slot)
{
    void **block = slot;
    free(*block);
}

static inline void scope_close(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

#define SCOPED_FREE __attribute__((cleanup(scope_free)))
#define SCOPED_FD   __attribute__((cleanup(scope_close)))
