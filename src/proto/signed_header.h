/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The header of a mail (RFC 5322 §2.2) as signatures see it: fields in their order, each with its very
 * octets. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

enum { SIGNED_FIELDS_MAX = 1000, SIGNED_HEADER_MAX = 256 * 1024 };

struct signed_field {
    struct span name;
    struct span body; /* behind the colon, folded, without the last CR LF */
    struct span raw;  /* all of it */
};

struct signed_header {
    struct signed_field fields[SIGNED_FIELDS_MAX];
    size_t count;
    size_t body_at; /* where the body begins: behind the empty line */
};

/* text: the mail from its first octet, at least SIGNED_HEADER_MAX of it or all. False where it is none that
 * could be read in one way only: a line without a name, a CR or LF alone, a NUL, too many fields or octets. A
 * mail that ends with its header has no body. */
bool signed_header_parse(struct span text, struct signed_header *h) MUST_USE;
/* How many fields have that name; *first, unless NULL: the topmost one (NULL without). */
size_t signed_header_find(const struct signed_header *h, const char *name, const struct signed_field **first);
