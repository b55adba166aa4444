/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The form in which a file lies at a place: as it is, or sealed.
 *
 * A sealed one is: the header - "FXARCH1\n", 8 bytes that name the place's key, the length of its own name
 * (one byte) and that name, a nonce and the data key, which is this file's alone, wrapped by the place's key
 * (XChaCha20-Poly1305, everything before it is authenticated with it) - and libsodium's secretstream
 * (XChaCha20-Poly1305) in chunks, the last of which says that it is the last. So a file that was changed, cut
 * off, put together of others or renamed is refused.
 *
 * SECURITY: what comes from a place is hostile. Nothing is believed of a chunk before it is authenticated;
 * who gets a file must not use it before sink_end has said that it is whole. */
#pragma once

#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum {
    SEALED_KEY_BYTES = 32,
    SEALED_KEY_TEXT_LEN = 2 * SEALED_KEY_BYTES + 1,
    SEALED_NAME_MAX = 200,
    SEALED_CHUNK = 65536,
    SEALED_FILE_MAX = 1 << 30, /* bytes within; what is longer is none of ours */
    SEALED_HEADER_MAX = 8 + 8 + 1 + SEALED_NAME_MAX + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
                        crypto_secretstream_xchacha20poly1305_KEYBYTES +
                        crypto_aead_xchacha20poly1305_ietf_ABYTES +
                        crypto_secretstream_xchacha20poly1305_HEADERBYTES,
};

/* ---- on the way there ---- */

struct sealed_source {
    int fd; /* the caller's */
    uint64_t plain_bytes, taken;
    bool sealed;
    crypto_secretstream_xchacha20poly1305_state first, stream;
    uint8_t header[SEALED_HEADER_MAX];
    size_t header_len;
    uint8_t out[SEALED_CHUNK + crypto_secretstream_xchacha20poly1305_ABYTES];
    size_t out_len, out_at; /* of the header, then of the chunk, what was not read yet */
    bool begun, ended;
    int error; /* errno of fd */
};

/* key NULL: as it is. name: at most SEALED_NAME_MAX bytes. */
void source_begin(struct sealed_source *s, int fd, uint64_t bytes, const uint8_t *key, const char *name);
/* The same bytes from their beginning. */
void source_rewind(struct sealed_source *s);
uint64_t source_size(const struct sealed_source *s);
/* How many came; 0 at the end, or where s->error says that fd cannot be read. */
size_t source_read(struct sealed_source *s, void *to, size_t len) MUST_USE;
void source_clear(struct sealed_source *s);

/* ---- and back ---- */

enum sealed_fault {
    SEALED_GOOD,
    SEALED_NONE,      /* it is no such file */
    SEALED_OTHER_KEY, /* it needs the key of another place */
    SEALED_CHANGED,   /* it is not as it was written, its end perhaps */
    SEALED_OTHER_NAME,
    SEALED_CUT_OFF,
    SEALED_NO_ROOM, /* errno in s->error */
};
const char *sealed_fault_text(enum sealed_fault fault);

struct sealed_sink {
    int fd; /* the caller's; -1: it is only looked at */
    const uint8_t *key;
    const char *name;
    bool sealed, begun, ended;
    crypto_secretstream_xchacha20poly1305_state stream;
    uint8_t in[SEALED_CHUNK + crypto_secretstream_xchacha20poly1305_ABYTES];
    size_t in_len;
    crypto_hash_sha256_state hash;
    uint64_t bytes; /* plain ones */
    enum sealed_fault fault;
    int error;
};

/* key NULL: as it is. name NULL: whatever stands in it. */
void sink_begin(struct sealed_sink *s, int fd, const uint8_t *key, const char *name);
/* False: no more is wanted; s->fault. */
bool sink_write(struct sealed_sink *s, const void *data, size_t len) MUST_USE;
/* Everything came. sha256: of the plain bytes, in hexadecimal. */
enum sealed_fault sink_end(struct sealed_sink *s, char sha256[65]) MUST_USE;
void sink_clear(struct sealed_sink *s);

/* 64 hexadecimal digits. */
bool sealed_key_parse(const char *text, uint8_t key[SEALED_KEY_BYTES]) MUST_USE;
