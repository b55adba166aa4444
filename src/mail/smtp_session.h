/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection to a mail server: the SMTP client on a real stream with a real clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/outcome.h"
#include "net/loop.h"
#include "net/tls.h"
#include "proto/sasl_mechanism.h"

struct smtp_session;

enum smtp_how {
    SMTP_PLAIN,         /* no TLS, though the server may offer it */
    SMTP_WITH_STARTTLS, /* or nothing */
    SMTP_WITH_TLS,      /* from the first byte (RFC 8314) */
};

/* Codes of outcomes that come from below SMTP. */
#define SMTP_CODE_UNREACHABLE "mail-server-unreachable"
#define SMTP_CODE_CERTIFICATE "tls-certificate"
#define SMTP_CODE_TLS         "tls-failed"
#define SMTP_CODE_TLS_TIMEOUT "tls-timeout"

struct smtp_session_handlers {
    /* Call smtp_session_deliver or smtp_session_quit, now or later. Comes again after each mail. */
    void (*on_ready)(void *context);
    void (*on_mail_done)(void *context, const struct outcome *o);
    /* What the server said to each command, TLS too. May be NULL. */
    void (*on_step)(void *context, const char *step, const char *words);
    /* The last callback; the session may be freed in it. why: NULL after smtp_session_quit. */
    void (*on_over)(void *context, const struct outcome *why, bool unreachable);
};

struct smtp_session_opts {
    struct loop *loop;
    const char *host;
    uint16_t port;
    enum smtp_how how;
    struct tls_context *tls; /* stays the caller's; NULL for SMTP_PLAIN */
    const char *tls_name;    /* kept; in its certificate. "": host */
    const char *own_name;
    const char *user, *password; /* "": no login */
    enum sasl_mechanism login;
    int64_t greeting_timeout_ms;                  /* 0: RFC 5321's five minutes */
    int64_t tls_timeout_ms;                       /* for the handshake; 0: a minute */
    const struct smtp_session_handlers *handlers; /* kept */
    void *context;
};

struct smtp_session_mail {
    const char *sender, *recipient;
    const char *envid;  /* as in smtp_mail; NULL: none */
    const char *prefix; /* goes in front of the bytes; NULL: nothing */
    bool probe;         /* only asks whether it would be taken */
    int fd;             /* read by position; -1 for a probe */
    uint64_t size;
};

struct smtp_session *smtp_session_start(const struct smtp_session_opts *opts) MUST_USE;
void smtp_session_free(struct smtp_session *s); /* at once, no callback; NULL is fine */

/* Once after each on_ready, one of them. The texts and the descriptor must stay until on_mail_done. */
void smtp_session_deliver(struct smtp_session *s, const struct smtp_session_mail *mail);
void smtp_session_quit(struct smtp_session *s);
