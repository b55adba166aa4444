/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S/MIME certificates of users in the provisioning file: {"fingerprint", "name", "expires", "certificate"};
 * given may be the PEM text alone. */
#pragma once

#include "provision/fields.h"
#include "store/keys.h"

enum { USER_CERTIFICATES_MAX = 4 };

#define CERTIFICATES_WANT "a list of up to 4 S/MIME certificates in PEM (`faxpost key import` fills it)"

/* In their stored form; NULL with an error. A new reference. */
json_t *provision_read_certificates(const json_t *value, const char *path, struct provision_errors *errors);
/* One that comes new must not have expired; one that did so here only warns. stored: NULL for none. */
void provision_check_certificates(const json_t *user, const json_t *stored, const char *path, int64_t now_ms,
                                  struct provision_errors *errors);

/* Store to JSON and back: texts of the arena. */
json_t *provision_certificates_json(const char *const *list, size_t count);
size_t provision_certificates_of(struct arena *a, const json_t *list, const char *const **texts);
