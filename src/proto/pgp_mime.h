/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PGP/MIME (RFC 3156) by its bytes: a signature is over the very bytes that came, so they are found here and
 * not by a parser that makes a tree of them. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

enum pgp_mime_kind {
    PGP_MIME_NONE, /* the mail as a whole is no PGP/MIME */
    PGP_MIME_SIGNED,
    PGP_MIME_ENCRYPTED,
    PGP_MIME_BROKEN, /* it says that it is, and is not built so */
};

struct pgp_mime {
    struct span header;    /* the mail's fields, without the empty line */
    struct span content;   /* signed: the entity, with its header. encrypted: the OpenPGP message */
    struct span signature; /* signed: the OpenPGP signature */
    bool extra;            /* more parts than two: nothing vouches for those */
};

enum pgp_mime_kind pgp_mime_find(struct span mail, struct pgp_mime *m) MUST_USE;

/* Every line end as CRLF, as it is signed (§5). */
void pgp_mime_canonical(struct span text, struct buf *to);

/* A mail of the outer header and an entity that was in it: what the entity says of itself replaces the outer
 * Content-* fields. Where the entity's header is meant to be the mail's (protected headers; RFC 9788 and its
 * forerunner), its From, To, Cc, Subject, Date and Message-ID are the mail's; else they are no fields of a
 * mail and go. *bound: it says to whom the mail goes. False where the entity has no header that can be read,
 * or it does not fit. */
bool pgp_mime_join(struct span header, struct span entity, struct buf *to, bool *bound) MUST_USE;
