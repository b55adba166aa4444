/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is it the same that two entries say of a field? */
#pragma once

#include "provision/fields.h"

/* Values in their stored form. Of lists the order of addresses alone means something. */
bool provision_same_value(const struct provision_field *f, const json_t *a, const json_t *b);
