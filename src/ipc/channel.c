/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "ipc/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/panic.h"

/* A sibling that reads nothing while this much waits for it is stuck: our bug. */
enum { UNSENT_BYTES_MAX = 256 * 1024 * 1024 };
/* So that one busy sibling does not keep the others waiting. */
enum { MESSAGES_A_ROUND = 32 };
/* Asked of the kernel so that a burst of full mails does not wait for the reader; it may give less. */
enum { SOCKET_BUFFER_BYTES = 4 * 1024 * 1024 };

struct packet *packet_new(const struct message *m)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, MESSAGE_BYTES_MAX);
    struct packet *p = mem_zalloc(sizeof(*p));
    list_init(&p->node);
    p->fd_count = message_encode(m, &b, p->fds);
    for (size_t i = 0; i < p->fd_count; i++) {
        p->fds[i] = fcntl(p->fds[i], F_DUPFD_CLOEXEC, 3);
        if (p->fds[i] < 0)
            panic("no descriptor left for message %s: errno %d", message_name(m->type), errno);
    }
    p->bytes = span_of(mem_dup(b.data, b.len), b.len);
    return p;
}

void packet_free(struct packet *p)
{
    list_remove(&p->node);
    for (size_t i = 0; i < p->fd_count; i++)
        (void)close(p->fds[i]);
    free((void *)(uintptr_t)p->bytes.data);
    free(p);
}

int channel_pair(int fds[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return errno;
    int size = SOCKET_BUFFER_BYTES;
    for (int i = 0; i < 2; i++)
        if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
            (void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    return 0;
}

/* FULL: until the socket has room. SHORT: the kernel lacks memory or, for an ordinary user, room for
 * descriptors under way, which it counts over all sockets; the socket itself is writable then, so waiting for
 * that would spin. */
enum sent { SENT, FULL, SHORT };
enum { SHORT_WAIT_MS = 20 };

/* Where the reader is gone, reading will tell. */
static enum sent send_now(int fd, struct span bytes, const int *fds, size_t fd_count)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MAX)];
    } control = {0};
    struct iovec iov = {(void *)(uintptr_t)bytes.data, bytes.len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    if (fd_count > 0) {
        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(&control.head), fds, sizeof(int) * fd_count);
    }
    ssize_t n;
    do
        n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n >= 0 || errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
        return SENT;
    if (errno == EAGAIN)
        return FULL;
    if (errno != ETOOMANYREFS && errno != ENOBUFS && errno != ENOMEM)
        panic("cannot send %zu bytes to a sibling: errno %d", bytes.len, errno);
    return SHORT;
}

/* The next packet into bytes (room of MESSAGE_BYTES_MAX): its length, 0 at the end, -1 with errno. */
static ssize_t receive_now(int fd, uint8_t *bytes, int fds[MESSAGE_FDS_MAX], size_t *fd_count, int flags)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int) * MESSAGE_FDS_MAX)];
    } control = {0};
    struct iovec iov = {bytes, MESSAGE_BYTES_MAX};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t n;
    do
        n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | flags);
    while (n < 0 && errno == EINTR);
    *fd_count = 0;
    if (n > 0 && (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        panic("a sibling sent more than a packet holds");
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
        *fd_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(fds, CMSG_DATA(c), *fd_count * sizeof(int));
    }
    return n;
}

/* How to go on where a packet was not sent. */
static void wait_to_send(struct channel *c, enum sent why)
{
    watch_change(&c->watch, why == FULL ? EPOLLIN | EPOLLOUT : EPOLLIN);
    if (why == SHORT)
        timer_start(&c->again, c->watch.loop, SHORT_WAIT_MS);
}

static void close_channel(struct channel *c)
{
    if (c->fd < 0)
        return;
    timer_stop(&c->again);
    watch_stop(&c->watch);
    (void)close(c->fd);
    c->fd = -1;
    list_each_safe (it, &c->unsent) {
        packet_free(CONTAINER_OF(it, struct packet, node));
    }
    c->unsent_bytes = 0;
}

static void flush(struct channel *c)
{
    list_each_safe (it, &c->unsent) {
        struct packet *p = CONTAINER_OF(it, struct packet, node);
        enum sent sent = send_now(c->fd, p->bytes, p->fds, p->fd_count);
        if (sent != SENT) {
            wait_to_send(c, sent);
            return;
        }
        c->unsent_bytes -= p->bytes.len;
        packet_free(p);
    }
    watch_change(&c->watch, EPOLLIN);
}

/* False where nothing lies there, or nothing ever will. */
static bool read_one(struct channel *c)
{
    /* One for all channels of the process: a handler runs to its end before the next packet is read. */
    static uint8_t *bytes;
    if (!bytes)
        bytes = mem_alloc(MESSAGE_BYTES_MAX);
    if (c->fd < 0)
        return false;
    int fds[MESSAGE_FDS_MAX];
    size_t fd_count;
    ssize_t n = receive_now(c->fd, bytes, fds, &fd_count, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return false;
    /* Said once where the peer died with something unread, and before what it had sent us: that still lies
     * there. */
    if (n < 0 && errno == ECONNRESET)
        return true;
    if (n <= 0) {
        close_channel(c);
        c->on_closed(c->context);
        return false;
    }
    struct message m;
    if (!message_decode(span_of(bytes, (size_t)n), fds, fd_count, &m))
        panic("a sibling sent %zd bytes that are no message", n);
    c->on_message(c->context, &m);
    message_close_fds(&m);
    return true;
}

static void on_ready(void *context, uint32_t events)
{
    struct channel *c = context;
    const struct loop *l = c->watch.loop;
    if (events & EPOLLOUT)
        flush(c);
    for (int i = 0; i < MESSAGES_A_ROUND && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)); i++)
        if (!read_one(c) || loop_round_ends(l))
            return;
}

static void on_again(void *context)
{
    flush(context);
}

void channel_drain(struct channel *c)
{
    while (read_one(c)) {
    }
}

void channel_start(struct channel *c, struct loop *l, int fd)
{
    list_init(&c->unsent);
    c->unsent_bytes = 0;
    c->fd = fd;
    c->watch = (struct watch){.on_ready = on_ready, .context = c};
    c->again = (struct timer){.on_due = on_again, .context = c};
    watch_start(&c->watch, l, fd, EPOLLIN);
}

void channel_stop(struct channel *c)
{
    close_channel(c);
}

void channel_send_packet(struct channel *c, const struct packet *p)
{
    if (c->fd < 0)
        return;
    enum sent sent = list_empty(&c->unsent) ? send_now(c->fd, p->bytes, p->fds, p->fd_count) : FULL;
    if (sent == SENT)
        return;
    struct packet *copy = mem_zalloc(sizeof(*copy));
    list_init(&copy->node);
    copy->bytes = span_of(mem_dup(p->bytes.data, p->bytes.len), p->bytes.len);
    for (size_t i = 0; i < p->fd_count; i++) {
        copy->fds[i] = fcntl(p->fds[i], F_DUPFD_CLOEXEC, 3);
        if (copy->fds[i] < 0)
            panic("no descriptor left: errno %d", errno);
        copy->fd_count++;
    }
    c->unsent_bytes += copy->bytes.len;
    if (c->unsent_bytes > UNSENT_BYTES_MAX)
        panic("a sibling has not read for %zu bytes", c->unsent_bytes);
    if (list_empty(&c->unsent))
        wait_to_send(c, sent);
    list_append(&c->unsent, &copy->node);
}

void channel_send(struct channel *c, const struct message *m)
{
    if (c->fd < 0)
        return;
    struct packet *p = packet_new(m);
    channel_send_packet(c, p);
    packet_free(p);
}

int channel_read(int fd, struct buf *storage, struct message *m)
{
    uint8_t *bytes = mem_alloc(MESSAGE_BYTES_MAX);
    int fds[MESSAGE_FDS_MAX];
    size_t fd_count;
    ssize_t n = receive_now(fd, bytes, fds, &fd_count, 0);
    int error = n < 0 ? errno : n == 0 ? ECONNRESET : 0;
    buf_reset(storage);
    if (!error && !buf_append(storage, bytes, (size_t)n))
        error = EMSGSIZE;
    free(bytes);
    if (error)
        return error;
    return message_decode(buf_span(storage), fds, fd_count, m) ? 0 : EPROTO;
}
