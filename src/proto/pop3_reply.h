/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a POP3 server says (RFC 1939, 2449, 2595, 5034). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "proto/mailbox_features.h"

enum { POP3_LINE_MAX = 1024 /* RFC 2449 §4 says 512 */, POP3_UIDL_LEN = 71 };

enum pop3_status {
    POP3_OK,
    POP3_ERR,
    POP3_CONTINUE, /* "+ ": a step of AUTH */
    POP3_NONSENSE,
};

/* text: what stands behind the word, within line; may be NULL. */
enum pop3_status pop3_status_parse(const char *line, const char **text);

/* A line of LIST and of UIDL. False where it is none. */
bool pop3_list_parse(const char *line, uint32_t *number, uint64_t *size) MUST_USE;
bool pop3_uidl_parse(const char *line, uint32_t *number, char uidl[POP3_UIDL_LEN]) MUST_USE;

/* Of one line of CAPA: MAILBOX_ flags. */
unsigned pop3_capability_parse(const char *line);

/* The lines of an answer of several lines, as bytes: dots are taken off, the last one ends it (RFC 1939 §3).
 * Only CR LF ends a line. */
struct pop3_body {
    enum {
        POP3_AT_LINE,
        POP3_IN_LINE,
        POP3_AFTER_CR,
        POP3_AFTER_DOT,
        POP3_AFTER_DOT_CR,
        POP3_BODY_ENDED
    } state;
};

/* Octets taken from the front of in; what they are is appended to `to`, which must have room for in.len + 2.
 */
size_t pop3_body_put(struct pop3_body *b, struct span in, struct buf *to) MUST_USE;
static inline bool pop3_body_ended(const struct pop3_body *b)
{
    return b->state == POP3_BODY_ENDED;
}
