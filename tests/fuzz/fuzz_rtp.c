/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A datagram on a port where RTP and UDPTL meet, read as either. */
#include "base/panic.h"
#include "proto/rtp.h"
#include "proto/udptl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span datagram = span_of(data, size);
    struct udptl_packet udptl;
    struct rtp_packet rtp, again;
    bool is_udptl = udptl_parse(datagram, &udptl) == UDPTL_OK;
    if (!rtp_parse(datagram, &rtp))
        return 0;
    if (is_udptl && udptl.seq < 0x8000)
        panic("UDPTL number %u passed for RTP version 2", udptl.seq);
    const uint8_t *end = rtp.payload.data + rtp.payload.len;
    if (rtp.payload.data < data + RTP_HEADER_LEN || end > data + size)
        panic("the payload lies outside of its packet");
    uint8_t out[2048];
    size_t len;
    if (!rtp_format(&rtp, out, sizeof(out), &len))
        return 0;
    if (!rtp_parse(span_of(out, len), &again) || again.seq != rtp.seq || again.timestamp != rtp.timestamp ||
        again.ssrc != rtp.ssrc || !span_equal(again.payload, rtp.payload))
        panic("what we format we do not parse");
    return 0;
}
