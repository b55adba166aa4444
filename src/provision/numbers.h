/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which boxes' numbers meet, where they are ranges: a call has to lead to one box. */
#pragma once

#include <jansson.h>

#include "provision/fields.h"

/* seen: a list, empty at first, that belongs to the caller. */
void provision_add_number(json_t *seen, const char *number, const char *owner, const char *path);
/* What meets a number of another box that was seen before becomes an error. Two equal single numbers are none
 * here. */
void provision_check_numbers(const json_t *seen, struct provision_errors *errors);
