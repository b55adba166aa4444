/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SHA-1 (FIPS 180-4), for names of things alone: OpenPGP calls a key by it. Nothing is safe because of it. */
#pragma once

#include <stdint.h>

#include "base/span.h"

enum { SHA1_BYTES = 20 };

/* Of the pieces one after another. */
void sha1(const struct span *pieces, size_t count, uint8_t digest[SHA1_BYTES]);
