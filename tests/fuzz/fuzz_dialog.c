/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bytes of a dialog come back from a process that hears hostile media: what is taken writes the same
 * again, and nothing in it could begin another header. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "line/dialog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dialog d;
    if (!dialog_parse(span_of(data, size), &d))
        return 0;
    SCOPED_BUF struct buf b;
    buf_init(&b, DIALOG_BYTES_MAX);
    if (!dialog_format(&d, &b) || !span_equal(buf_span(&b), span_of(data, size)))
        abort();
    if (strpbrk(d.call_id, "\r\n") || strpbrk(d.local, "\r\n") || strpbrk(d.remote, "\r\n") ||
        strpbrk(d.target, "\r\n") || strpbrk(d.route, "\r\n") || strpbrk(d.hop, "\r\n"))
        abort();
    return 0;
}
