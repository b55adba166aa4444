/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the SMTP server share; nobody else includes it. smtp_server.c: the interface, states,
 * replies and time; smtp_server_commands.c: command lines and the transaction; smtp_server_login.c: AUTH;
 * smtp_server_mail.c: what comes after DATA. */
#pragma once

#include "base/buf.h"
#include "mail/sasl_server.h"
#include "mail/smtp_server.h"
#include "proto/smtp_command.h"
#include "proto/smtp_data.h"

enum {
    SMTP_RECIPIENTS_BYTES = 65535, /* of the message to the queue */
    SMTP_WISHES_BYTES = 16384,     /* as well */
    SMTP_ERRORS_MAX = 30,
    SMTP_LOGIN_LINE_MAX = 4096, /* RFC 4954 §4 grants 12288; no mechanism of ours has that much to say */
    SMTP_LOGIN_FAILURES_MAX = 3,
    /* RFC 5322 says 998 and many programs do not care; nothing here does either. */
    SMTP_DATA_LINE_MAX = 65536,
};

#define STATES(X)                                                                                            \
    X(COMMAND)  /* a command line is due */                                                                  \
    X(CHECKING) /* rcpt_check is open */                                                                     \
    X(LOGIN)    /* a line of a login is due */                                                               \
    X(ASKING)   /* login_salt or login_judge is open */                                                      \
    X(DATA)     /* the mail comes */                                                                         \
    X(SPOOLING) /* spool is open */                                                                          \
    X(STORING)  /* store is open */                                                                          \
    X(SECURING) /* TLS is being started */                                                                   \
    X(ENDING)

enum state {
#define STATE_ENUM(name) STATE_##name,
    STATES(STATE_ENUM)
#undef STATE_ENUM
        STATE_COUNT
};

struct smtp_server {
    struct smtp_server_opts opts;
    enum state state;
    struct buf out;
    int64_t deadline_ms, session_ends_ms, mail_ends_ms;
    unsigned errors, commands;
    bool line_too_long; /* skipping to its end */
    bool secure;
    struct sasl_server *login; /* while one is under way */
    struct id claimant;        /* whose proof was right, while it is not over */
    struct id user;            /* logged in */
    unsigned login_failures;
    /* the session */
    bool greeted;
    char helo[SMTP_DOMAIN_LEN];
    /* the transaction */
    bool has_sender, utf8;
    struct address sender, candidate; /* candidate: of the RCPT in question */
    unsigned recipient_count;
    struct buf recipients;
    bool asks_reports; /* for anything of RFC 3461 */
    char candidate_wish[DSN_ORCPT_LEN + 4];
    struct buf wishes; /* proto/dsn_request.h */
    /* the mail */
    struct id mail_id;
    struct smtp_data data;
    struct buf mail;
    bool spooling; /* it goes into a file */
    int spool_error;
};

void smtp_server_set_state(struct smtp_server *s, enum state to); /* an illegal move is a bug: panic */
void smtp_server_reset_transaction(struct smtp_server *s);

/* One line of a reply; between: ' ' for the last one, '-' before others. What is not for the wire becomes
 * '?'. */
void smtp_server_reply_line(struct smtp_server *s, unsigned code, char between, const char *enhanced,
                            const char *text);
void smtp_server_reply(struct smtp_server *s, unsigned code, const char *enhanced, const char *text);
void smtp_server_reply_too_large(struct smtp_server *s);
/* 421, and the connection ends. */
void smtp_server_end(struct smtp_server *s, const char *enhanced, const char *text);
void smtp_server_end_for_errors(struct smtp_server *s); /* where there were too many */

/* Reckons the next deadline from now on, as the state wants it. */
void smtp_server_move_deadline(struct smtp_server *s, int64_t now_ms);

/* What may stand before a line's LF just now. */
size_t smtp_server_line_max(const struct smtp_server *s, struct span in);
void smtp_server_on_auth(struct smtp_server *s, const struct smtp_command *c);
void smtp_server_on_login_line(struct smtp_server *s, struct span line); /* without its CRLF */
void smtp_server_end_login(struct smtp_server *s);                       /* forgets it, in any state */
void smtp_server_login_unanswered(struct smtp_server *s);
bool smtp_server_wants_passwords(const struct smtp_server *s);

/* Both: how many octets were taken from the front; 0: not enough there, or no room yet. */
size_t smtp_server_take_line(struct smtp_server *s, struct span in);
size_t smtp_server_take_data(struct smtp_server *s, struct span in);
/* The mail in hand is refused or given up: its file is not needed. */
void smtp_server_give_up_file(struct smtp_server *s);
void smtp_server_reply_fault(struct smtp_server *s);
void smtp_server_reply_not_stored(struct smtp_server *s, int error);
