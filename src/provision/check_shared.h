/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What faxboxes and settings templates are judged by alike, and whether they fit each other. */
#pragma once

#include "provision/fields.h"

/* path: where the entry stands, for the errors. A value that a box takes from its template is the template's
 * to answer for. whole: the provisioning as it would be. */
void provision_check_shared(const json_t *whole, enum provision_kind kind, const json_t *entry,
                            const char *path, struct provision_errors *errors);
/* Is the box's template there, in its tenant? */
void provision_check_template(const json_t *whole, const json_t *box, const char *path,
                              struct provision_errors *errors);
/* May that template go? */
void provision_check_template_drop(const json_t *whole, const json_t *template, const char *path,
                                   struct provision_errors *errors);
