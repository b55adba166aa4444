/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The installation's own settings between store and provisioning. */
#pragma once

#include <jansson.h>

#include "store/store.h"

json_t *provision_installation_json(struct store *s, struct arena *a) MUST_USE;
void provision_write_installation(struct store *s, const json_t *entry);
