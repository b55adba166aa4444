/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a faxbox names has to be there: its trunk, its places of the archive. */
#pragma once

#include <jansson.h>

#include "provision/fields.h"

/* path: the box's, in the file or by its id. touched: the file speaks of the box, so it is warned of it. */
void provision_check_box_names(const json_t *whole, const json_t *box, const char *path, bool touched,
                               struct provision_errors *errors);
