/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "backup/vault.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/panic.h"

/* In front of an encrypted one: magic, salt, header of the stream. */
static const uint8_t magic[16] = "faxpost-backup1\n";
enum {
    SALT = crypto_pwhash_SALTBYTES,
    HEADER = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
    KEY = crypto_secretstream_xchacha20poly1305_KEYBYTES,
    EXTRA = crypto_secretstream_xchacha20poly1305_ABYTES
};

static void begin(struct vault *v, int fd)
{
    if (sodium_init() < 0)
        panic("no libsodium");
    *v = (struct vault){.fd = fd, .digest = EVP_MD_CTX_new()};
    if (!v->digest || EVP_DigestInit_ex(v->digest, EVP_sha256(), NULL) != 1)
        panic("no SHA-256");
}

static int derive(uint8_t key[KEY], struct span passphrase, const uint8_t salt[SALT])
{
    return crypto_pwhash(key, KEY, (const char *)passphrase.data, passphrase.len, salt,
                         crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE,
                         crypto_pwhash_ALG_ARGON2ID13) == 0
               ? 0
               : ENOMEM;
}

static void count_in(struct vault *v, struct span bytes)
{
    if (EVP_DigestUpdate(v->digest, bytes.data, bytes.len) != 1)
        panic("no SHA-256");
}

/* ---- writing ---- */

int vault_create(struct vault *v, int fd, struct span passphrase)
{
    uint8_t salt[SALT], header[HEADER], key[KEY];
    begin(v, fd);
    v->encrypted = passphrase.data != NULL;
    if (!v->encrypted)
        return 0;
    randombytes_buf(salt, sizeof(salt));
    int error = derive(key, passphrase, salt);
    if (!error)
        (void)crypto_secretstream_xchacha20poly1305_init_push(&v->state, header, key);
    sodium_memzero(key, sizeof(key));
    if (!error)
        error = fd_write_all(fd, span_of(magic, sizeof(magic)));
    if (!error)
        error = fd_write_all(fd, span_of(salt, sizeof(salt)));
    return error ? error : fd_write_all(fd, span_of(header, sizeof(header)));
}

static int flush(struct vault *v, bool last)
{
    uint8_t sealed[VAULT_CHUNK + EXTRA];
    unsigned long long len;
    if (!v->encrypted) {
        int error = fd_write_all(v->fd, span_of(v->chunk, v->len));
        v->len = 0;
        return error;
    }
    uint8_t tag = last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0;
    (void)crypto_secretstream_xchacha20poly1305_push(&v->state, sealed, &len, v->chunk, v->len, NULL, 0, tag);
    v->len = 0;
    return fd_write_all(v->fd, span_of(sealed, (size_t)len));
}

int vault_write(struct vault *v, struct span bytes)
{
    count_in(v, bytes);
    while (bytes.len > 0) {
        size_t n = VAULT_CHUNK - v->len < bytes.len ? VAULT_CHUNK - v->len : bytes.len;
        memcpy(v->chunk + v->len, bytes.data, n);
        v->len += n;
        bytes = span_of(bytes.data + n, bytes.len - n);
        int error = v->len == VAULT_CHUNK ? flush(v, false) : 0;
        if (error)
            return error;
    }
    return 0;
}

int vault_finish(struct vault *v)
{
    int error = flush(v, true);
    return error ? error : fsync(v->fd) < 0 ? errno : 0;
}

/* ---- reading ---- */

int vault_open(struct vault *v, int fd, struct span passphrase)
{
    uint8_t head[sizeof(magic) + SALT + HEADER], key[KEY];
    size_t got;
    begin(v, fd);
    int error = fd_read_up_to(fd, head, sizeof(head), &got);
    if (error)
        return error;
    v->encrypted = got == sizeof(head) && memcmp(head, magic, sizeof(magic)) == 0;
    if (!v->encrypted && passphrase.data)
        return ENOTSUP; /* who has a passphrase relies on what it proves */
    if (!v->encrypted)
        return lseek(fd, 0, SEEK_SET) < 0 ? errno : 0;
    if (!passphrase.data)
        return ENOKEY;
    error = derive(key, passphrase, head + sizeof(magic));
    if (!error &&
        crypto_secretstream_xchacha20poly1305_init_pull(&v->state, head + sizeof(magic) + SALT, key) != 0)
        error = EBADMSG;
    sodium_memzero(key, sizeof(key));
    return error;
}

static int fill(struct vault *v)
{
    uint8_t sealed[VAULT_CHUNK + EXTRA], tag;
    unsigned long long len;
    size_t got;
    v->at = v->len = 0;
    if (v->ended)
        return EBADMSG;
    int error = v->encrypted ? fd_read_up_to(v->fd, sealed, sizeof(sealed), &got)
                             : fd_read_up_to(v->fd, v->chunk, VAULT_CHUNK, &got);
    if (error)
        return error;
    if (!v->encrypted) {
        v->len = got;
        return got > 0 ? 0 : EBADMSG;
    }
    if (got < EXTRA || crypto_secretstream_xchacha20poly1305_pull(&v->state, v->chunk, &len, &tag, sealed,
                                                                  got, NULL, 0) != 0)
        return EBADMSG;
    v->len = (size_t)len;
    v->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return v->len > 0 ? 0 : EBADMSG;
}

int vault_read(struct vault *v, void *to, size_t len)
{
    uint8_t *at = to;
    for (size_t left = len; left > 0;) {
        int error = v->at == v->len ? fill(v) : 0;
        if (error)
            return error;
        size_t n = v->len - v->at < left ? v->len - v->at : left;
        memcpy(at, v->chunk + v->at, n);
        v->at += n;
        at += n;
        left -= n;
    }
    count_in(v, span_of(to, len));
    return 0;
}

void vault_digest(const struct vault *v, uint8_t digest[VAULT_DIGEST])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    if (!copy || EVP_MD_CTX_copy_ex(copy, v->digest) != 1 || EVP_DigestFinal_ex(copy, digest, NULL) != 1)
        panic("no SHA-256");
    EVP_MD_CTX_free(copy);
}

void vault_close(struct vault *v)
{
    EVP_MD_CTX_free(v->digest);
    v->digest = NULL;
    sodium_memzero(&v->state, sizeof(v->state));
    sodium_memzero(v->chunk, sizeof(v->chunk));
}
