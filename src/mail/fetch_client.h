/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our side of one connection to a mailbox, POP3 or IMAP, without socket or clock: what the server sent and
 * what time it is go in, what to send comes out, mails come by callbacks. It takes all mails that lie there,
 * oldest first, and removes each when its owner has said that it is durable.
 *
 * The server is not trusted: what it says is bounded, nothing it says before TLS counts after it, and its
 * nonsense ends this connection only. Where STARTTLS is wanted, nothing but the question for it leaves before
 * TLS is up; a password leaves over TLS only, unless that is allowed by name.
 *
 * A mail's key is its POP3 UIDL, or its IMAP UIDVALIDITY:UID. No mail is read before the owner has said that
 * its key is new, and none is removed before it is known. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "model/outcome.h"

struct fetch_client;

enum fetch_protocol { FETCH_POP3, FETCH_IMAP };

enum fetch_login {
    FETCH_LOGIN_ANY, /* the best that the server offers: SCRAM, where it proves itself too, before the others
                      */
    FETCH_LOGIN_PLAIN, /* for a server that offers SCRAM and has no such key of the user */
    FETCH_LOGIN_SCRAM, /* or none */
    FETCH_LOGIN_TOKEN, /* `password` is an OAuth 2.0 access token */
};

/* Codes of outcomes that an owner treats in a way of its own. */
#define FETCH_CODE_LOGIN "mailbox-login" /* the server refuses user name, password or token */
#define FETCH_CODE_STORE "mailbox-store" /* our own store did not take a mail */

/* What the owner knows of a key, one character each in fetch_client_known. */
enum {
    FETCH_NEW = 'n',
    FETCH_TAKEN = 't' /* only remove it */,
    FETCH_KEPT = 'k' /* leave it alone */,
    FETCH_WAITING = 'w' /* for now */
};

struct fetch_mail {
    const char *key;
    uint64_t announced; /* bytes, as the server says */
    bool too_large;     /* what was given is its header at most */
};

struct fetch_client_handlers {
    /* keys: one a line. Answer with fetch_client_known, later. */
    void (*on_keys)(void *context, const char *keys, size_t count);
    /* Bytes of the mail that comes. False: taken, but no more before fetch_client_resume. */
    bool (*on_data)(void *context, struct span data);
    /* The mail is complete. Answer with fetch_client_taken, later. */
    void (*on_mail)(void *context, const struct fetch_mail *mail);
    /* It will not become complete: forget its bytes. */
    void (*on_cut)(void *context);
    /* Nothing is left to do: all that lay there has been dealt with. An IMAP server that can wakes us (IDLE).
     */
    void (*on_quiet)(void *context);
    /* A line that went either way, without passwords; for the test of a mailbox. May be NULL. */
    void (*on_line)(void *context, bool ours, const char *text);
    /* The last callback: close the connection. why: NULL where it ended in order; more: mails are left. */
    void (*on_over)(void *context, const struct outcome *why, bool more);
};

struct fetch_client_opts {
    enum fetch_protocol protocol;
    const char *server_name; /* for texts */
    bool starttls;           /* nothing without it */
    bool secured;            /* TLS is up already */
    bool plaintext_allowed;  /* the password may go without TLS */
    enum fetch_login login;
    const char *user, *password; /* copied; the password is wiped when used */
    const char *folder;          /* of IMAP */
    uint64_t max_bytes;          /* a larger mail is not read */
    bool keep_large;             /* ... and stays where it is */
    const char *large_key;       /* this one is too large whatever the server says; NULL: none */
    int64_t again_ms;            /* a mail that waits is asked about so often, also in IDLE; 0: no sooner */
    bool look_only;              /* a test: log in, look, leave */
    const struct fetch_client_handlers *handlers; /* kept; no handler may call back into the client */
    void *context;
};

struct fetch_client *fetch_client_new(const struct fetch_client_opts *opts, int64_t now_ms) MUST_USE;
void fetch_client_free(struct fetch_client *c); /* NULL is fine; no callback */

/* Bytes taken from the front; what is left is to be given again after the next answer or resume. */
size_t fetch_client_input(struct fetch_client *c, struct span bytes, int64_t now_ms);
/* What is to be sent now; valid until the next call with this client. */
struct span fetch_client_output(const struct fetch_client *c);
void fetch_client_took(struct fetch_client *c, size_t n);

/* The server agreed to TLS: drop what it said after that, secure the connection, call fetch_client_secured.
 */
bool fetch_client_wants_tls(const struct fetch_client *c);
void fetch_client_secured(struct fetch_client *c, int64_t now_ms);
void fetch_client_lost(struct fetch_client *c, const char *why); /* the connection is gone */

/* states: one character a key. */
void fetch_client_known(struct fetch_client *c, const char *states, int64_t now_ms);
/* error 0: the mail and its key are durable. EAGAIN: it stays where it is, for a while; the next one. */
void fetch_client_taken(struct fetch_client *c, int error, int64_t now_ms);
void fetch_client_resume(struct fetch_client *c, int64_t now_ms);

/* Call fetch_client_tick when this monotonic time has come; INT64_MAX: nothing is waited for. */
int64_t fetch_client_deadline(const struct fetch_client *c);
void fetch_client_tick(struct fetch_client *c, int64_t now_ms);

/* Ends in order as soon as it can. */
void fetch_client_quit(struct fetch_client *c, int64_t now_ms);
/* The size of the mail that comes is more than was announced and more than max_bytes: its key. NULL: none. */
const char *fetch_client_liar(const struct fetch_client *c);
