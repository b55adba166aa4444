/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/ports.h"

#include <errno.h>
#include <unistd.h>

#include "base/rand.h"
#include "base/scope.h"

enum { TRIES_WITH_ANY_PORT = 64 };

void ports_init(struct ports *p, uint16_t first, uint16_t last)
{
    *p = (struct ports){.first = (uint16_t)(first + (first & 1)),
                        .last = last > first ? last : (uint16_t)(first + (first & 1))};
    p->next = p->first;
    if (p->first && p->last >= p->first)
        p->next = (uint16_t)(p->first + 2 * rand_below((uint32_t)(p->last - p->first) / 2 + 1));
}

/* A socket bound to `local`, or -errno. */
static int bound(const struct endpoint *local)
{
    int fd = socket(local->address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&local->address, local->len) == 0)
        return fd;
    int error = errno;
    (void)close(fd);
    return -error;
}

static int open_any(struct endpoint *local)
{
    for (int i = 0; i < TRIES_WITH_ANY_PORT; i++) {
        endpoint_set_port(local, 0);
        int fd = bound(local);
        if (fd < 0)
            return fd;
        if (endpoint_of_socket(fd, local) == 0 && endpoint_port(local) % 2 == 0)
            return fd;
        (void)close(fd);
    }
    return -EADDRINUSE;
}

int ports_open(struct ports *p, struct endpoint *local)
{
    if (p->first == 0)
        return open_any(local);
    for (unsigned left = (unsigned)(p->last - p->first) / 2 + 1; left > 0; left--) {
        uint16_t port = p->next;
        p->next = p->next + 2 > p->last ? p->first : (uint16_t)(p->next + 2);
        endpoint_set_port(local, port);
        int fd = bound(local);
        if (fd != -EADDRINUSE)
            return fd;
    }
    return -EADDRINUSE;
}

int ports_local_for(const struct endpoint *remote, struct endpoint *local)
{
    SCOPED_FD int fd = socket(remote->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    /* Connecting a UDP socket sends nothing; it makes the kernel choose the source address. */
    if (fd < 0 || connect(fd, (const struct sockaddr *)&remote->address, remote->len) < 0)
        return errno;
    int error = endpoint_of_socket(fd, local);
    endpoint_set_port(local, 0);
    return error;
}
