/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "archive/sealed.h"

#include <string.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/panic.h"
#include "base/str.h"

#define NONCE_BYTES  crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES    crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEY_BYTES    crypto_secretstream_xchacha20poly1305_KEYBYTES
#define STREAM_BYTES crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define CHUNK_MORE   crypto_secretstream_xchacha20poly1305_ABYTES
enum { MAGIC_BYTES = 8, KEY_NAME_BYTES = 8, FIXED_BYTES = MAGIC_BYTES + KEY_NAME_BYTES + 1 };
_Static_assert(KEY_BYTES == SEALED_KEY_BYTES, "one size of keys");

static const uint8_t magic[MAGIC_BYTES] = {'F', 'X', 'A', 'R', 'C', 'H', '1', '\n'};

/* Tells keys apart and says nothing of them. */
static void name_key(const uint8_t *key, uint8_t name[KEY_NAME_BYTES])
{
    uint8_t hash[crypto_generichash_BYTES_MIN];
    static const uint8_t purpose[] = "faxpost archive key";
    (void)crypto_generichash(hash, sizeof(hash), purpose, sizeof(purpose), key, SEALED_KEY_BYTES);
    memcpy(name, hash, KEY_NAME_BYTES);
}

bool sealed_key_parse(const char *text, uint8_t key[SEALED_KEY_BYTES])
{
    return strlen(text) == 2 * SEALED_KEY_BYTES && hex_parse(text, key, SEALED_KEY_BYTES);
}

const char *sealed_fault_text(enum sealed_fault fault)
{
    switch (fault) {
    case SEALED_GOOD: return "";
    case SEALED_NONE: return "It is no file of an encrypted place.";
    case SEALED_OTHER_KEY: return "It was encrypted for another key than this place's.";
    case SEALED_CHANGED: return "It is not as it was written: bytes of it were changed.";
    case SEALED_OTHER_NAME: return "It is another fax's file under this name.";
    case SEALED_CUT_OFF: return "It is cut off: its end is missing.";
    case SEALED_NO_ROOM: return "There is no room here for it.";
    }
    panic("a fault that is none");
}

/* ---- on the way there ---- */

static void write_header(struct sealed_source *s, const uint8_t *key, const char *name)
{
    uint8_t data_key[KEY_BYTES], *at = s->header;
    size_t name_len = strlen(name);
    if (name_len > SEALED_NAME_MAX)
        panic("an archive name of %zu bytes", name_len);
    memcpy(at, magic, MAGIC_BYTES);
    name_key(key, at + MAGIC_BYTES);
    at[MAGIC_BYTES + KEY_NAME_BYTES] = (uint8_t)name_len;
    memcpy(at + FIXED_BYTES, name, name_len);
    at += FIXED_BYTES + name_len;
    randombytes_buf(at, NONCE_BYTES);
    crypto_secretstream_xchacha20poly1305_keygen(data_key);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(at + NONCE_BYTES, NULL, data_key, KEY_BYTES, s->header,
                                                     FIXED_BYTES + name_len, NULL, at, key);
    at += NONCE_BYTES + KEY_BYTES + TAG_BYTES;
    (void)crypto_secretstream_xchacha20poly1305_init_push(&s->first, at, data_key);
    sodium_memzero(data_key, sizeof(data_key));
    s->header_len = (size_t)(at + STREAM_BYTES - s->header);
}

void source_begin(struct sealed_source *s, int fd, uint64_t bytes, const uint8_t *key, const char *name)
{
    if (sodium_init() < 0)
        panic("libsodium does not start");
    memset(s, 0, sizeof(*s));
    s->fd = fd;
    s->plain_bytes = bytes;
    s->sealed = key != NULL;
    if (key)
        write_header(s, key, name);
    source_rewind(s);
}

void source_rewind(struct sealed_source *s)
{
    s->stream = s->first;
    s->taken = 0;
    s->out_len = s->out_at = 0;
    s->begun = s->ended = false;
    s->error = 0;
}

uint64_t source_size(const struct sealed_source *s)
{
    uint64_t chunks = (s->plain_bytes + SEALED_CHUNK - 1) / SEALED_CHUNK;
    if (!s->sealed)
        return s->plain_bytes;
    return s->header_len + s->plain_bytes + (chunks ? chunks : 1) * CHUNK_MORE;
}

/* The next piece into out. */
static void fill(struct sealed_source *s)
{
    uint8_t plain[SEALED_CHUNK];
    s->out_at = s->out_len = 0;
    if (s->sealed && !s->begun) {
        memcpy(s->out, s->header, s->header_len);
        s->out_len = s->header_len;
        s->begun = true;
        return;
    }
    uint64_t left = s->plain_bytes - s->taken;
    size_t len = left < SEALED_CHUNK ? (size_t)left : SEALED_CHUNK;
    s->error = fd_pread_all(s->fd, plain, len, (off_t)s->taken);
    if (s->error)
        return;
    s->taken += len;
    s->ended = s->taken == s->plain_bytes;
    s->out_len = len;
    if (!s->sealed) {
        memcpy(s->out, plain, len);
        return;
    }
    (void)crypto_secretstream_xchacha20poly1305_push(
        &s->stream, s->out, NULL, plain, len, NULL, 0,
        s->ended ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
    s->out_len += CHUNK_MORE;
    sodium_memzero(plain, sizeof(plain));
}

_Static_assert(SEALED_HEADER_MAX <= SEALED_CHUNK, "the header fits out");

size_t source_read(struct sealed_source *s, void *to, size_t len)
{
    while (s->out_at == s->out_len) {
        if (s->ended || s->error)
            return 0;
        fill(s);
    }
    size_t n = s->out_len - s->out_at < len ? s->out_len - s->out_at : len;
    memcpy(to, s->out + s->out_at, n);
    s->out_at += n;
    return n;
}

void source_clear(struct sealed_source *s)
{
    sodium_memzero(s, sizeof(*s));
}

/* ---- and back ---- */

void sink_begin(struct sealed_sink *s, int fd, const uint8_t *key, const char *name)
{
    if (sodium_init() < 0)
        panic("libsodium does not start");
    memset(s, 0, sizeof(*s));
    s->fd = fd;
    s->key = key;
    s->name = name;
    s->sealed = key != NULL;
    (void)crypto_hash_sha256_init(&s->hash);
}

static bool give_up(struct sealed_sink *s, enum sealed_fault fault)
{
    if (s->fault == SEALED_GOOD)
        s->fault = fault;
    return false;
}

static bool take_plain(struct sealed_sink *s, const uint8_t *data, size_t len)
{
    if (len > SEALED_FILE_MAX - s->bytes)
        return give_up(s, SEALED_CHANGED);
    (void)crypto_hash_sha256_update(&s->hash, data, len);
    s->bytes += len;
    s->error = s->fd >= 0 ? fd_write_all(s->fd, span_of(data, len)) : 0;
    return s->error == 0 || give_up(s, SEALED_NO_ROOM);
}

/* How long the header is, as far as it is there; 0: not known yet. */
static size_t header_len(const struct sealed_sink *s)
{
    return s->in_len < FIXED_BYTES ? 0
                                   : FIXED_BYTES + (size_t)s->in[FIXED_BYTES - 1] + NONCE_BYTES + KEY_BYTES +
                                         TAG_BYTES + STREAM_BYTES;
}

static bool read_header(struct sealed_sink *s, size_t len)
{
    uint8_t data_key[KEY_BYTES], wanted[KEY_NAME_BYTES];
    size_t name_len = s->in[FIXED_BYTES - 1];
    const uint8_t *name = s->in + FIXED_BYTES, *nonce = name + name_len, *wrapped = nonce + NONCE_BYTES;
    if (memcmp(s->in, magic, MAGIC_BYTES) != 0)
        return give_up(s, SEALED_NONE);
    name_key(s->key, wanted);
    if (memcmp(s->in + MAGIC_BYTES, wanted, KEY_NAME_BYTES) != 0)
        return give_up(s, SEALED_OTHER_KEY);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(data_key, NULL, NULL, wrapped, KEY_BYTES + TAG_BYTES,
                                                   s->in, FIXED_BYTES + name_len, nonce, s->key) != 0)
        return give_up(s, SEALED_CHANGED);
    bool named = !s->name || (strlen(s->name) == name_len && memcmp(s->name, name, name_len) == 0);
    bool good = crypto_secretstream_xchacha20poly1305_init_pull(&s->stream, wrapped + KEY_BYTES + TAG_BYTES,
                                                                data_key) == 0;
    sodium_memzero(data_key, sizeof(data_key));
    if (!named || !good)
        return give_up(s, named ? SEALED_CHANGED : SEALED_OTHER_NAME);
    s->begun = true;
    memmove(s->in, s->in + len, s->in_len - len);
    s->in_len -= len;
    return true;
}

/* What stands in `in` is a chunk: a whole one, or the last. */
static bool open_chunk(struct sealed_sink *s)
{
    uint8_t plain[SEALED_CHUNK], tag = 0;
    unsigned long long len = 0;
    if (s->ended || s->in_len < CHUNK_MORE ||
        crypto_secretstream_xchacha20poly1305_pull(&s->stream, plain, &len, &tag, s->in, s->in_len, NULL,
                                                   0) != 0)
        return give_up(s, SEALED_CHANGED);
    s->in_len = 0;
    s->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    bool taken = take_plain(s, plain, (size_t)len);
    sodium_memzero(plain, sizeof(plain));
    return taken;
}

bool sink_write(struct sealed_sink *s, const void *data, size_t len)
{
    const uint8_t *at = data;
    if (s->fault != SEALED_GOOD)
        return false;
    if (!s->sealed)
        return take_plain(s, at, len);
    while (len > 0) {
        size_t n = sizeof(s->in) - s->in_len < len ? sizeof(s->in) - s->in_len : len;
        memcpy(s->in + s->in_len, at, n);
        s->in_len += n;
        at += n;
        len -= n;
        size_t header = s->begun ? 0 : header_len(s);
        if (!s->begun && (header == 0 || s->in_len < header))
            continue; /* `in` is larger than any header, so it was all of the data */
        if (!s->begun && !read_header(s, header))
            return false;
        if (s->in_len == sizeof(s->in) && !open_chunk(s))
            return false;
    }
    return true;
}

enum sealed_fault sink_end(struct sealed_sink *s, char sha256[65])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    *sha256 = 0;
    if (s->sealed && s->fault == SEALED_GOOD && !s->begun)
        (void)give_up(s, s->in_len >= MAGIC_BYTES && memcmp(s->in, magic, MAGIC_BYTES) == 0 ? SEALED_CUT_OFF
                                                                                            : SEALED_NONE);
    if (s->sealed && s->fault == SEALED_GOOD && s->in_len > 0)
        (void)!open_chunk(s);
    if (s->sealed && s->fault == SEALED_GOOD && !s->ended)
        (void)give_up(s, SEALED_CUT_OFF);
    if (s->fault != SEALED_GOOD)
        return s->fault;
    (void)crypto_hash_sha256_final(&s->hash, hash);
    hex_format(hash, sizeof(hash), sha256);
    return SEALED_GOOD;
}

void sink_clear(struct sealed_sink *s)
{
    sodium_memzero(s, sizeof(*s));
}
