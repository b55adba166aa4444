/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The first octet says what follows: a datagram that claims to be SRTP, which cannot be authentic, or the
 * value of an a=crypto, which, where it is one, means the same when we write it. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "t30/srtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_datagram(const uint8_t *data, size_t size)
{
    static struct srtp *in;
    static const uint8_t key[SDES_KEY_LEN] = {7};
    uint8_t *copy = malloc(size + 1);
    size_t len = size;
    if (!in)
        in = srtp_new(SDES_SHA1_80, key);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    if (srtp_unprotect(in, copy, &len) || memcmp(copy, data, size) != 0)
        abort();
    free(copy);
}

static void try_crypto(const uint8_t *data, size_t size)
{
    struct sdes s, again;
    if (!sdes_parse(span_of(data, size), &s))
        return;
    SCOPED_BUF struct buf b;
    buf_init(&b, 256);
    sdes_format(&s, &b);
    if (!sdes_parse(buf_span(&b), &again) || again.tag != s.tag || again.suite != s.suite ||
        memcmp(again.key, s.key, sizeof(s.key)) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] & 1)
        try_crypto(data + 1, size - 1);
    else
        try_datagram(data + 1, size - 1);
    return 0;
}
