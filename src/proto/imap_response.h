/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an IMAP server says (RFC 3501, 9051): bytes to responses, and a response's text to what it means to
 * us. Literals are never kept here: their bytes are handed on as they come, "{n}" stays in the text in their
 * place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "proto/mailbox_features.h"

enum { IMAP_TEXT_MAX = 16384, IMAP_LITERALS_MAX = 8 };

struct imap_reader {
    struct buf text;
    uint64_t literal_left;
    unsigned literals;
    bool complete;
};

enum imap_step {
    IMAP_MORE,
    IMAP_LITERAL,  /* chunk: bytes of the literal whose "{n}" ends `text` */
    IMAP_RESPONSE, /* `text` holds it until the next feed */
    IMAP_NONSENSE, /* too long, a NUL in a line, or too many literals */
};

void imap_reader_init(struct imap_reader *r);
void imap_reader_clear(struct imap_reader *r); /* frees; may be used again */
/* Takes from the front of in. */
enum imap_step imap_reader_feed(struct imap_reader *r, struct span *in, struct span *chunk);
/* Is the literal that comes now the whole of a mail, "BODY[] {n}", or its header? */
bool imap_reader_at_body(const struct imap_reader *r);

enum imap_kind {
    IMAP_TAGGED,
    IMAP_CONTINUE, /* "+" */
    IMAP_STATUS,   /* "* OK", NO, BAD, BYE, PREAUTH */
    IMAP_CAPABILITY,
    IMAP_EXISTS,
    IMAP_FETCH,
    IMAP_OTHER,
};

enum imap_condition { IMAP_OK, IMAP_NO, IMAP_BAD, IMAP_BYE, IMAP_PREAUTH };

struct imap_response {
    enum imap_kind kind;
    enum imap_condition condition; /* IMAP_TAGGED, IMAP_STATUS */
    struct span tag;               /* IMAP_TAGGED */
    const char *text;              /* behind the condition, or "+"; within the parsed text */
    uint32_t number;               /* IMAP_EXISTS, IMAP_FETCH: of the message */
    bool has_features;             /* IMAP_CAPABILITY, or the code [CAPABILITY ...] */
    unsigned features;             /* MAILBOX_ flags */
    uint32_t uid_validity;         /* of the code; 0: none */
    uint32_t uid;                  /* of FETCH; 0: none */
    bool has_size;
    uint64_t size;         /* RFC822.SIZE */
    bool has_body;         /* BODY[...] or NIL for it */
    bool body_was_literal; /* its bytes have been handed on */
    struct span body;      /* else, a quoted string: as it stands, with its backslashes */
};

/* text: of a complete response. False where it is no response at all. */
bool imap_response_parse(const char *text, struct imap_response *r) MUST_USE;

/* "quoted", with backslashes where needed. False where the text cannot be: it holds CR, LF, or bytes beyond
 * ASCII. */
bool imap_quote(const char *text, struct buf *to) MUST_USE;
