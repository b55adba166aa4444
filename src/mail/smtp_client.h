/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our side of one SMTP connection (RFC 5321), without socket or clock: what the server sent and what time it
 * is go in, what to send comes out, results come by callbacks. Several mails, one after the other, on one
 * connection.
 *
 * The server is not trusted: replies are bounded, and nothing it sends before TLS counts after it. Where
 * STARTTLS is wanted, nothing but EHLO and STARTTLS leaves before TLS is up; a password leaves over TLS only.
 *
 * If the connection is lost after the last byte of a mail went out and before the server's answer, nobody can
 * know whether it was delivered. That is VERDICT_RETRY: a mail twice does less harm than none (RFC 5321
 * §4.5.4.1). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/span.h"
#include "model/outcome.h"
#include "proto/sasl_mechanism.h"

struct smtp_client;

/* Codes of outcomes that no reply of the server stands behind; else the code is "smtp-550" or
 * "smtp-550-5.1.1". */
#define SMTP_CODE_LOST                "smtp-lost" /* before the mail was complete: certainly not delivered */
#define SMTP_CODE_LOST_UNCONFIRMED    "smtp-lost-unconfirmed" /* after it was: perhaps delivered */
#define SMTP_CODE_TIMEOUT             "smtp-timeout"
#define SMTP_CODE_TIMEOUT_UNCONFIRMED "smtp-timeout-unconfirmed"
#define SMTP_CODE_NO_STARTTLS         "smtp-no-starttls"
#define SMTP_CODE_INJECTION           "smtp-starttls-injection"

struct smtp_client_handlers {
    /* What became of one recipient of the running mail. */
    void (*on_recipient)(void *context, size_t index, const struct outcome *o);
    /* Each reply of the server: what it answered to ("EHLO", "MAIL FROM"), its own words. May be NULL. */
    void (*on_reply)(void *context, const char *to, const char *words);
    /* Every recipient has its outcome. The mail is not read any more. */
    void (*on_mail_done)(void *context);
    /* The last callback: close the connection. why: NULL after smtp_client_quit. unreachable: there was no
     * talking to the server at all (S3.12: try again every 30 s), as against settings that it refuses. */
    void (*on_over)(void *context, const struct outcome *why, bool unreachable);
};

struct smtp_client_opts {
    const char *own_name;                        /* for EHLO */
    const char *server_name;                     /* for texts */
    bool starttls;                               /* nothing without STARTTLS first */
    bool secured;                                /* TLS is up already */
    const char *user, *password;                 /* NULL or "": no AUTH. Copied, wiped when used up */
    enum sasl_mechanism login;                   /* with these */
    int64_t greeting_timeout_ms;                 /* 0: RFC 5321's five minutes */
    const struct smtp_client_handlers *handlers; /* kept; no handler may call back into the client */
    void *context;
};

/* All of it must stay until on_mail_done. */
struct smtp_mail {
    const char *sender; /* "": the null sender */
    /* What a bounce will call the mail (RFC 3461), where the server has DSN: letters, digits, hyphens. The
     * bounce then carries the header alone. NULL or "": none. */
    const char *envid;
    const char *const *recipients;
    size_t recipient_count;
    bool probe;    /* S3.8: asks for sender and recipients, and takes it back before DATA; nothing is read */
    uint64_t size; /* bytes that read gives */
    /* Bytes from `at` on, at most room; 0 or less: cannot be read. */
    ssize_t (*read)(void *context, uint64_t at, uint8_t *to, size_t room);
    void *context;
};

struct smtp_client *smtp_client_new(const struct smtp_client_opts *opts, int64_t now_ms) MUST_USE;
void smtp_client_free(struct smtp_client *c); /* NULL is fine; no callback */

/* Uses all of it. */
void smtp_client_input(struct smtp_client *c, struct span bytes, int64_t now_ms);
/* What is to be sent now; valid until the next call with this client. */
struct span smtp_client_output(struct smtp_client *c);
void smtp_client_took(struct smtp_client *c, size_t n,
                      int64_t now_ms); /* n bytes of output are on their way */

/* The server agreed to STARTTLS: secure the connection, then call smtp_client_secured. */
bool smtp_client_wants_tls(const struct smtp_client *c);
void smtp_client_secured(struct smtp_client *c, int64_t now_ms);
/* The connection is gone. why: what the socket said. */
void smtp_client_lost(struct smtp_client *c, const char *why);

/* Call smtp_client_tick when this monotonic time has come; INT64_MAX: nothing is waited for. */
int64_t smtp_client_deadline(const struct smtp_client *c);
void smtp_client_tick(struct smtp_client *c, int64_t now_ms);

/* Logged in and without a mail: the next one may be given, or quit. To be asked after any call. */
bool smtp_client_is_ready(const struct smtp_client *c);
void smtp_client_deliver(struct smtp_client *c, const struct smtp_mail *mail, int64_t now_ms);
void smtp_client_quit(struct smtp_client *c, int64_t now_ms);
