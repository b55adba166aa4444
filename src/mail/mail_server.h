/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The mail server that takes our outgoing mail: mails wait here in order and go over as many connections as
 * are allowed (S3.13: one), each connection for as many mails as there are. What concerns the server and not
 * a mail - it is away, it wants another password - is told to every mail that waits, at once: a wrong
 * password is tried once, not once a mail. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/id.h"
#include "model/outcome.h"
#include "net/loop.h"
#include "net/tls.h"
#include "proto/sasl_mechanism.h"

struct mail_server;

enum mail_security {
    MAIL_SECURITY_NONE,     /* "none" */
    MAIL_SECURITY_STARTTLS, /* "starttls": or nothing */
    MAIL_SECURITY_TLS,      /* "implicit": from the first byte */
    MAIL_SECURITY_AUTO,     /* "auto" (S3.7): the safest that the server has, never plaintext */
};

/* False where it is none of the names above. */
bool mail_security_parse(const char *text, enum mail_security *security) MUST_USE;

struct mail_server_settings {
    const char *host;
    uint16_t port;
    enum mail_security security;
    const char *user, *password; /* "": no login */
    enum sasl_mechanism login;
    const char *ca_file, *pin; /* as in net/tls.h */
    const char *tls_name;      /* in its certificate; NULL or "": host */
    enum tls_oldest oldest;
    bool allow_plain; /* MAIL_SECURITY_AUTO: where it has no TLS at all */
    bool tls_seen;    /* it spoke TLS once: never without it (S3.7) */
};

struct mail_server_opts {
    struct loop *loop;
    const char *own_name;                 /* for EHLO */
    struct mail_server_settings settings; /* copied */
    unsigned connections;                 /* most at once */
    /* Once for each mail, perhaps before mail_server_deliver returns.
     * May not free the server. */
    void (*on_done)(void *context, struct id mail, const struct outcome *o, enum delivery_fault fault);
    /* What the server says to each command, whatever connection it is. May be NULL. */
    void (*on_step)(void *context, const char *step, const char *words);
    void *context;
};

struct mail_server *mail_server_new(const struct mail_server_opts *opts) MUST_USE;
void mail_server_free(struct mail_server *s); /* at once, no callback; NULL is fine */

struct mail_server_mail {
    struct id id;
    const char *sender, *recipient; /* copied */
    const char *envid;  /* ENVID (RFC 3461 §4.4), where the server has DSN; NULL or "": none; copied */
    bool probe;         /* S3.8: is asked for and not sent */
    const char *prefix; /* header fields that go in front; NULL or "": none; copied */
    int fd;             /* taken; -1 for a probe */
    uint64_t size;
};

void mail_server_deliver(struct mail_server *s, const struct mail_server_mail *mail);
/* It speaks TLS, as we saw or were told. */
bool mail_server_tls_seen(const struct mail_server *s);
void mail_server_set_tls_seen(struct mail_server *s);
/* Does that mail wait or travel? */
bool mail_server_has(const struct mail_server *s, struct id mail);
/* Mails between MAIL FROM and their answer; breaking them off could deliver them twice. */
unsigned mail_server_travelling(const struct mail_server *s);
/* No mail and no connection. */
bool mail_server_idle(const struct mail_server *s);
/* Begins no mail any more and ends connections as soon as they are without one. */
void mail_server_hold(struct mail_server *s);
