/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Base64 without line ends (RFC 4648): with padding (§4), or for URLs and without (§5). */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/* Appends; false where it does not fit. */
bool base64_encode(struct span data, struct buf *to);
/* Appends; false where it is no base64 with its padding, or does not fit; to may then hold a part of it. */
bool base64_decode(struct span text, struct buf *to);

/* The same for URLs. */
bool base64url_encode(struct span data, struct buf *to);
bool base64url_decode(struct span text, struct buf *to);
