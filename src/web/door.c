/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/door.h"

#include <errno.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

/* A head has to be there after SILENT_MS, a body after that and a second for each BODY_PACE bytes; who does
 * not take his answer is cut off after STUCK_S. */
enum { SILENT_MS = 30000, BODY_PACE = 8192, STUCK_S = 60, REQUEST_MEMORY = 32 * 1024 };

struct door {
    struct door_opts opts;
    struct MHD_Daemon *daemon;
    struct list clients; /* in the order of their coming */
    unsigned count;
    int fd;
};

/* ---- who comes ---- */

static void name_address(const struct sockaddr *a, char address[CLIENT_ADDRESS_LEN],
                         char network[CLIENT_ADDRESS_LEN])
{
    struct endpoint e = {.len = sizeof(struct sockaddr_in)};
    address[0] = network[0] = 0;
    if (a->sa_family == AF_INET6)
        e.len = sizeof(struct sockaddr_in6);
    else if (a->sa_family != AF_INET)
        return;
    memcpy(&e.address, a, e.len);
    endpoint_format_host(&e, address);
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&e.address;
    if (a->sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        memset(six->sin6_addr.s6_addr + 8, 0, 8);
    endpoint_format_host(&e, network);
}

bool client_name(const char *text, char address[CLIENT_ADDRESS_LEN], char network[CLIENT_ADDRESS_LEN])
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        name_address((const struct sockaddr *)&four, address, network);
    else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
        name_address((const struct sockaddr *)&six, address, network);
    else
        return false;
    return true;
}

static unsigned count_of(const struct door *d, const char *network)
{
    unsigned n = 0;
    list_each (it, &d->clients)
        n += str_equal(CONTAINER_OF(it, struct client, node)->network, network);
    return n;
}

static enum MHD_Result on_knock(void *context, const struct sockaddr *a, socklen_t len)
{
    const struct door *d = context;
    char address[CLIENT_ADDRESS_LEN], network[CLIENT_ADDRESS_LEN];
    if (d->opts.local)
        return MHD_YES;
    name_address(a, address, network);
    if (count_of(d, network) < d->opts.per_address_max)
        return MHD_YES;
    log_debug(NULL, "http: %s has %u connections already", address, d->opts.per_address_max);
    return MHD_NO;
}

/* libmicrohttpd sees the end of the connection and clears it away. */
void client_cut_off(struct client *c)
{
    (void)shutdown(c->fd, SHUT_RDWR);
}

/* The last eighth of the places is kept free of those who say nothing. */
static void make_room(struct door *d)
{
    if (d->count <= d->opts.clients_max - d->opts.clients_max / 8)
        return;
    struct client *longest = NULL;
    list_each (it, &d->clients) {
        struct client *c = CONTAINER_OF(it, struct client, node);
        if (c->phase == CLIENT_SILENT && (!longest || c->since_ms < longest->since_ms))
            longest = c;
    }
    if (longest)
        client_cut_off(longest);
}

static struct client *client_new(struct door *d, struct MHD_Connection *connection)
{
    struct client *c = mem_zalloc(sizeof(*c));
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    *c = (struct client){
        .door = d, .fd = fd ? fd->connect_fd : -1, .local = d->opts.local, .setup = d->opts.setup};
    if (address && address->client_addr && !d->opts.local)
        name_address(address->client_addr, c->address, c->network);
    client_enter(c, CLIENT_SILENT);
    return c;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **slot,
                          enum MHD_ConnectionNotificationCode what)
{
    struct door *d = context;
    struct client *c = *slot;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        make_room(d);
        *slot = c = client_new(d, connection);
        list_append(&d->clients, &c->node);
        d->count++;
    } else if (c) {
        list_remove(&c->node);
        d->count--;
        free(c);
        *slot = NULL;
    }
}

struct client *client_of(struct MHD_Connection *c)
{
    return MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void client_enter(struct client *c, enum client_phase phase)
{
    c->phase = phase;
    c->since_ms = clock_mono_ms();
    c->received = 0;
}

/* INT64_MAX where it is we who are to do something. */
static int64_t deadline_ms(const struct client *c)
{
    if (c->phase >= CLIENT_WAITING)
        return INT64_MAX;
    return c->since_ms + SILENT_MS + (int64_t)(c->received * 1000 / BODY_PACE);
}

/* ---- life ---- */

static void on_log(void *context, const char *format, va_list args) PRINTF_LIKE(2, 0);
static void on_log(void *context, const char *format, va_list args)
{
    char text[400];
    (void)vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\n")] = 0;
    log_debug(NULL, "http: %s", text);
}

struct door *door_open(const struct door_opts *opts)
{
    struct door *d = mem_zalloc(sizeof(*d));
    d->opts = *opts;
    list_init(&d->clients);
    d->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, on_knock, d, opts->on_request,
        opts->context, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, opts->listen_fd,
        MHD_OPTION_NOTIFY_COMPLETED, opts->on_completed, opts->context, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, d, MHD_OPTION_CONNECTION_LIMIT, opts->clients_max, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)STUCK_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        d->daemon ? MHD_get_daemon_info(d->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        log_error(NULL, "the HTTP server does not start: %s", strerror(errno));
        free(d);
        return NULL;
    }
    d->fd = info->epoll_fd;
    return d;
}

void door_close(struct door *d)
{
    if (!d)
        return;
    MHD_stop_daemon(d->daemon);
    free(d);
}

void door_shut(struct door *d)
{
    int fd = MHD_quiesce_daemon(d->daemon);
    if (fd >= 0)
        (void)close(fd);
}

/* What he still brings is read away: with bytes unread his connection would end by a reset, which may
 * overtake the answer. */
static void say_last(const struct client *c, struct span answer)
{
    enum { UNREAD_MOST = 64 };
    char unread[4096];
    int waiting = 0;
    bool asks = c->phase == CLIENT_SILENT ? ioctl(c->fd, FIONREAD, &waiting) == 0 && waiting > 0
                                          : c->phase != CLIENT_TAKING;
    if (!asks)
        return;
    for (int i = 0; i < UNREAD_MOST && recv(c->fd, unread, sizeof(unread), MSG_DONTWAIT) > 0; i++) {
    }
    (void)send(c->fd, answer.data, answer.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(c->fd, SHUT_RDWR);
}

void door_say_last(struct door *d, struct span answer)
{
    list_each (it, &d->clients)
        say_last(CONTAINER_OF(it, struct client, node), answer);
}

int door_fd(const struct door *d)
{
    return d->fd;
}

void door_run(struct door *d, int64_t now_ms)
{
    list_each (it, &d->clients) {
        struct client *c = CONTAINER_OF(it, struct client, node);
        if (deadline_ms(c) <= now_ms)
            client_cut_off(c);
    }
    (void)MHD_run(d->daemon);
}

int64_t door_wait_ms(const struct door *d, int64_t now_ms)
{
    MHD_UNSIGNED_LONG_LONG daemon_ms;
    int64_t wait_ms = MHD_get_timeout(d->daemon, &daemon_ms) == MHD_YES ? (int64_t)daemon_ms : -1;
    list_each (it, &d->clients) {
        const struct client *c = CONTAINER_OF(it, struct client, node);
        if (c->phase >= CLIENT_WAITING)
            continue;
        int64_t left_ms = deadline_ms(c) - now_ms;
        if (left_ms < 0)
            left_ms = 0;
        if (wait_ms < 0 || left_ms < wait_ms)
            wait_ms = left_ms;
    }
    return wait_ms;
}
