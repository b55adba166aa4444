/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A password becomes a proof (session.c); what the proof is for is the caller's. */
#pragma once

#include <jansson.h>

#include "base/span.h"
#include "web/identity.h"

enum { LOGIN_PASSWORD_ROOM = 201 };

struct new_key;

/* Between the questions to queue; lives in r->state. */
struct entry {
    const char *name, *totp;
    const char *passkey, *host; /* what a key said, "" where none was asked; the Host of the request */
    const char *key_name;       /* of a new passkey */
    struct new_key *api_key;    /* that is to be made (account.c) */
    char password[LOGIN_PASSWORD_ROOM], new_password[LOGIN_PASSWORD_ROOM];
    bool by_directory; /* a directory may judge the password, where it knows it */
    struct id user;    /* who shows that it is himself; ID_NONE: whoever has that name */
    int64_t begun_ms;  /* by the clock that only runs */
    unsigned wait_s;   /* what a refusal that is due says; 0: wrong */
    struct id session;
    uint8_t hash[TOKEN_HASH_LEN];
    char token[TOKEN_TEXT_LEN], signs[2 * TOKEN_HASH_LEN + 8];
    void (*on_proved)(struct request *r, struct entry *l, struct span proof);
};

/* With the token of a new session. */
struct entry *entry_new(struct request *r);
/* on_proved follows, or a reply: queue is away, or too many tries were wrong. */
void entry_prove(struct request *r, struct entry *l);
/* {"password"} of who has a session, where it was given and he has one here; then `next`, with an empty proof
 * where not. */
void entry_show_himself(struct request *r, struct entry *l, const json_t *body,
                        void (*next)(struct request *r, struct entry *l, struct span proof));
/* Has the directory that knows the password judge it, and replies. */
void directory_login(struct request *r, struct entry *l, const char *directory_id);
/* The session of that entry has begun. */
void reply_opened(struct request *r, const struct entry *l);
/* wait_s > 0: 429, and when to try again. */
void reply_login_refused(struct request *r, unsigned status, unsigned wait_s, const char *code,
                         const char *reason);
/* The same; options: JSON of what his key has to be asked, where that is missing; "". */
void reply_unopened(struct request *r, unsigned status, unsigned wait_s, const char *code, const char *reason,
                    const char *options);
/* What GET session says, and the cookie. */
void reply_session(struct request *r, const char *token);
/* passkeys.c: how he shows that it is himself, as the API says it: "password", "session" (it has just begun)
 * or "" (a provider lets him in). */
const char *shown_by(struct request *r);
/* The Host of the request; "" where it is none. */
const char *request_host(const struct request *r);
/* That member of the body as text, where it is an object; else "". */
const char *passkey_member(struct request *r, const json_t *body, const char *name);
