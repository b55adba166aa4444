/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a gateway and the server say to each other on a stream (S4.4): frames of a kind, a length and so many
 * octets. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"
#include "model/id.h"

/* Kinds. On the connection for commands: */
enum {
    FRAME_HELLO = 'H',   /* who speaks: a text, and it has to be the same on both sides; the first frame */
    FRAME_LIST = 'L',    /* server: JSON of the mailboxes that gateways read, whenever they change */
    FRAME_MESSAGE = 'M', /* message.h, without descriptors */
    FRAME_ALIVE = 'P',   /* gateway, now and then; it comes back */
    /* On one for a mail: */
    FRAME_MAIL = 'D',   /* gateway: struct frame_mail; its octets follow as they are */
    FRAME_STORED = 'A', /* server: an errno, 0 once it has them all */
};
enum { FRAME_HEAD = 5, FRAME_COMMAND_MAX = 192 * 1024, FRAME_LIST_MAX = 8 << 20 };

struct frame {
    char kind;
    struct span payload;
    size_t whole; /* octets of all of it */
};

enum frame_step { FRAME_MORE, FRAME_COMPLETE, FRAME_BAD };

/* FRAME_BAD: longer than max. */
enum frame_step frame_read(struct span in, size_t max, struct frame *f) MUST_USE;
void frame_put(struct buf *b, char kind, struct span payload);

struct frame_mail {
    struct id mail, mailbox;
    uint64_t size;
};

bool frame_mail_read(struct span payload, struct frame_mail *m) MUST_USE;
void frame_mail_put(struct buf *b, const struct frame_mail *m);
bool frame_number_read(struct span payload, uint32_t *n) MUST_USE;
void frame_number_put(struct buf *b, char kind, uint32_t n);
