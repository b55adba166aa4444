/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* "v=1; a=rsa-sha256; d=example.com": the lists of DKIM, ARC and DMARC (RFC 6376 §3.2). */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

enum { TAGS_MAX = 40 };

struct tag {
    struct span name, value; /* into the text; without blanks and folding around them */
};

struct tag_list {
    struct tag tags[TAGS_MAX];
    size_t count;
};

/* False where it is none: no '=', a bad name, one name twice, more than TAGS_MAX. */
bool tag_list_parse(struct span text, struct tag_list *list) MUST_USE;
/* Names have a case. */
bool tag_find(const struct tag_list *list, const char *name, struct span *value);
/* The value, ignoring case; false without that tag. */
bool tag_is(const struct tag_list *list, const char *name, const char *value);

/* Cuts text at the first `stop`, moves on behind it; false at its end. Blanks and folding around a piece are
 * left out. */
bool span_take_until(struct span *text, char stop, struct span *piece);
struct span span_trim(struct span text); /* of blank, tab, CR and LF */
