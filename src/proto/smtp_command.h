/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A command line of SMTP (RFC 5321 §4.1) or LMTP (RFC 2033 §4.1), with the parameters of SIZE (RFC 1870),
 * 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531) and DSN (RFC 3461). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "proto/address.h"
#include "proto/dsn_request.h"

/* name, what follows the word: NOTHING, ANYTHING, DOMAIN, or a FROM: or TO: path. Some are known so that they
 * can be refused by name. */
#define SMTP_VERBS(X)                                                                                        \
    X(EHLO, DOMAIN)                                                                                          \
    X(HELO, DOMAIN)                                                                                          \
    X(LHLO, DOMAIN)                                                                                          \
    X(MAIL, FROM)                                                                                            \
    X(RCPT, TO)                                                                                              \
    X(DATA, NOTHING)                                                                                         \
    X(RSET, NOTHING)                                                                                         \
    X(NOOP, ANYTHING)                                                                                        \
    X(QUIT, NOTHING)                                                                                         \
    X(VRFY, ANYTHING)                                                                                        \
    X(EXPN, ANYTHING)                                                                                        \
    X(HELP, ANYTHING)                                                                                        \
    X(STARTTLS, NOTHING)                                                                                     \
    X(AUTH, ANYTHING)                                                                                        \
    X(BDAT, ANYTHING)                                                                                        \
    X(ETRN, ANYTHING)

enum smtp_verb {
#define SMTP_VERB_ENUM(name, follows) SMTP_##name,
    SMTP_VERBS(SMTP_VERB_ENUM)
#undef SMTP_VERB_ENUM
        SMTP_UNKNOWN
};

/* RFC 5321 §4.5.3.1.4 asks for 512 octets, extensions add to it; a path with our long local parts needs more.
 */
enum { SMTP_LINE_MAX = 1024, SMTP_DOMAIN_LEN = 256 };

enum smtp_body { SMTP_BODY_7BIT, SMTP_BODY_8BITMIME };

struct smtp_command {
    enum smtp_verb verb;
    char domain[SMTP_DOMAIN_LEN]; /* EHLO, HELO, LHLO: as it came; printable, no blanks */
    bool null_path;               /* MAIL FROM:<> */
    struct address path;          /* MAIL, RCPT. RCPT TO:<postmaster> has no domain (RFC 5321 §4.5.1) */
    bool has_size;
    uint64_t size; /* octets, as the client thinks */
    enum smtp_body body;
    bool utf8;                 /* MAIL: SMTPUTF8 was asked for */
    bool auth;                 /* MAIL: AUTH= was given (RFC 4954 §5); what it claims counts for nothing */
    bool has_ret, wants_full;  /* MAIL: RET= */
    char envid[DSN_ENVID_LEN]; /* MAIL: ENVID=, decoded; "" without */
    unsigned notify;           /* RCPT: NOTIFY=, a set of enum dsn_notify */
    char orcpt[DSN_ORCPT_LEN]; /* RCPT: ORCPT=, decoded; "" without */
    struct span argument;      /* the line behind the word, without blanks around it */
};

/* What to answer; the texts are static. */
struct smtp_refusal {
    unsigned code;        /* 0: none */
    const char *enhanced; /* RFC 3463 */
    const char *text;
};

/* line: without its CRLF. utf8: a path beyond ASCII is fine (RCPT of a mail announced with SMTPUTF8). Returns
 * a refusal with code 0 where all is well; verb is set in every case. */
struct smtp_refusal smtp_command_parse(struct span line, bool utf8, struct smtp_command *c) MUST_USE;
