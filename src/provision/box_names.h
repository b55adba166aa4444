/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a faxbox or a settings template names has to be there: its trunk, its places of the archive. */
#pragma once

#include <jansson.h>

#include "provision/fields.h"

/* path: the entry's, in the file or by its name. touched: the file speaks of it, so it is warned of it. What
 * a box takes from its template is the template's to answer for. */
void provision_check_box_names(const json_t *whole, enum provision_kind kind, const json_t *entry,
                               const char *path, bool touched, struct provision_errors *errors);
