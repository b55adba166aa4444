/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/base64.h"

#include <string.h>

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

static bool digit_value(uint8_t c, uint32_t *value)
{
    const char *at = c ? strchr(digits, c) : NULL;
    *value = at ? (uint32_t)(at - digits) : 0;
    return at != NULL;
}

bool base64_decode(struct span text, struct buf *to)
{
    if (text.len % 4 != 0)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        const uint8_t *four = text.data + i;
        bool last = i + 4 == text.len;
        size_t pad = !last ? 0 : four[2] == '=' && four[3] == '=' ? 2 : four[3] == '=' ? 1 : 0;
        uint32_t group = 0, value;
        for (size_t k = 0; k < 4; k++) {
            if (!digit_value(four[k], &value) && k < 4 - pad)
                return false;
            group = group << 6 | value;
        }
        /* Bits that stand for nothing must be none: one text for one value. */
        if ((pad == 1 && group & 0xff) || (pad == 2 && group & 0xffff))
            return false;
        const uint8_t three[3] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8), (uint8_t)group};
        (void)buf_append(to, three, 3 - pad);
    }
    return !to->overflow;
}

/* ---- for URLs ---- */

bool base64url_encode(struct span data, struct buf *to)
{
    size_t from = to->len;
    if (!base64_encode(data, to))
        return false;
    while (to->len > from && to->data[to->len - 1] == '=')
        to->data[--to->len] = 0;
    for (size_t i = from; i < to->len; i++)
        to->data[i] = to->data[i] == '+' ? '-' : to->data[i] == '/' ? '_' : to->data[i];
    return true;
}

bool base64url_decode(struct span text, struct buf *to)
{
    SCOPED_BUF struct buf plain;
    buf_init(&plain, text.len + 3);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c == '+' || c == '/' || c == '=')
            return false;
        (void)buf_append_byte(&plain, c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (plain.len % 4 != 0)
        (void)buf_append_byte(&plain, '=');
    return base64_decode(buf_span(&plain), to);
}
