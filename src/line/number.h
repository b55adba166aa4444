/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Telephone numbers and names in SIP headers, made harmless in both directions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "line/ua.h"

struct sip_s; /* sofia's sip_t */

enum { NUMBER_NAME_LEN = 65 };

/* The user part of a URI to what our world takes: letters, digits, + * #. Parameters (RFC 3966 §5) and visual
 * separators are dropped, escapes undone; too long: cut. NULL gives "". */
void number_of_user(const char *user, char *number, size_t room);

/* A number into the user part of a URI (RFC 3261 §25.1): # is escaped. False where it holds anything but
 * letters, digits, + * # . _ -, or is empty, or does not fit. */
bool number_to_user(const char *number, char *user, size_t room) MUST_USE;

/* An account's name into the user part of a URI: what may not stand there is escaped. False where it is empty
 * or does not fit. */
bool number_to_userinfo(const char *name, char *user, size_t room);

/* A display name as quoted string with a blank behind, "" where the name is empty, not UTF-8 or too long. */
void number_quote_name(const char *name, char *quoted, size_t room);

struct number_party {
    char number[UA_NUMBER_LEN]; /* "": anonymous */
    char name[NUMBER_NAME_LEN];
};

/* Who is called, by the trunk's rule: the user of the Request-URI, of To, or of the topmost Diversion (RFC
 * 5806), where there is one. Where the Request-URI is the contact that we registered it names the account and
 * not the number: then To. */
void number_of_called(const struct sip_s *invite, const struct trunk *trunk, char *number, size_t room);

/* Who calls: P-Asserted-Identity (RFC 3325; the peer is a trunk of ours, so it is believed), else From; by
 * the other rule always From. A caller who wants privacy stays anonymous. */
void number_of_caller(const struct sip_s *invite, enum trunk_caller rule, struct number_party *caller);
