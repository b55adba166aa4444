/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A mail as it travels after DATA: every line ends in CR LF - a lone CR or LF becomes one, so that no server
 * can be made to see an end of mail that we did not send - and a leading dot is doubled (RFC 5321 §4.5.2). */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

struct smtp_body {
    bool in_line; /* since the last CR LF, something was written */
    bool held_cr; /* the last byte was CR; what follows decides */
};

/* Appends at most 2 * data.len + 2 bytes. data may be cut anywhere. */
void smtp_body_encode(struct smtp_body *d, struct span data, struct buf *to);
/* Ends the last line where it is open, and the mail: at most 5 bytes. */
void smtp_body_finish(struct smtp_body *d, struct buf *to);
