/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a machine says in DIS, DTC or DCS (T.30 table 2). */
#pragma once

#include <stdbool.h>

#include "base/span.h"

enum {
    CAPABILITIES_LEN = 160,     /* of the words, with NUL */
    CAPABILITIES_FRAME_MAX = 22 /* octets: address, control, facsimile control field, information field */
};

/* In words for a person: "V.17 V.29 V.27ter, ECM, MMR, fine, A3". Of a whole frame; "" for any other. */
void capabilities_words(struct span frame, char words[CAPABILITIES_LEN]);
/* The frame says what its sender can do: DIS or DTC, and not too long. */
bool capabilities_offered(struct span frame);
/* Bit of the information field of DIS, DTC and DCS, counted from 1 as in table 2 of T.30. */
bool capabilities_bit(struct span frame, unsigned bit);
