/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Packets between roles: what decodes, encodes again to the very same packet. */
#include <stdlib.h>
#include <string.h>

#include "ipc/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct message m;
    if (!message_decode(span_of(data, len), NULL, 0, &m))
        return 0;
    struct buf b;
    int fds[MESSAGE_FDS_MAX];
    buf_init(&b, MESSAGE_BYTES_MAX);
    if (message_encode(&m, &b, fds) != 0 || b.len != len || memcmp(b.data, data, len) != 0)
        abort();
    buf_clear(&b);
    message_close_fds(&m);
    return 0;
}
