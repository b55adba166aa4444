/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* message/delivery-status (RFC 3464 §2): what became of a mail, for machines. ASCII, lines end in CRLF. */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"

struct dsn_recipient {
    const char *address;      /* where the mail went: of ours, "FAX=+39...@box.domain" for a number */
    const char *status;       /* RFC 3463; 2.x.x: delivered, else failed */
    const char *code, *text;  /* diagnostic; "" where there is none */
    const char *last_attempt; /* RFC 5322 date; "" where there was none */
    const char *original;     /* "rfc822;ann@example.com", as ORCPT said (RFC 3461); "" where it did not */
};

struct dsn {
    const char *reporting_mta; /* host name */
    const char *arrival;       /* RFC 5322 date; "" where it is not known */
    const struct dsn_recipient *recipients;
    size_t count;      /* at least one: a report without recipient is none */
    const char *envid; /* as ENVID said; "" where it did not */
};

/* Whatever a value holds, it stays on its line (folded, RFC 5322 §2.2.3), without control characters and
 * non-ASCII. A recipient that is no address becomes "unknown". */
void dsn_format(struct buf *b, const struct dsn *d);

/* The table of what a mail may give as its reason (proto/reasons.def), NULL behind its end. */
const char *dsn_reason(size_t at);
/* RFC 3463 status of an outcome. state: of a job (model/states.h), "" for a mail that was refused. */
const char *dsn_status(const char *state, const char *code);
