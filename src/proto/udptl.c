/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/udptl.h"

#include <string.h>

enum { FEC_MARK = 0x80 }; /* the CHOICE bit, padded to its octet */

struct reader {
    const uint8_t *at, *end;
    enum udptl_error error; /* the first one; from then on every read gives 0 */
};

const char *udptl_error_text(enum udptl_error e)
{
    static const char *const texts[] = {
#define UDPTL_ERROR_TEXT(name, text) text,
        UDPTL_ERRORS(UDPTL_ERROR_TEXT)
#undef UDPTL_ERROR_TEXT
    };
    return texts[e];
}

static uint8_t read_octet(struct reader *r)
{
    if (r->error)
        return 0;
    if (r->at == r->end) {
        r->error = UDPTL_CUT_OFF;
        return 0;
    }
    return *r->at++;
}

/* A PER length (X.691 §10.9): 0xxxxxxx, 10xxxxxx xxxxxxxx, or 11… for fragments of 16384. */
static size_t read_length(struct reader *r)
{
    unsigned first = read_octet(r);
    if (first < 0x80)
        return first;
    if (first >= 0xC0) {
        r->error = UDPTL_FRAGMENTED;
        return 0;
    }
    return (first & 0x3F) << 8 | read_octet(r);
}

static struct span read_field(struct reader *r)
{
    size_t len = read_length(r);
    if (r->error)
        return span_of(NULL, 0);
    if (len > (size_t)(r->end - r->at)) {
        r->error = UDPTL_CUT_OFF;
        return span_of(NULL, 0);
    }
    struct span field = span_of(r->at, len);
    r->at += len;
    return field;
}

/* fec-npackets is an INTEGER without bounds, so PER gives it a length of its own; more than one octet of
 * value would be more packets than anyone keeps. */
static uint8_t read_fec_span(struct reader *r)
{
    uint8_t octets = read_octet(r);
    uint8_t value = read_octet(r);
    if (!r->error && (octets != 1 || value > 0x7F))
        r->error = UDPTL_BAD_FEC;
    return value;
}

enum udptl_error udptl_parse(struct span datagram, struct udptl_packet *packet)
{
    *packet = (struct udptl_packet){0};
    if (datagram.len > UDPTL_DATAGRAM_MAX)
        return UDPTL_TOO_LONG;
    if (datagram.len == 0)
        return UDPTL_CUT_OFF;
    struct reader r = {datagram.data, datagram.data + datagram.len, UDPTL_OK};
    unsigned high = read_octet(&r);
    packet->seq = (uint16_t)(high << 8 | read_octet(&r));
    packet->primary = read_field(&r);
    packet->recovery = read_octet(&r) & FEC_MARK ? UDPTL_FEC : UDPTL_REDUNDANCY;
    if (packet->recovery == UDPTL_FEC)
        packet->fec_span = read_fec_span(&r);
    size_t count = read_length(&r);
    bool too_many_to_keep = count > UDPTL_ENTRIES_MAX;
    for (size_t i = 0; i < count && !r.error; i++) {
        struct span entry = read_field(&r);
        if (i < UDPTL_ENTRIES_MAX)
            packet->entry[packet->entry_count++] = entry;
    }
    if (r.error)
        return r.error;
    if (packet->recovery == UDPTL_FEC) {
        /* Where each entry lies depends on their number, so a part of them is of no use. */
        if (too_many_to_keep || packet->fec_span == 0)
            packet->entry_count = 0;
    }
    return UDPTL_OK;
}

size_t udptl_field_size(size_t len)
{
    return (len < 0x80 ? 1 : 2) + len;
}

static void write_field(uint8_t *to, size_t *at, struct span field)
{
    if (field.len >= 0x80)
        to[(*at)++] = (uint8_t)(0x80 | field.len >> 8);
    to[(*at)++] = (uint8_t)field.len;
    if (field.len > 0)
        memcpy(to + *at, field.data, field.len);
    *at += field.len;
}

bool udptl_format(const struct udptl_packet *packet, uint8_t *to, size_t room, size_t *len)
{
    bool fec = packet->recovery == UDPTL_FEC;
    size_t size = 2 + udptl_field_size(packet->primary.len) + (fec ? 3 : 1) + 1;
    for (unsigned i = 0; i < packet->entry_count; i++)
        size += udptl_field_size(packet->entry[i].len);
    if (size > room || size > UDPTL_DATAGRAM_MAX)
        return false;
    size_t at = 0;
    to[at++] = (uint8_t)(packet->seq >> 8);
    to[at++] = (uint8_t)packet->seq;
    write_field(to, &at, packet->primary);
    to[at++] = fec ? FEC_MARK : 0;
    if (fec) {
        to[at++] = 1;
        to[at++] = packet->fec_span;
    }
    to[at++] = packet->entry_count;
    for (unsigned i = 0; i < packet->entry_count; i++)
        write_field(to, &at, packet->entry[i]);
    *len = at;
    return true;
}

uint16_t udptl_fec_covers(const struct udptl_packet *packet, unsigned i, unsigned k)
{
    unsigned back = (unsigned)packet->fec_span * packet->entry_count - i - k * packet->entry_count;
    return (uint16_t)(packet->seq - back);
}
