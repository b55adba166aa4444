/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/command.h"

#include <stddef.h>

#include <spandsp.h>

uint8_t command_word(struct span frame)
{
    size_t at = 2;
    if (frame.len > 3 && ((frame.data[2] & 0xFE) == T30_PPS || (frame.data[2] & 0xFE) == T30_EOR))
        at = 3;
    switch (frame.len < 3 ? 0 : frame.data[at] & 0xFE) {
    case T30_MPS:
    case T30_PRI_MPS: return T30_MPS;
    case T30_EOM:
    case T30_PRI_EOM: return T30_EOM;
    case T30_EOP:
    case T30_PRI_EOP: return T30_EOP;
    case T30_EOS: return T30_EOS;
    default: return 0;
    }
}
