/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the three files of the SMTP client share; nobody else includes it. smtp_client.c: the interface and
 * how everything ends; smtp_login.c: from the greeting to a server that takes mail; smtp_transaction.c: one
 * mail. */
#pragma once

#include "base/buf.h"
#include "mail/sasl.h"
#include "mail/smtp_client.h"
#include "proto/smtp_body.h"
#include "proto/smtp_reply.h"

enum { RECIPIENTS_MAX = 100 }; /* RFC 5321 §4.5.3.1.8: what every server takes */

/* Name, what we wait for (for a person), how long. RFC 5321 §4.5.3.2; AUTH, STARTTLS: as MAIL; QUIT: nothing
 * depends on it any more. 0: for no reply of the server. */
#define SMTP_STAGES(X)                                                                                       \
    X(GREETING, "the greeting", 300000)                                                                      \
    X(EHLO, "EHLO", 300000)                                                                                  \
    X(HELO, "HELO", 300000)                                                                                  \
    X(STARTTLS, "STARTTLS", 300000)                                                                          \
    X(SECURING, "TLS", 0)                                                                                    \
    X(AUTH, "the login", 300000)                                                                             \
    X(READY, "a mail", 0)                                                                                    \
    X(MAIL, "MAIL FROM", 300000)                                                                             \
    X(RCPT, "RCPT TO", 300000)                                                                               \
    X(DATA, "DATA", 120000)                                                                                  \
    X(BODY, "the mail's bytes", 180000)                                                                      \
    X(DOT, "the end of the mail", 600000)                                                                    \
    X(RSET, "RSET", 300000)                                                                                  \
    X(QUIT, "QUIT", 5000)                                                                                    \
    X(OVER, "nothing", 0)

enum smtp_stage {
#define STAGE_ENUM(name, text, timeout) SMTP_STAGE_##name,
    SMTP_STAGES(STAGE_ENUM)
#undef STAGE_ENUM
        SMTP_STAGE_COUNT
};

struct smtp_client {
    struct smtp_client_opts opts;
    char *own_name, *server_name, *user, *password;
    enum smtp_stage stage;
    int64_t progress_ms; /* when something last happened */
    bool secured;
    struct smtp_reply_parser parser;
    struct smtp_capabilities can;
    struct buf out;
    struct sasl *sasl; /* while we log in */

    /* The running mail. */
    const struct smtp_mail *mail;
    bool pipelined;               /* all commands up to DATA are out; their replies come in order */
    bool asked[RECIPIENTS_MAX];   /* gets a RCPT command */
    bool settled[RECIPIENTS_MAX]; /* has its outcome */
    size_t rcpt_at;               /* recipient whose RCPT is answered next */
    uint64_t read_at;
    struct smtp_body body;
};

const char *smtp_stage_text(enum smtp_stage stage);

/* One command line, with CR LF. */
void smtp_say(struct smtp_client *c, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- outcomes and ends (smtp_client.c) ---- */

/* Of a mail or one recipient: the server's first digit decides. about: "the recipient", "the mail" ... */
void smtp_outcome_of_mail(const struct smtp_client *c, const struct smtp_reply *r, const char *about,
                          struct outcome *o);
/* The connection cannot be used any more. why: for who is concerned, NULL after QUIT. */
void smtp_end_session(struct smtp_client *c, const struct outcome *why, bool unreachable);
/* The server's refusal of something that is no mail. advice: what follows from it. */
void smtp_end_in_refusal(struct smtp_client *c, const struct smtp_reply *r, const char *about,
                         const char *advice);
#define SMTP_LATER " It is tried again later."
void smtp_end_in_nonsense(struct smtp_client *c);

/* ---- replies of the server: smtp_on_greeting ... (smtp_login.c, smtp_transaction.c) ---- */

void smtp_on_greeting(struct smtp_client *c, const struct smtp_reply *r);
void smtp_on_ehlo(struct smtp_client *c, const struct smtp_reply *r);
void smtp_on_helo(struct smtp_client *c, const struct smtp_reply *r);
void smtp_on_starttls(struct smtp_client *c, const struct smtp_reply *r);
void smtp_on_auth(struct smtp_client *c, const struct smtp_reply *r);
void smtp_on_mail(struct smtp_client *c, const struct smtp_reply *r);
void smtp_on_rcpt(struct smtp_client *c, const struct smtp_reply *r);
void smtp_on_data(struct smtp_client *c, const struct smtp_reply *r);
void smtp_on_early_reply(struct smtp_client *c, const struct smtp_reply *r);
void smtp_on_dot(struct smtp_client *c, const struct smtp_reply *r);
void smtp_on_rset(struct smtp_client *c, const struct smtp_reply *r);

/* (smtp_login.c) */
void smtp_say_ehlo(struct smtp_client *c);

/* (smtp_transaction.c) Every recipient of the running mail without an outcome gets this one. */
void smtp_settle_rest(struct smtp_client *c, const struct outcome *o);
bool smtp_all_settled(const struct smtp_client *c);
void smtp_close_mail(struct smtp_client *c);
void smtp_pump_body(struct smtp_client *c); /* the mail's next bytes into `out` */
