/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Plain passwords and other secrets of a provisioning file on their way into the store. */
#pragma once

#include "provision/fields.h"
#include "provision/login_keys.h"
#include "store/store.h"

/* What seals. vault: NULL where users' passwords cannot be compared; each is taken as a new one then. */
struct provision_keys {
    const char *state_dir;
    const struct login_vault *vault;
};

/* wanted: an entry whose secrets (FIELD_PASSWORD) may be {"plain": text}; stored: what the store has of it,
 * or NULL. Where a secret is the one that is stored already (an Argon2id hash beside it says so) the sealed
 * one is kept, so that the same file twice changes nothing. Else it is sealed, and the member
 * "@check.<field>" is set to its hash. */
void provision_seal(struct store *s, const char *state_dir, enum provision_kind kind, json_t *wanted,
                    const json_t *stored, const char *path, struct provision_errors *errors);

/* The same for the "password" of a user, of which only SCRAM's keys are kept, sealed for the queue itself. */
void provision_keep_login(const struct provision_keys *keys, json_t *wanted, const json_t *stored,
                          const char *path, struct provision_errors *errors);
/* And for the "fax_password" of a faxbox, which is opened to be compared. */
void provision_keep_fax_password(const struct provision_keys *keys, json_t *wanted, const json_t *stored,
                                 const char *path, struct provision_errors *errors);
/* The same for the "pin" of a faxbox, of which only a hash is kept (S2.9). */
void provision_hash_pin(json_t *wanted, const json_t *stored);

/* Keeps (or forgets) the hashes of the secrets that differ. stored may be NULL. */
void provision_keep_checks(struct store *s, enum provision_kind kind, const json_t *wanted,
                           const json_t *stored);

/* The public half of that role's key; 0 or errno. */
int provision_public_key(const char *state_dir, const char *role, unsigned char key[32]) MUST_USE;
