/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* ITU-T G.711: samples of 16 bits become octets and back, one octet a sample at 8000 Hz. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum law { LAW_PCMU = 0, LAW_PCMA = 8 }; /* their RTP payload types (RFC 3551 §6) */

void law_expand(enum law law, struct span octets, int16_t *samples); /* octets.len samples */
void law_compress(enum law law, const int16_t *samples, size_t count, uint8_t *octets);
uint8_t law_silence(enum law law); /* the octet of a sample of 0 */
