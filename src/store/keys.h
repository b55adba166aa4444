/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PGP keys (S2.5): the public ones of users, and each tenant's own pair; S/MIME certificates of users. */
#pragma once

#include "store/store.h"

struct user_key {
    const char *text;         /* armored */
    const char *fingerprints; /* of the key and its subkeys, separated by blanks */
};

/* A tenant's pair. */
struct tenant_key {
    const char *public_key; /* armored; "": there is none */
    struct span secret;     /* sealed for convert */
};

size_t keys_of_user(struct store *s, struct arena *a, struct id user, struct user_key **list);
/* Replaces all the user had. */
void keys_set_user(struct store *s, struct id user, const struct user_key *list, size_t count);
/* Does anybody but that user have a key with that fingerprint, or that id? */
bool keys_is_of_another(struct store *s, struct id user, const char *fingerprint);
/* Are mails to the user encrypted? */
bool keys_encrypts(struct store *s, struct id user);
void keys_set_encrypts(struct store *s, struct id user, bool encrypts);

/* S/MIME: certificates in PEM, and the cipher that mails to the user are encrypted with; "off": with none. */
size_t keys_certificates(struct store *s, struct arena *a, struct id user, const char *const **list);
const char *keys_smime(struct store *s, struct arena *a, struct id user);
/* Replaces all the user had. */
void keys_set_certificates(struct store *s, struct id user, const char *const *list, size_t count,
                           const char *smime);

/* All that says how mails to the user are encrypted, as one text to compare. */
const char *keys_whole(struct store *s, struct arena *a, struct id user);

struct tenant_key keys_of_tenant(struct store *s, struct arena *a, struct id tenant);
/* An empty public_key takes the pair away. */
void keys_set_tenant(struct store *s, struct id tenant, const struct tenant_key *k);
