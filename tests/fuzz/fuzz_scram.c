/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SCRAM messages of a stranger. The first byte chooses which one it is; nobody is let in, and no server
 * proved. Cheap hashes stand in for the real ones: what is tried here is the grammar. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "proto/scram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mix(struct span text, uint8_t seed, uint8_t *result)
{
    uint32_t h = 2166136261u ^ seed;
    for (size_t i = 0; i < text.len; i++)
        h = (h ^ text.data[i]) * 16777619u;
    for (size_t i = 0; i < SCRAM_HASH_MAX; i++) {
        h = (h ^ (uint32_t)i) * 16777619u;
        result[i] = (uint8_t)(h >> 24);
    }
}

static void digest(struct span text, uint8_t *result)
{
    mix(text, 1, result);
}

static void hmac(struct span key, struct span text, uint8_t *result)
{
    uint8_t a[SCRAM_HASH_MAX];
    mix(key, 2, a);
    mix(text, a[0], result);
}

static void pbkdf2(struct span password, struct span salt, unsigned rounds, uint8_t *result)
{
    mix(password, (uint8_t)rounds, result);
}

static const struct scram_hash hash = {"X", SCRAM_HASH_MAX, digest, hmac, pbkdf2};

static void as_server(struct span first, struct span last)
{
    struct scram_server s;
    struct scram_keys keys;
    SCOPED_BUF struct buf out;
    buf_init(&out, 8192);
    scram_derive(&hash, "secret", span_str("salt"), SCRAM_ROUNDS_MIN, &keys);
    if (scram_server_start(&s, &hash, first) == SCRAM_OK) {
        if (!*s.user || !utf8_valid(span_str(s.user)))
            abort();
        if (scram_server_challenge(&s, &keys, "server", &out) == SCRAM_OK)
            (void)scram_server_verify(&s, &keys, last, &out);
    }
    scram_server_clear(&s);
}

static void as_client(struct span first, struct span last)
{
    struct scram_client c;
    SCOPED_BUF struct buf out;
    buf_init(&out, 8192);
    scram_client_start(&c, &hash, "us,er", "client", &out);
    if (scram_client_prove(&c, first, "secret", &out) == SCRAM_OK)
        (void)scram_client_finish(&c, last);
    scram_client_clear(&c);
}

/* Two messages, with a NUL between them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const uint8_t *nul = memchr(data + 1, 0, size - 1), *end = data + size;
    struct span first = span_of(data + 1, (size_t)((nul ? nul : end) - data - 1));
    struct span last = nul ? span_of(nul + 1, (size_t)(end - nul - 1)) : span_of(end, 0);
    if (data[0] & 1)
        as_client(first, last);
    else
        as_server(first, last);
    return 0;
}
