/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What parses must format, and what we format must parse to the same streams: an answer of ours is never
 * malformed, whatever was offered. */
#include <stdlib.h>

#include "base/buf.h"
#include "proto/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sdp sdp, back;
    const char *why;
    if (!sdp_parse(span_of(data, size), &sdp, &why))
        return 0;
    SCOPED_BUF struct buf b;
    buf_init(&b, SDP_BYTES_MAX);
    sdp_format(&sdp, &b);
    if (b.overflow || !sdp_parse(buf_span(&b), &back, &why) || back.media_count != sdp.media_count)
        abort();
    for (size_t i = 0; i < sdp.media_count; i++)
        if (back.media[i].port != sdp.media[i].port ||
            (sdp.media[i].port != 0 && back.media[i].kind != sdp.media[i].kind))
            abort();
    return 0;
}
