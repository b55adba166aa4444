/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/rtp.h"

#include <string.h>

enum {
    VERSION_2 = 0x80,
    VERSION_MASK = 0xC0,
    PADDING = 0x20,
    EXTENSION = 0x10,
    SOURCES = 0x0F,
    MARKER = 0x80
};
/* RTCP's packet types 192..223 (RFC 5761 §4) seen as an RTP type with its marker. */
enum { RTCP_FIRST = 192, RTCP_LAST = 223 };

static uint16_t read_u16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
}

static uint32_t read_u32(const uint8_t *from)
{
    return (uint32_t)read_u16(from) << 16 | read_u16(from + 2);
}

static void write_u16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void write_u32(uint8_t *to, uint32_t value)
{
    write_u16(to, value >> 16);
    write_u16(to + 2, value);
}

static bool skip(struct span *rest, size_t len)
{
    if (len > rest->len)
        return false;
    *rest = span_of(rest->data + len, rest->len - len);
    return true;
}

/* RFC 3550 §5.3.1: two octets of profile, two of length in words of four octets, then as many words. */
static bool skip_extension(struct span *rest)
{
    if (rest->len < 4)
        return false;
    return skip(rest, 4 + 4 * (size_t)read_u16(rest->data + 2));
}

/* §5.1: the last octet tells the length of the padding, itself included. */
static bool cut_padding(struct span *rest)
{
    if (rest->len == 0)
        return false;
    size_t padding = rest->data[rest->len - 1];
    if (padding == 0 || padding > rest->len)
        return false;
    rest->len -= padding;
    return true;
}

bool rtp_parse(struct span datagram, struct rtp_packet *packet)
{
    *packet = (struct rtp_packet){0};
    if (datagram.len < RTP_HEADER_LEN)
        return false;
    const uint8_t *h = datagram.data;
    if ((h[0] & VERSION_MASK) != VERSION_2 || (h[1] >= RTCP_FIRST && h[1] <= RTCP_LAST))
        return false;
    struct span rest = datagram;
    if (!skip(&rest, RTP_HEADER_LEN + 4 * (size_t)(h[0] & SOURCES)))
        return false;
    if ((h[0] & EXTENSION) && !skip_extension(&rest))
        return false;
    if ((h[0] & PADDING) && !cut_padding(&rest))
        return false;
    *packet = (struct rtp_packet){.marker = h[1] & MARKER,
                                  .type = h[1] & 0x7F,
                                  .seq = read_u16(h + 2),
                                  .timestamp = read_u32(h + 4),
                                  .ssrc = read_u32(h + 8),
                                  .payload = rest};
    return true;
}

bool rtp_format(const struct rtp_packet *packet, uint8_t *to, size_t room, size_t *len)
{
    if (room < RTP_HEADER_LEN || packet->payload.len > room - RTP_HEADER_LEN)
        return false;
    to[0] = VERSION_2;
    to[1] = (uint8_t)((packet->marker ? MARKER : 0) | (packet->type & 0x7F));
    write_u16(to + 2, packet->seq);
    write_u32(to + 4, packet->timestamp);
    write_u32(to + 8, packet->ssrc);
    if (packet->payload.len > 0)
        memcpy(to + RTP_HEADER_LEN, packet->payload.data, packet->payload.len);
    *len = RTP_HEADER_LEN + packet->payload.len;
    return true;
}
