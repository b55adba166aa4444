/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What no single value can be blamed for: names that have to exist, things that only one may have (S0.5,
 * S2.7). */
#pragma once

#include "provision/fields.h"
#include "store/store.h"

/* viewer: the tenant whose administrator reads the errors: they name nothing of another's; NULL: of all.
 * whole: the provisioning as it would be. Entries the file speaks of carry their place in it as "@path";
 * where two entries are at odds the one with a path is to blame. */
void provision_check(const json_t *whole, const char *viewer, struct provision_errors *errors);

/* What a tenant may have of what it gets anew. */
void provision_check_quotas(const json_t *whole, const json_t *stored, struct provision_errors *errors);
/* May that entry go? */
void provision_check_drop(struct store *s, const json_t *whole, enum provision_kind kind, const json_t *entry,
                          const char *path, struct provision_errors *errors);
