/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What web is lent of the room that knows the provisioning, which is not ours to include
 * (provision/settings.h).
 */
#pragma once

#include <jansson.h>

#include "store/store.h"

enum { ETAG_LEN = 40 };

struct settings_ops {
    json_t *(*list)(struct store *s, const char *resource, const char *tenant);
    json_t *(*one)(struct store *s, const char *resource, const char *tenant, const char *key,
                   char etag[ETAG_LEN]);
    json_t *(*schema)(const char *resource, const char **name);
};
