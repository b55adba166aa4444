/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a mail ends (RFC 5321 §4.1.1.4, §4.5.2), octet by octet over input that arrives in any pieces.
 *
 * Only CR LF . CR LF ends a mail. Some programs take LF . LF and the like for an end too, others do not: who
 * sends such bytes through the one into the other can make one mail two. So a bare CR or a bare LF anywhere
 * makes the whole mail refused; its bytes go on being skipped until the real end, never read as commands. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

enum smtp_data_fault {
    SMTP_DATA_FINE,
    SMTP_DATA_BARE_LF,
    SMTP_DATA_BARE_CR,
    SMTP_DATA_LINE_TOO_LONG,
    SMTP_DATA_TOO_LARGE,
};

struct smtp_data {
    int state;
    enum smtp_data_fault fault; /* the first one; from then on nothing is written */
    uint64_t size;              /* octets of the mail so far, as they are stored: CRLF kept, dots undone */
    uint64_t size_max;
    uint32_t line, line_max; /* octets of the current line, without CRLF */
    uint64_t skipped;        /* octets that came after the fault */
};

void smtp_data_init(struct smtp_data *d, uint64_t size_max, uint32_t line_max);

/* Appends the mail's octets to out, whose limit must leave room for in.len + 2 more. Returns how many octets
 * of `in` it took: all of them, or those up to the end of the mail - then smtp_data_ended. */
size_t smtp_data_put(struct smtp_data *d, struct span in, struct buf *out) MUST_USE;
bool smtp_data_ended(const struct smtp_data *d);
