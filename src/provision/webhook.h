/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Webhooks between store and provisioning. */
#pragma once

#include <jansson.h>

#include "store/webhooks.h"

json_t *provision_webhooks_json(struct store *s, struct arena *a) MUST_USE;
void provision_write_webhook(struct store *s, struct arena *a, const json_t *entry);
