/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passkeys and security keys of users (WebAuthn): public keys, so nothing of it is secret. */
#pragma once

#include "store/store.h"

enum { PASSKEYS_OF_A_USER = 10 };

struct passkey {
    struct id id, user;
    const char *name;            /* that its user gave it */
    const char *rp;              /* the name of the server for which the key was made */
    struct span credential;      /* what the authenticator calls it */
    struct span public_key;      /* COSE */
    const char *transports;      /* with blanks between */
    int64_t counter;             /* of the signature that was used last; 0: it does not count */
    int64_t created_ms, used_ms; /* used_ms 0: not yet */
};

void passkey_add(struct store *s, const struct passkey *k);
/* In the order in which they were added. */
size_t passkeys_of(struct store *s, struct arena *a, struct id user, struct passkey list[PASSKEYS_OF_A_USER]);
bool passkey_find(struct store *s, struct arena *a, struct id id, struct passkey *k);
bool passkey_by_credential(struct store *s, struct arena *a, struct span credential, struct passkey *k);
void passkey_used(struct store *s, struct id id, int64_t counter, int64_t now_ms);
void passkey_drop(struct store *s, struct id id);
