/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the rules share: rules.c has those of words and settings, rules_names.c those of addresses, numbers
 * and hosts. */
#pragma once

#include "provision/rules.h"

/* Of these characters alone. */
bool rules_consists_of(const char *text, const char *allowed);
/* False where it is too long. */
bool rules_copy_lower(const char *in, char out[PROVISION_TEXT_LEN]);
/* words: ended by NULL. */
bool rules_one_of(const char *in, char out[PROVISION_TEXT_LEN], const char *const *words);
