/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mail as RFC 5322 and MIME want it on the wire: CRLF, lines of at most 76 characters, 7 bits. Whatever a
 * value holds, it stays a value: a line break in it cannot begin a header of its own. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

struct mime_head {
    const char *from, *from_name; /* address; display name, may be "" */
    const char *to;
    const char *subject;
    const char *message_id;  /* without <>, ours */
    const char *in_reply_to; /* without <>; "" where the mail answers nothing */
    const char *reply_to;    /* address; NULL or "": answers go to `from` */
    int64_t date_ms;         /* wall clock, written in the zone of local_time.h */
    bool answers; /* a mail that somebody sent us (RFC 3834 §5: auto-replied, else auto-generated) */
};

struct mime_attachment {
    const char *name; /* any UTF-8 (RFC 2231 where it is not ASCII) */
    const char *type;
    struct span bytes;
};

struct mime_body {
    const char *text, *html; /* UTF-8, LF; html: NULL or "" where it has none */
    const struct mime_attachment *attachments;
    size_t count;
    struct span delivery_status; /* of proto/dsn.h; makes the whole a multipart/report (RFC 6522) */
};

/* Appends the whole mail. False where it does not fit b's limit or an address is none. */
bool mime_write(struct buf *b, const struct mime_head *head, const struct mime_body *body) MUST_USE;

/* Appends an entity without a mail's header: multipart/mixed of these; one without a name is shown, not
 * attached. */
bool mime_write_parts(struct buf *b, const struct mime_attachment *parts, size_t count) MUST_USE;

/* RFC 2045 §6.8, in lines. */
void mime_write_base64(struct buf *b, struct span bytes);

/* The header of a mail that was written here, and what stands in it (its Content- fields with the body): what
 * the outer mail says of what it holds belongs to that. */
void mime_split(struct span mail, struct buf *outer, struct buf *inner);
