/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a line process that never saw the call needs to send BYE in its dialog (RFC 3261 §12.1): handed to the
 * media's owner as bytes nobody but this file looks into. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

enum { DIALOG_BYTES_MAX = 4096, DIALOG_TEXT_LEN = 512, DIALOG_ROUTE_LEN = 1536 };

struct dialog {
    char call_id[DIALOG_TEXT_LEN];
    char local[DIALOG_TEXT_LEN];  /* our From with its tag */
    char remote[DIALOG_TEXT_LEN]; /* their To with its tag */
    char target[DIALOG_TEXT_LEN]; /* their Contact: the request goes to it */
    char route[DIALOG_ROUTE_LEN]; /* Route header in our order; "" without proxies */
    uint32_t cseq;                /* of our last request in it; 0: none yet */
    char hop[DIALOG_TEXT_LEN];    /* where the packets go instead, as a URI; "": as the dialog says */
};

/* Appends it; false where it does not fit. */
bool dialog_format(const struct dialog *d, struct buf *b);
/* False where the bytes are not from dialog_format. */
bool dialog_parse(struct span bytes, struct dialog *d) MUST_USE;
