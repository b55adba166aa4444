/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/dial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

struct dial {
    struct loop *loop;
    struct resolve *resolve; /* NULL once it has answered */
    struct resolve_result addresses;
    size_t at; /* the address being tried */
    int fd;
    struct watch watch;
    struct timer patience;
    char error[RESOLVE_ERROR_LEN];                        /* of the last address that failed */
    bool (*may)(void *context, const struct endpoint *e); /* NULL: all */
    void (*on_done)(void *context, const struct dial_result *result);
    void *context;
};

static void finish(struct dial *d, int fd)
{
    struct dial_result result = {.fd = fd};
    if (fd >= 0)
        result.peer = d->addresses.address[d->at];
    (void)str_copy(result.error, sizeof(result.error), d->error);
    void (*on_done)(void *, const struct dial_result *) = d->on_done;
    void *context = d->context;
    d->fd = -1;
    dial_cancel(d);
    on_done(context, &result);
}

static void note_failure(struct dial *d, int error)
{
    char text[ENDPOINT_TEXT_LEN];
    endpoint_format(&d->addresses.address[d->at], text);
    (void)str_format(d->error, sizeof(d->error), "cannot connect to %s: %s", text, strerror(error));
}

static void note_refusal(struct dial *d)
{
    char text[ENDPOINT_TEXT_LEN];
    endpoint_format(&d->addresses.address[d->at], text);
    (void)str_format(d->error, sizeof(d->error), "%s may not be called from here", text);
}

static void drop_socket(struct dial *d)
{
    timer_stop(&d->patience);
    watch_stop(&d->watch);
    if (d->fd >= 0)
        (void)close(d->fd);
    d->fd = -1;
}

/* Starts with address d->at and goes on until one is under way. */
static void try_addresses(struct dial *d)
{
    for (; d->at < d->addresses.count; d->at++) {
        const struct endpoint *e = &d->addresses.address[d->at];
        if (d->may && !d->may(d->context, e)) {
            note_refusal(d);
            continue;
        }
        d->fd = socket(e->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (d->fd >= 0 &&
            (connect(d->fd, (const struct sockaddr *)&e->address, e->len) == 0 || errno == EINPROGRESS)) {
            watch_start(&d->watch, d->loop, d->fd, EPOLLOUT);
            if (d->at + 1 < d->addresses.count)
                timer_start(&d->patience, d->loop, DIAL_ADDRESS_TIMEOUT_MS);
            return;
        }
        note_failure(d, errno);
        drop_socket(d);
    }
    finish(d, -1);
}

static void try_next(struct dial *d, int error)
{
    note_failure(d, error);
    drop_socket(d);
    d->at++;
    try_addresses(d);
}

static void on_connected(void *context, uint32_t events)
{
    struct dial *d = context;
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    if (error) {
        try_next(d, error);
        return;
    }
    watch_stop(&d->watch);
    finish(d, d->fd);
}

static void on_patience_ends(void *context)
{
    try_next(context, ETIMEDOUT);
}

static void on_resolved(void *context, const struct resolve_result *result)
{
    struct dial *d = context;
    d->resolve = NULL;
    d->addresses = *result;
    (void)str_copy(d->error, sizeof(d->error), result->error);
    try_addresses(d);
}

struct dial *dial_start(struct loop *l, const char *host, uint16_t port,
                        void (*on_done)(void *context, const struct dial_result *result), void *context)
{
    struct dial *d = mem_zalloc(sizeof(*d));
    *d = (struct dial){.loop = l,
                       .fd = -1,
                       .watch = {.on_ready = on_connected, .context = d},
                       .patience = {.on_due = on_patience_ends, .context = d},
                       .on_done = on_done,
                       .context = context};
    d->resolve = resolve_start(l, host, port, on_resolved, d);
    return d;
}

void dial_limit(struct dial *d, bool (*may)(void *context, const struct endpoint *e))
{
    d->may = may;
}

void dial_cancel(struct dial *d)
{
    if (!d)
        return;
    resolve_cancel(d->resolve);
    drop_socket(d);
    free(d);
}
