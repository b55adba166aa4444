/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* OpenID providers and directories between store and provisioning, and what has to hold for them. */
#pragma once

#include "provision/fields.h"
#include "store/identities.h"

json_t *provision_providers_json(struct store *s, struct arena *a) MUST_USE;
json_t *provision_directories_json(struct store *s, struct arena *a) MUST_USE;
/* One with all of its fields; a new reference. */
json_t *provision_identity_json(enum provision_kind kind, const struct identity_source *i) MUST_USE;
void provision_write_identity(struct store *s, enum provision_kind kind, const json_t *entry);
void provision_drop_identity(struct store *s, enum provision_kind kind, const char *name);
/* path: its place in the file. */
void provision_check_identity(enum provision_kind kind, const json_t *entry, const char *path,
                              struct provision_errors *errors);
