/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What showing and changing entries share. */
#pragma once

#include "provision/fields.h"
#include "provision/settings.h"

struct settings_resource {
    const char *name, *schema;
    enum provision_kind kind;
    const char *key;    /* the member an entry is known by in an address; NULL: there is one */
    const char *tenant; /* the member that names its tenant; NULL: it is the installation's */
};

/* NULL: there is none. */
const struct settings_resource *settings_resource_of(const char *name);
/* All entries as they are stored, a new reference. */
json_t *settings_load(struct store *s, const struct settings_resource *r) MUST_USE;
/* The stored entry, a new reference; NULL where that tenant (NULL: anybody) has none. */
json_t *settings_find(struct store *s, const struct settings_resource *r, const char *tenant,
                      const char *key) MUST_USE;
/* Is it that tenant's (NULL: anybody's)? */
bool settings_is_of(const struct settings_resource *r, const json_t *entry, const char *tenant);
/* As the API shows it, a new reference. */
json_t *settings_shown(struct store *s, const struct settings_resource *r, const json_t *entry) MUST_USE;
void settings_etag(const json_t *entry, char etag[SETTINGS_ETAG_LEN]);
