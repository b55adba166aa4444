/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an SMTP server says (RFC 5321 §4.2), read as it arrives in pieces of any size, and what it offers in
 * its answer to EHLO (§4.1.1.1). Hostile input: lengths are bounded, texts come out as printable UTF-8. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"

enum {
    SMTP_REPLY_LINE_MAX = 2048, /* §4.5.3.1.5 says 512; real servers say more */
    SMTP_REPLY_LINES_MAX = 128,
    SMTP_REPLY_TEXT_LEN = 4096, /* with NUL; what goes beyond is cut */
};

/* RFC 3463 §2: "5.1.1". class 0: none was given. */
struct smtp_enhanced {
    uint16_t class, subject, detail;
};

struct smtp_reply {
    unsigned code; /* 200-599 */
    struct smtp_enhanced enhanced;
    char text[SMTP_REPLY_TEXT_LEN]; /* without codes; lines separated by '\n' */
};

struct smtp_reply_parser {
    struct smtp_reply reply;
    unsigned lines;
    size_t text_len;
    size_t line_len;
    char line[SMTP_REPLY_LINE_MAX];
};

enum smtp_reply_step {
    SMTP_REPLY_MORE,     /* all input is used up, the reply is not whole yet */
    SMTP_REPLY_COMPLETE, /* parser.reply stands until the next feed; the rest of the input is untouched */
    SMTP_REPLY_BAD,      /* this is no SMTP, or has no end: close the connection */
};

void smtp_reply_start(struct smtp_reply_parser *p);
/* Moves *in past what it used. After COMPLETE the next feed begins a new reply. */
enum smtp_reply_step smtp_reply_feed(struct smtp_reply_parser *p, struct span *in) MUST_USE;

/* One line for a person: "550 5.1.1 no such user", lines joined by blanks. */
void smtp_reply_format(const struct smtp_reply *r, char *text, size_t room);

enum smtp_feature {
    SMTP_STARTTLS = 1 << 0,            /* RFC 3207 */
    SMTP_PIPELINING = 1 << 1,          /* RFC 2920 */
    SMTP_8BITMIME = 1 << 2,            /* RFC 6152 */
    SMTP_SMTPUTF8 = 1 << 3,            /* RFC 6531 */
    SMTP_SIZE = 1 << 4,                /* RFC 1870 */
    SMTP_ENHANCEDSTATUSCODES = 1 << 5, /* RFC 2034 */
    SMTP_DSN = 1 << 6,                 /* RFC 3461 */
};

struct smtp_capabilities {
    unsigned features; /* of enum smtp_feature */
    unsigned logins;   /* bits of proto/sasl_mechanism.h (AUTH, RFC 4954) */
    uint64_t size_max; /* 0: no fixed limit */
};

/* From a 250 to EHLO. Unknown keywords are passed over. */
void smtp_capabilities_parse(const struct smtp_reply *r, struct smtp_capabilities *c);
