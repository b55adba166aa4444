/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Address books, where numbers are expected. */
#pragma once

#include "store/contacts.h"

enum contact_action { CONTACT_CREATE, CONTACT_CHANGE, CONTACT_REMOVE };

/* "Dr. Rossi^FINE" -> "+39 050 1234567^FINE" where a contact is called so, and *c is that; else the text
 * itself, and c->name is "". */
const char *contact_number(struct store *s, struct arena *a, const struct contact_book *b, const char *text,
                           struct contact *c);
