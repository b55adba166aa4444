/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A file of the pickup folder (S3.11): a mail of a program on this machine, as `sendmail -t` would take it.
 *
 *     X-Sender: cron@host          envelope, as mail servers with pickup folders have it; both may be missing
 *     X-Receiver: admin@example    any number of them
 *     From: ...                    and so on: the mail itself
 *
 * Without X-Receiver the mail goes to all of To, Cc and Bcc; without X-Sender it comes from Return-Path,
 * Sender or From, in that order. An address without a domain is one of this host. X-Sender, X-Receiver,
 * Return-Path and Bcc do not travel; From, Date and Message-ID are added where the program left them out. */
#pragma once

#include "base/buf.h"
#include "proto/complaint.h"
#include "proto/mail_header.h"

enum {
    PICKUP_HEADER_MAX = 65536,
    PICKUP_RECIPIENTS_MAX = 100,
    PICKUP_HOPS_MAX = 50, /* Received fields; more is a loop (RFC 5321 §6.3) */
};

struct pickup_rules {
    const char *home;       /* domain of addresses that have none */
    const char *date;       /* now, as in a Date field */
    const char *message_id; /* "<...>" for a mail without one */
};

struct pickup_mail {
    char sender[ADDRESS_LEN]; /* "": bounces are not wanted */
    char recipients[PICKUP_RECIPIENTS_MAX][ADDRESS_LEN];
    size_t recipient_count;
    struct buf header; /* as it travels: CRLF, the empty line at its end */
    size_t body_at;    /* where in the file the body begins */
};

/* start: the first bytes of the file, at least PICKUP_HEADER_MAX where it has as many. False with the reason.
 * pickup_clear in both cases. */
bool pickup_parse(const struct pickup_rules *r, struct span start, struct pickup_mail *m,
                  struct complaint *why) MUST_USE;
void pickup_clear(struct pickup_mail *m);

/* Bodies travel with CRLF: lone LF and lone CR become one. Appends to `to`; *after_cr, false at first,
 * carries over from piece to piece. */
void pickup_body(struct span piece, bool *after_cr, struct buf *to);
/* A CR at the very end of the body. */
void pickup_body_end(bool after_cr, struct buf *to);
