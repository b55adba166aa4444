/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Search filters of directories: the text of RFC 4515 becomes what RFC 4511 §4.5.1 sends. */
#pragma once

#include "proto/ber.h"

enum { LDAP_FILTER_MAX = 4096, LDAP_FILTER_DEPTH = 20 };

/* False where the text is no filter, or does not fit; w may hold a part of it then. */
bool ldap_filter_write(const char *text, struct ber_writer *w) MUST_USE;
/* (attribute=value), whatever stands in value. */
void ldap_filter_equal(struct ber_writer *w, const char *attribute, struct span value);
