/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One end of a SOCK_SEQPACKET pair: whole messages with their descriptors, never blocking. What the socket
 * does not take now waits here in order. */
#pragma once

#include "base/list.h"
#include "ipc/message.h"
#include "net/loop.h"

struct channel {
    struct watch watch;
    int fd;             /* -1: closed */
    struct list unsent; /* of struct packet */
    size_t unsent_bytes;
    struct timer again; /* the kernel lacked something else than room in the socket */
    void (*on_message)(void *context,
                       struct message *m); /* takes what it wants; the rest is closed after it */
    void (*on_closed)(void *context);      /* the other end is gone; the channel is closed */
    void *context;
};

/* An encoded message with descriptors of its own, so that it can wait and be sent again. */
struct packet {
    struct list node;
    struct span bytes; /* owned */
    int fds[MESSAGE_FDS_MAX];
    size_t fd_count;
};

struct packet *packet_new(const struct message *m) MUST_USE;
void packet_free(struct packet *p);

/* Both ends, close-on-exec; 0 or errno. */
int channel_pair(int fds[2]) MUST_USE;

/* Takes the descriptor. The callbacks are set by the caller before. */
void channel_start(struct channel *c, struct loop *l, int fd);
void channel_stop(struct channel *c); /* closes; drops what was not sent */
/* Reads what still lies in the socket; what a process said before it died counts. */
void channel_drain(struct channel *c);
void channel_send(struct channel *c, const struct message *m);
void channel_send_packet(struct channel *c, const struct packet *p);

/* Blocking, for the first words of a new process: the next message into m, whose texts live in storage. 0 or
 * errno; ECONNRESET at the end. */
int channel_read(int fd, struct buf *storage, struct message *m) MUST_USE;
