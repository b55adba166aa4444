/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* All sections of the provisioning, and where in them an entry is: looking through thousands for each of
 * thousands takes minutes. An entry is known by its name - a faxbox by its id, some by their tenant too -;
 * two of one key are one. */
#pragma once

#include <jansson.h>

#include "provision/fields.h"

struct entries {
    json_t *whole;
    json_t *by_key[PROVISION_KINDS]; /* of lists: key -> the entry */
    json_t *places[PROVISION_KINDS]; /* key -> where it stood in its list; it moves only towards the front */
};

struct entries entries_of(json_t *whole); /* takes it */
void entries_drop(struct entries *d);

/* The results are theirs. NULL: there is none. like: an entry with the names of the one that is
 * wanted. */
json_t *entries_section(const struct entries *d, int kind);
json_t *entries_find(const struct entries *d, enum provision_kind kind, const json_t *like);

void entries_add(struct entries *d, enum provision_kind kind, json_t *entry);
void entries_forget(struct entries *d, enum provision_kind kind, const json_t *entry);
/* Takes the entry into the place of the one there, which is of the same names. */
void entries_set(struct entries *d, enum provision_kind kind, size_t i, json_t *entry);

/* The same entries in lists of its own, a new reference: two of these may share entries. */
json_t *entries_shared_copy(const json_t *whole) MUST_USE;
/* Before one of them is changed, these get it to themselves. */
json_t *entries_own(struct entries *d, enum provision_kind kind, json_t *entry);
