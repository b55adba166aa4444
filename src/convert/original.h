/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A page of a document as it is, in its colours, for who compares it with what was faxed. The same code that
 * makes fax pages walks through the document, so page n of one is page n of the other. */
#pragma once

#include "convert/canvas.h"

struct original {
    unsigned page;   /* from 0 */
    uint32_t width;  /* of the picture, in pixels */
    struct buf *png; /* it is appended here */
    bool drawn;
};

/* In the place of canvas_add_page. Throws as MuPDF does; false where it was refused. */
bool original_add_page(struct render_job *job, const struct drawing *d) MUST_USE;
