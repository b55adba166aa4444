/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PGP keys in the provisioning file: {"fingerprint", "names", "key"} for a user's, and the same with "sealed"
 * for a tenant's pair, whose secret half is made by us and opens nowhere else. Given may be the armored text
 * alone. */
#pragma once

#include "provision/fields.h"
#include "store/keys.h"

enum { USER_KEYS_MAX = 8, USER_KEYS_BYTES_MAX = 65000 }; /* what one question to convert holds */

#define KEYS_WANT "a list of up to 8 PGP public keys in armor (`faxpost key import` fills it)"
#define PAIR_WANT "what `faxpost key make` made, as `faxpost export` writes it, or \"\""

/* In their stored form; NULL with an error. New references. */
json_t *provision_read_keys(const json_t *value, const char *path, struct provision_errors *errors);
json_t *provision_read_pair(const json_t *value, const char *path, struct provision_errors *errors);

/* Store to JSON and back. */
json_t *provision_keys_json(const struct user_key *list, size_t count);
json_t *provision_pair_json(const struct tenant_key *k);
size_t provision_keys_of(struct arena *a, const json_t *list, struct user_key **keys);
struct tenant_key provision_pair_of(struct arena *a, const json_t *pair);
