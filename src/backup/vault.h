/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bytes of a backup: as they are, or encrypted by a passphrase (Argon2id, then XChaCha20-Poly1305 in
 * chunks, by libsodium's secretstream). A cut or altered file is found out when it is read. */
#pragma once

#include <openssl/evp.h>
#include <sodium.h>

#include "base/attr.h"
#include "base/span.h"

enum { VAULT_CHUNK = 65536, VAULT_PASSPHRASE_MIN = 12, VAULT_PASSPHRASE_MAX = 1024, VAULT_DIGEST = 32 };

struct vault {
    int fd;
    bool encrypted, ended;
    crypto_secretstream_xchacha20poly1305_state state;
    uint8_t chunk[VAULT_CHUNK];
    size_t len, at;     /* of chunk */
    EVP_MD_CTX *digest; /* SHA-256 of the plain bytes so far */
};

/* passphrase: data NULL: not encrypted. 0 or errno. */
int vault_create(struct vault *v, int fd, struct span passphrase) MUST_USE;
int vault_write(struct vault *v, struct span bytes) MUST_USE;
/* All of it is on the disk. */
int vault_finish(struct vault *v) MUST_USE;

/* ENOKEY: it is encrypted, and no passphrase was given; ENOTSUP: one was, and it is not. */
int vault_open(struct vault *v, int fd, struct span passphrase) MUST_USE;
/* Exactly so many bytes. EBADMSG: the passphrase is wrong, or the file was altered or cut off. */
int vault_read(struct vault *v, void *to, size_t len) MUST_USE;

/* SHA-256 of the plain bytes up to now. */
void vault_digest(const struct vault *v, uint8_t digest[VAULT_DIGEST]);
void vault_close(struct vault *v);
