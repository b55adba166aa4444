/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool base64_encode(struct span data, struct buf *to)
{
    for (size_t i = 0; i < data.len; i += 3) {
        size_t n = data.len - i < 3 ? data.len - i : 3;
        uint32_t group = (uint32_t)data.data[i] << 16;
        if (n > 1)
            group |= (uint32_t)data.data[i + 1] << 8;
        if (n > 2)
            group |= data.data[i + 2];
        char four[4] = {digits[group >> 18 & 63], digits[group >> 12 & 63],
                        n > 1 ? digits[group >> 6 & 63] : '=', n > 2 ? digits[group & 63] : '='};
        (void)buf_append(to, four, sizeof(four));
    }
    return !to->overflow;
}
