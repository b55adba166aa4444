/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The header of a mail, field by field (RFC 5322 §2.2), and the addresses in one (§3.4). Bytes, not meanings:
 * no encoded word is opened, no date is read. Lines may end with CRLF or, as local programs write them, LF.
 */
#pragma once

#include "base/attr.h"
#include "base/span.h"
#include "proto/address.h"

struct header_field {
    struct span name;
    struct span value; /* behind the colon; folded lines and their line ends inside, no line end at its end */
};

enum header_step {
    HEADER_FIELD,
    HEADER_END, /* the empty line, which is taken too: the body follows. Or nothing follows at all */
    HEADER_BAD, /* the next line is no field, or holds a control character */
};

/* Takes the next field from the front of `rest`. */
enum header_step header_next(struct span *rest, struct header_field *f) MUST_USE;
bool header_is(const struct header_field *f, const char *name); /* ignoring case */

enum address_list_step {
    ADDRESS_LIST_ADDRESS,
    ADDRESS_LIST_END,
    ADDRESS_LIST_BAD, /* `rest` begins where the wrong one begins */
};

/* Takes the next address from the front of a list: names, comments, groups and source routes are dropped. One
 * without a domain ("root") gets that of `home`. */
enum address_list_step address_list_next(struct span *rest, const char *home, struct address *a) MUST_USE;
