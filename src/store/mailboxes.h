/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mailboxes on other people's servers that are polled (S2.3), and which mails were taken from them. */
#pragma once

#include "store/scope.h"

struct mailbox {
    struct id
        id; /* another one where the account behind the name changes: keys of one mean nothing in another */
    const char *name, *tenant /* its name */, *address;
    const char *protocol; /* "imap", "pop3" */
    const char *host;
    unsigned port;        /* 0: the usual one */
    const char *security; /* "implicit", "starttls", "none" */
    const char *username;
    struct span password; /* sealed, as the two below */
    const char *ca_file, *pin, *folder;
    unsigned interval_s;
    bool enabled, plaintext_password;
    bool gateway;               /* a gateway polls it */
    const char *authserv_id;    /* whose Authentication-Results are believed, "": nobody's */
    const char *too_large;      /* "remove", "keep" */
    const char *authentication; /* "password", "oauth2" */
    const char *oauth_grant, *oauth_token_url, *oauth_device_url, *oauth_client_id, *oauth_scope, *oauth_pin;
    const char *oauth_authorize_url, *oauth_redirect_url;
    struct span oauth_client_secret, oauth_refresh_token;
};

/* In the order of their names. */
size_t mailbox_all(struct store *s, struct arena *a, struct mailbox **list);
bool mailbox_find(struct store *s, struct arena *a, struct id id, struct mailbox *m);
/* Inserts, or updates the one of that name; m->id is not read. */
void mailbox_put(struct store *s, const struct mailbox *m);
void mailbox_drop(struct store *s, const char *name); /* and what is known of its mails */
void mailbox_set_refresh_token(struct store *s, struct id id, struct span sealed);

/* 't': the mail was taken, 'k': it was and is kept there, 'w': it is left there for a while, 'n': it is new,
 * or that while is over. */
char mailbox_key_state(struct store *s, struct id mailbox, const char *key, int64_t now_ms);
/* It is left there for a while: for first_ms, then for longer each time, up to an hour; says for how long. */
int64_t mailbox_key_wait(struct store *s, struct id mailbox, const char *key, int64_t now_ms,
                         int64_t first_ms);
void mailbox_key_add(struct store *s, struct id mailbox, const char *key, char state, struct id mail,
                     int64_t now_ms);
/* It lay there now; said at most once a day. */
void mailbox_key_seen(struct store *s, struct id mailbox, const char *key, int64_t now_ms);
/* Keys of mails that have not been seen since. */
void mailbox_keys_forget(struct store *s, int64_t before_ms);

/* How the last look went. */
struct mailbox_state {
    struct id tenant;
    const char *name;
    bool ok;
    const char *code, *text;
    int64_t since_ms; /* 0: not looked at yet */
    bool used;        /* a faxbox names it */
};

void mailbox_set_state(struct store *s, struct id id, bool ok, const char *code, const char *text,
                       int64_t now_ms);
/* Mails of mailboxes that were too large, and that nobody has looked at (dead letters). */
int64_t mailbox_too_large(struct store *s, const struct scope *w);
/* Of the scope's tenant, those that are enabled. */
size_t mailbox_states(struct store *s, const struct scope *w, struct arena *a, struct mailbox_state **list);
