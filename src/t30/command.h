/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Post-message commands: what a sender says after a page to get an answer (T.30 §5.3.6.1.6, annex A.4). */
#pragma once

#include <stdint.h>

#include "base/span.h"

/* Which of MPS, EOM, EOP and EOS the frame says (T30_...), also within PPS and EOR and where it wants an
 * operator (PRI-); 0: none of them. */
uint8_t command_word(struct span frame);
