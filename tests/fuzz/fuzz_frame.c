/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Frames between gateway and server: what is read is written again to the very same octets, and less of it is
 * no frame. */
#include <stdlib.h>
#include <string.h>

#include "ipc/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect(struct buf *b, struct span wanted)
{
    if (!span_equal(buf_span(b), wanted))
        abort();
    buf_reset(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct frame f;
    struct frame_mail m;
    uint32_t n;
    struct span in = span_of(data, len);
    struct buf b;
    buf_init(&b, len + 1);
    while (frame_read(in, FRAME_COMMAND_MAX, &f) == FRAME_COMPLETE) {
        struct span whole = span_of(in.data, f.whole);
        struct frame less;
        if (f.whole > in.len || f.payload.len > FRAME_COMMAND_MAX ||
            frame_read(span_of(in.data, f.whole - 1), FRAME_COMMAND_MAX, &less) != FRAME_MORE)
            abort();
        frame_put(&b, f.kind, f.payload);
        expect(&b, whole);
        if (f.kind == FRAME_MAIL && frame_mail_read(f.payload, &m)) {
            frame_mail_put(&b, &m);
            expect(&b, whole);
        }
        if (f.kind == FRAME_STORED && frame_number_read(f.payload, &n)) {
            frame_number_put(&b, f.kind, n);
            expect(&b, whole);
        }
        in = span_of(in.data + f.whole, in.len - f.whole);
    }
    buf_clear(&b);
    return 0;
}
