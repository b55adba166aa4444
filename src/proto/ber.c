/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/ber.h"

#include <string.h>

enum { LONG_LENGTH = 0x84, LENGTH_BYTES = 5, HIGH_TAG = 0x1f };

struct ber_writer ber_writer_of(uint8_t *to, size_t room)
{
    return (struct ber_writer){.to = to, .room = room};
}

void ber_put_raw(struct ber_writer *w, struct span bytes)
{
    if (w->full || bytes.len > w->room - w->len) {
        w->full = true;
        return;
    }
    if (bytes.len > 0)
        memcpy(w->to + w->len, bytes.data, bytes.len);
    w->len += bytes.len;
}

/* Always four bytes of length: they can be filled in later, and every reader of BER takes them. */
size_t ber_open(struct ber_writer *w, uint8_t tag)
{
    const uint8_t head[1 + LENGTH_BYTES] = {tag, LONG_LENGTH};
    ber_put_raw(w, span_of(head, sizeof(head)));
    return w->len;
}

void ber_close(struct ber_writer *w, size_t at)
{
    if (w->full)
        return;
    size_t len = w->len - at;
    for (unsigned i = 1; i <= 4; i++, len >>= 8)
        w->to[at - i] = (uint8_t)len;
}

void ber_put(struct ber_writer *w, uint8_t tag, struct span value)
{
    size_t at = ber_open(w, tag);
    ber_put_raw(w, value);
    ber_close(w, at);
}

void ber_put_number(struct ber_writer *w, uint8_t tag, uint32_t value)
{
    uint8_t bytes[5];
    size_t n = 0;
    for (int shift = 32; shift >= 0; shift -= 8) {
        uint8_t byte = (uint8_t)((uint64_t)value >> shift);
        bool next_is_negative = shift > 0 && ((uint64_t)value >> (shift - 1) & 1) != 0;
        bool needed = n > 0 || byte != 0 || shift == 0 || next_is_negative;
        if (needed)
            bytes[n++] = byte;
    }
    ber_put(w, tag, span_of(bytes, n));
}

/* Where the content begins and how long it is; false: not said yet, or (*bad) never. */
static bool read_head(struct span in, size_t *head, size_t *len, bool *bad)
{
    *bad = in.len > 0 && (in.data[0] & HIGH_TAG) == HIGH_TAG;
    if (*bad || in.len < 2)
        return false;
    if (in.data[1] < 0x80) {
        *head = 2;
        *len = in.data[1];
        return true;
    }
    size_t bytes = in.data[1] & 0x7f;
    *bad = bytes == 0 || bytes > 4;
    if (*bad || in.len < 2 + bytes)
        return false;
    *head = 2 + bytes;
    *len = 0;
    for (size_t i = 0; i < bytes; i++)
        *len = *len << 8 | in.data[2 + i];
    return true;
}

size_t ber_length(struct span in)
{
    size_t head, len;
    bool bad;
    if (read_head(in, &head, &len, &bad))
        return head + len;
    return bad ? SIZE_MAX : 0;
}

bool ber_take(struct span *left, uint8_t *tag, struct span *value)
{
    size_t head, len;
    bool bad;
    if (!read_head(*left, &head, &len, &bad) || len > left->len - head)
        return false;
    *tag = left->data[0];
    *value = span_of(left->data + head, len);
    *left = span_of(left->data + head + len, left->len - head - len);
    return true;
}

bool ber_take_tag(struct span *left, uint8_t tag, struct span *value)
{
    uint8_t found;
    return ber_take(left, &found, value) && found == tag;
}

bool ber_number(struct span value, uint32_t *number)
{
    if (value.len < 1 || value.len > 5 || (value.data[0] & 0x80) || (value.len == 5 && value.data[0] != 0))
        return false;
    uint32_t n = 0;
    for (size_t i = 0; i < value.len; i++)
        n = n << 8 | value.data[i];
    *number = n;
    return true;
}
