/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside unpack: the header of a mail, and texts made harmless. */
#pragma once

#include <gmime/gmime.h>

#include "convert/unpack.h"

enum { UNPACK_HOPS_MAX = 100 /* RFC 5321 §6.3: no fewer */ };
/* Has it passed through more servers than any mail needs? */
bool unpack_goes_round(GMimeMessage *message);
/* Who, to whom, what about. */
void unpack_take_header(GMimeMessage *message, struct unpacked *u);
/* What a delivery report says (unpack_report.c). */
void unpack_take_report(GMimeMessage *message, struct unpacked *u);
/* The decoded bytes of a part, as far as they fit. */
void unpack_take_content(struct buf *to, GMimePart *part);
/* unpack_tidy, and only the last part of a path, and no name that hides or climbs. from may be `to`. */
void unpack_tidy_name(char *to, size_t room, const char *from);
