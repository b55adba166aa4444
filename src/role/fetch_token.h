/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The OAuth 2.0 access token of one mailbox: by a refresh token or by client credentials (RFC 6749), and a
 * new refresh token by device authorisation (RFC 8628) or authorization code (RFC 6749 §4.1). A refresh token
 * that the server replaces is sealed and goes to the store. */
#pragma once

#include "mail/https_post.h"
#include "model/outcome.h"
#include "proto/oauth_redirect.h"
#include "role/fetch_house.h"

#define FETCH_CODE_TOKEN_REFUSED "mailbox-token-refused" /* until a person authorises anew */

struct device_code {
    const char *user_code, *uri;
    unsigned seconds;
};

struct fetch_token {
    struct fetch_house *house;
    struct id mailbox;
    const char *name;
    json_t *settings; /* the mailbox's */
    char *access;     /* NULL: none */
    int64_t expires_ms;
    struct https_post *request, *device_request;
    struct timer poll; /* while a person authorises */
    char *device_code;
    int64_t poll_ms, poll_ends_ms;
    char *verifier; /* of PKCE, while a person logs in; NULL: nobody does */
    char state[OAUTH_STATE_LEN];
    int64_t code_ends_ms;
    /* why NULL: `access` holds one. */
    void (*on_token)(void *context, const struct outcome *why);
    /* The answer to fetch_token_authorize: why NULL, or what is wrong. */
    void (*on_device)(void *context, const struct outcome *why, const struct device_code *d);
    /* The answer to fetch_token_redeem, after on_token where it went well. */
    void (*on_redeemed)(void *context, const struct outcome *why);
    void *context;
};

void fetch_token_clear(struct fetch_token *t);
bool fetch_token_ready(const struct fetch_token *t);
void fetch_token_get(struct fetch_token *t);    /* on_token comes */
void fetch_token_forget(struct fetch_token *t); /* the mail server refused it */
void fetch_token_authorize(struct fetch_token *t);
/* The other way for a person (RFC 6749 §4.1 with PKCE, RFC 7636): where he logs in, for so many seconds. */
unsigned fetch_token_begin_code(struct fetch_token *t, struct buf *url);
/* What his browser was sent back with; on_redeemed comes. False: at once why not. */
bool fetch_token_redeem(struct fetch_token *t, const char *pasted, struct outcome *why);
