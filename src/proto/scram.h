/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SCRAM (RFC 5802, RFC 7677), both sides: a login where the password does not travel and the server proves
 * that it knows it too. Messages as they stand inside SASL, without base64. No channel binding.
 *
 * The hash functions come from outside, so that no library is seen here. The other side is not trusted:
 * lengths and rounds are bounded, and nonces are compared. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"

enum {
    SCRAM_HASH_MAX = 32,
    SCRAM_NONCE_MAX = 256, /* both halves */
    SCRAM_SALT_MAX = 128,
    SCRAM_NAME_MAX = 512,
    SCRAM_MESSAGE_MAX = 2048,
    SCRAM_SIGNS_MAX = 3 * SCRAM_MESSAGE_MAX, /* what both sides sign */
    SCRAM_ROUNDS_MIN = 4096,                 /* RFC 7677 §4 */
    SCRAM_ROUNDS_MAX = 200000,               /* what a stranger may make us compute */
};

struct scram_hash {
    const char *mechanism; /* "SCRAM-SHA-256" */
    size_t len;            /* of each result */
    void (*digest)(struct span text, uint8_t *result);
    void (*hmac)(struct span key, struct span text, uint8_t *result);
    void (*pbkdf2)(struct span password, struct span salt, unsigned rounds, uint8_t *result);
};

/* What a server keeps in place of a password. */
struct scram_keys {
    unsigned rounds;
    size_t salt_len;
    uint8_t salt[SCRAM_SALT_MAX];
    uint8_t stored_key[SCRAM_HASH_MAX], server_key[SCRAM_HASH_MAX];
};

void scram_derive(const struct scram_hash *h, const char *password, struct span salt, unsigned rounds,
                  struct scram_keys *keys);

/* The proof that belongs to what both sides sign, and the signature by which the server will prove itself.
 * proof, signature: of h->len. Also for a server that was told the password and has no keys at hand. */
void scram_prove(const struct scram_hash *h, const char *password, struct span salt, unsigned rounds,
                 struct span signs, uint8_t *proof, uint8_t *signature);
/* Does the proof fit the keys? Then the server's signature is made. */
bool scram_keys_fit(const struct scram_hash *h, const struct scram_keys *keys, struct span signs,
                    const uint8_t *proof, uint8_t *signature) MUST_USE;

enum scram_result {
    SCRAM_OK,
    SCRAM_NONSENSE, /* against the grammar, or out of bounds */
    SCRAM_DENIED,   /* the other side does not know the password */
};

/* ---- client ---- */

struct scram_client {
    const struct scram_hash *hash;
    struct buf first_bare;
    char nonce[SCRAM_NONCE_MAX];
    uint8_t server_signature[SCRAM_HASH_MAX];
};

/* nonce: printable ASCII without comma, new for each login. Appends the first message. */
void scram_client_start(struct scram_client *c, const struct scram_hash *h, const char *user,
                        const char *nonce, struct buf *out);
/* The server's first message is answered by the proof. */
enum scram_result scram_client_prove(struct scram_client *c, struct span server_first, const char *password,
                                     struct buf *out) MUST_USE;
/* The server's last message: OK where it has proved itself. */
enum scram_result scram_client_finish(const struct scram_client *c, struct span server_final) MUST_USE;
void scram_client_clear(struct scram_client *c); /* wipes; also where nothing was started */

/* ---- server ---- */

struct scram_server {
    const struct scram_hash *hash;
    char user[SCRAM_NAME_MAX];
    char gs2[3 + 1]; /* "n,," or "y,," */
    struct buf first_bare, server_first;
    char nonce[SCRAM_NONCE_MAX];
};

/* The client's first message; then `user` says who wants in. */
enum scram_result scram_server_start(struct scram_server *s, const struct scram_hash *h,
                                     struct span client_first) MUST_USE;
/* For a user who does not exist give keys all the same (from a secret and his name), so that nobody can tell
 * the difference. nonce: as of the client. Appends the answer. */
enum scram_result scram_server_challenge(struct scram_server *s, const struct scram_keys *keys,
                                         const char *nonce, struct buf *out) MUST_USE;
/* The client's proof; OK: let him in, and say what was appended. keys: also what scram_server_challenge got;
 * there, salt and rounds are enough. */
enum scram_result scram_server_verify(const struct scram_server *s, const struct scram_keys *keys,
                                      struct span client_final, struct buf *out) MUST_USE;
/* The same in two halves, for a server whose keys lie elsewhere: what was signed and the proof out of the
 * last message (DENIED where it answers another challenge), to be judged by scram_keys_fit; then what to say.
 */
enum scram_result scram_server_open(const struct scram_server *s, struct span client_final, struct buf *signs,
                                    uint8_t *proof) MUST_USE;
void scram_server_confirm(const struct scram_server *s, const uint8_t *signature, struct buf *out);
void scram_server_clear(struct scram_server *s);

/* ---- keys as text: "SCRAM-SHA-256$<rounds>:<salt>$<stored key>:<server key>" (RFC 5803 §3) ---- */

enum { SCRAM_KEYS_TEXT_LEN = 512 };
void scram_keys_format(const struct scram_hash *h, const struct scram_keys *keys, struct buf *to);
bool scram_keys_parse(const struct scram_hash *h, const char *text, struct scram_keys *keys) MUST_USE;
