/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an entry of a directory says of a person, by the names that the settings have for it. */
#pragma once

#include <jansson.h>

#include "proto/ldap_message.h"

enum { BOOK_ATTRIBUTES_MOST = 16, BOOK_ID_MAX = 120 };

/* Which attributes are asked for; how many. */
size_t book_attributes(const json_t *settings, const char *list[BOOK_ATTRIBUTES_MOST]);
/* New: {"id", "name", "addresses": [], "groups": []}; what cannot be kept is left out. */
json_t *book_person(const json_t *settings, const struct ldap_message *m);
bool book_entry_is_locked(const struct ldap_message *m);
/* The value that stands in our ids as that text; room is for one that is no text. */
bool book_id_bytes(const char *subject, uint8_t room[BOOK_ID_MAX], struct span *value);
