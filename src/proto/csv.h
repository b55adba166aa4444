/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Comma-separated values (RFC 4180): rows of a few short fields. A semicolon separates too where a row has
 * no comma, for that is what spreadsheets of half of Europe write. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

enum { CSV_FIELDS = 16, CSV_FIELD_LEN = 1200 };

struct csv_row {
    char fields[CSV_FIELDS][CSV_FIELD_LEN]; /* cut where they are longer; blanks around them dropped */
    size_t count;                           /* 0: an empty line */
};

/* The next row; rest begins behind it then. False at the end. A byte order mark in front is dropped. */
bool csv_next(struct span *rest, struct csv_row *row) MUST_USE;

/* Appends a field, after a comma where the row has one already (first: it has none). Quoted where it must be;
 * one that a spreadsheet would take for a formula gets an apostrophe in front. */
void csv_put(struct buf *to, bool first, const char *text);
