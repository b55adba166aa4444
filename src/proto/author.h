/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who says to have written a mail: the single address of its header From (S2.6; RFC 5322 §3.6.2). Reads less
 * than mail programs do: what could be read in two ways is nobody's. */
#pragma once

#include "proto/address.h"

/* body: of the field, behind its colon, folded or not. False where it names nobody, several, or is no
 * address. */
bool author_parse(struct span body, struct address *author) MUST_USE;
