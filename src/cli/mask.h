/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What may be shown to a stranger who helps: no secret, and of numbers and addresses only so much that two
 * can be told apart. */
#pragma once

#include <jansson.h>

#include "base/buf.h"

/* Appends the text. Of a telephone number (seven digits and more, with blanks, slashes and brackets between
 * them) the first three and the last two digits are left, of a mail address the first letter and the domain.
 */
void mask_text(const char *text, struct buf *to);
/* All texts in it; what is a secret by its name becomes "(set)" or "(empty)". A new reference. */
json_t *mask_json(const json_t *value);
