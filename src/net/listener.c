/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"

/* So that a flood of connections does not keep the open ones waiting. */
enum { ACCEPTS_A_ROUND = 16 };
/* Without descriptors accept() fails at once, again and again: wait for some to be closed. */
enum { NO_DESCRIPTORS_WAIT_MS = 100 };

static void on_ready(void *context, uint32_t events)
{
    struct listener *k = context;
    for (int i = 0; i < ACCEPTS_A_ROUND && k->fd >= 0; i++) {
        struct endpoint peer = {.len = sizeof(peer.address)};
        int fd = accept4(k->fd, (struct sockaddr *)&peer.address, &peer.len, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            k->on_accept(k->context, fd, &peer);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warning(NULL, "cannot take a connection: %s; waiting for others to end", strerror(errno));
            watch_stop(&k->watch);
            timer_start(&k->retry, k->loop, NO_DESCRIPTORS_WAIT_MS);
            return;
        }
        if (errno == EAGAIN)
            return;
        /* Else that one connection is gone already (accept(2): treat network errors like EAGAIN). */
    }
}

static void on_retry(void *context)
{
    struct listener *k = context;
    watch_start(&k->watch, k->loop, k->fd, EPOLLIN);
}

void listener_start(struct listener *k, struct loop *l, int fd)
{
    int error = fd_set_nonblocking(fd);
    if (error)
        panic("listening socket %d: %s", fd, strerror(error));
    k->loop = l;
    k->fd = fd;
    k->watch = (struct watch){.on_ready = on_ready, .context = k};
    k->retry = (struct timer){.on_due = on_retry, .context = k};
    watch_start(&k->watch, l, fd, EPOLLIN);
}

void listener_stop(struct listener *k)
{
    if (k->fd < 0)
        return;
    watch_stop(&k->watch);
    timer_stop(&k->retry);
    (void)close(k->fd);
    k->fd = -1;
}
