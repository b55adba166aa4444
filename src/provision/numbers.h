/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which boxes' numbers meet, where they are ranges: a call has to lead to one box. */
#pragma once

#include <jansson.h>

#include "provision/fields.h"

/* All numbers that were seen; seen: a list, empty at first, that belongs to the caller. What meets a number
 * of another box becomes an error. Two equal single numbers are none here. */
void provision_check_number(json_t *seen, const char *number, const char *owner, const char *path,
                            struct provision_errors *errors);
