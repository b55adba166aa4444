/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The form of a mail that is hashed for a signature (RFC 6376 §3.4): what a relay may change is taken out
 * first. */
#pragma once

#include "base/buf.h"
#include "proto/signed_header.h"

/* A field with its CR LF. */
void canon_header(const struct signed_field *f, bool relaxed, struct buf *to);
/* The same for the signature's own field: the value of b= left out, no CR LF at its end. False where it has
 * no b=. */
bool canon_own_header(const struct signed_field *f, bool relaxed, struct buf *to);

/* A body, piece by piece; what comes out goes to `put`. Clear it, set relaxed, put and context. */
struct canon_body {
    bool relaxed;
    void (*put)(void *context, const void *data, size_t len);
    void *context;
    bool begun;         /* something was put out: the body is not empty */
    bool after_cr;      /* the last octet was a CR */
    bool blank;         /* relaxed: blanks that become one, or nothing at the end of a line */
    bool in_line;       /* the line holds something */
    uint64_t new_lines; /* held back: they count only where something follows */
    size_t held;
    uint8_t out[2048];
};

void canon_body_add(struct canon_body *c, struct span in);
void canon_body_end(struct canon_body *c);
