/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection of an SMTP client to us (RFC 5321): bytes and time go in, replies come out, questions are
 * asked by events and answered later. Offers PIPELINING (RFC 2920), SIZE, 8BITMIME, SMTPUTF8,
 * DSN (RFC 3461), ENHANCEDSTATUSCODES (RFC 2034), STARTTLS (RFC 3207), AUTH (RFC 4954); or, where a mail
 * server of ours stands in front, LMTP (RFC 2033): the same but for LHLO and one reply for each recipient
 * after DATA.
 *
 * SECURITY: the client is trusted in nothing. Its input is taken line by line and only as fast as it reads
 * our replies and the questions are answered, so memory is bounded by one mail buffer, one line and one block
 * of replies. One mail, once its DATA began, ends at CR LF . CR LF or with the connection (smtp_data.h). What
 * was sent ahead of TLS is forgotten. A mail counts as ours only when `store` was answered without error; 250
 * is said after that and never before.
 *
 * At most one question is open at a time. An event may be answered from inside its own call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "model/id.h"

enum { SMTP_MEMORY_MAX = 65536 /* octets of a mail that need no file */, SMTP_RECIPIENTS_MAX = 100 };

struct smtp_server;

struct smtp_mail {
    struct id id;
    const char *sender;     /* envelope; "" for the null path */
    const char *recipients; /* one a line */
    const char *wishes;     /* what was asked of reports (proto/dsn_request.h); "" for nothing */
    const char *helo;
    struct span data; /* the whole mail, or empty where it was spooled */
    uint64_t spooled; /* octets given to spool_write; 0: none */
};

struct smtp_server_events {
    /* May this client mail to this recipient? -> smtp_server_checked */
    void (*rcpt_check)(void *context, const char *sender, const char *recipient);
    /* What the password of that login name is salted with -> smtp_server_salted */
    void (*login_salt)(void *context, const char *name);
    /* Is the proof right for that name (scram_keys_fit)? -> smtp_server_judged */
    void (*login_judge)(void *context, const char *name, struct span signs, struct span proof);
    /* Is that the password of that name, as somebody else knows it? Only after smtp_server_hand_on. The
     * password stays until it returns. -> smtp_server_judged */
    void (*login_password)(void *context, const char *name, const char *password);
    /* The mail needs a file. -> smtp_server_spooled */
    void (*spool)(void *context, struct id mail);
    /* The next octets for that file; 0 or errno. */
    int (*spool_write)(void *context, struct span data);
    /* Make it durable. The mail's memory stays as it is until the answer. -> smtp_server_stored or _refused
     */
    void (*store)(void *context, const struct smtp_mail *mail);
    /* Nobody waits for the answer to the open question any more, nor for the file. */
    void (*forget)(void *context);
};

struct smtp_server_opts {
    const char *host_name; /* ours; kept */
    uint64_t max_bytes;    /* of one mail */
    bool lmtp;
    bool offer_tls;
    bool implicit_tls; /* TLS comes before the greeting (RFC 8314 §3.3) */
    bool offer_login, login_in_clear;
    bool require_login;         /* before MAIL (RFC 6409 §4.3) */
    const bool *passwords_only; /* kept, and may change: no proof of a password is judged; NULL: it is */
    const struct smtp_server_events *events; /* kept */
    void *context;
    int64_t now_ms;
};

/* The greeting stands in the output at once, or with implicit_tls the wish for TLS. */
struct smtp_server *smtp_server_new(const struct smtp_server_opts *opts) MUST_USE;
/* The client is gone, or the time has come. Calls forget where something is open. NULL is fine. */
void smtp_server_free(struct smtp_server *s);

/* Takes from the front of what has come; returns how many octets. The rest is offered again with more behind
 * it, or after an answer, or after output was sent. A caller must be able to hold 2 * SMTP_LINE_MAX octets.
 */
size_t smtp_server_input(struct smtp_server *s, struct span in, int64_t now_ms) MUST_USE;

struct span smtp_server_output(const struct smtp_server *s);
void smtp_server_sent(struct smtp_server *s, size_t n); /* the first n octets of it have been taken over */

/* Once the output has been sent: */
enum smtp_wish {
    SMTP_WISH_NOTHING,
    SMTP_WISH_TLS, /* start TLS; all input up to it has been dropped */
    SMTP_WISH_END, /* close */
};
enum smtp_wish smtp_server_wish(const struct smtp_server *s);
void smtp_server_secured(struct smtp_server *s, int64_t now_ms); /* TLS is up */

/* Answers. code: 250 or a refusal; enhanced: RFC 3463; text in one line. Nonsense is our own bug: panic. */
void smtp_server_checked(struct smtp_server *s, unsigned code, const char *enhanced, const char *text,
                         int64_t now_ms);
void smtp_server_salted(struct smtp_server *s, struct span salt, unsigned rounds, int64_t now_ms);
/* In place of salted: somebody else judges this name's password. False: the client did not send it. */
bool smtp_server_hand_on(struct smtp_server *s);
/* In place of salted too, where wait_s > 0: no login before that many seconds have gone. user: ID_NONE where
 * the proof is wrong. signature: the server's, where it is right. */
void smtp_server_judged(struct smtp_server *s, unsigned wait_s, struct id user, struct span signature,
                        int64_t now_ms);
/* In place of judged: nobody could, at this moment. */
void smtp_server_unjudged(struct smtp_server *s, int64_t now_ms);
void smtp_server_spooled(struct smtp_server *s, int error, int64_t now_ms);
void smtp_server_stored(struct smtp_server *s, int error, int64_t now_ms);
/* In place of stored: the mail is refused (4xx or 5xx) and was not stored. */
void smtp_server_refused(struct smtp_server *s, unsigned code, const char *enhanced, const char *text,
                         int64_t now_ms);

/* Who has logged in; ID_NONE: nobody. */
struct id smtp_server_user(const struct smtp_server *s);

/* At this time (clock_mono_ms) call smtp_server_expire, which does nothing when called early. */
int64_t smtp_server_deadline_ms(const struct smtp_server *s);
void smtp_server_expire(struct smtp_server *s, int64_t now_ms);

/* Says 421 and ends: we are going down. */
void smtp_server_close(struct smtp_server *s);
