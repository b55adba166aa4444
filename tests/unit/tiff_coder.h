/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* libtiff's coder and decoder of fax pages, against which ours are held. */
#pragma once

#include "base/buf.h"
#include "proto/fax_encode.h"

/* Appends what libtiff makes of the pixels. */
void their_encode(enum fax_coding coding, const struct fax_pixels *p, struct buf *data);
/* What libtiff reads of data, without one complaint; room for p's rows. */
void their_decode(enum fax_coding coding, const struct fax_pixels *p, struct span data, uint8_t *back);

/* Ours coded and read by theirs, theirs and ours read by us: the same bits each time. Those behind the width
 * have to be white. Returns the bytes of ours. */
size_t assert_coded_alike(enum fax_coding coding, const struct fax_pixels *p);
