/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Settings templates between store and JSON. */
#pragma once

#include <jansson.h>

#include "store/store.h"

/* All, a new reference. */
json_t *provision_settings_templates_json(struct store *s, struct arena *a) MUST_USE;
/* The one of that name, a new reference; NULL: that tenant has none. */
json_t *provision_template_of(struct store *s, const char *tenant, const char *name) MUST_USE;
/* entry: complete and checked. The boxes that follow it get what has changed. */
void provision_write_settings_template(struct store *s, struct arena *a, const json_t *entry);
