/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/login_keys.h"

#include <sodium.h>
#include <string.h>

#include "base/rand.h"
#include "base/str.h"

/* ---- SHA-256 by libsodium ---- */

enum { BYTES = crypto_auth_hmacsha256_BYTES };

static void digest(struct span text, uint8_t *result)
{
    (void)crypto_hash_sha256(result, text.data, text.len);
}

static void hmac(struct span key, struct span text, uint8_t *result)
{
    crypto_auth_hmacsha256_state h;
    (void)crypto_auth_hmacsha256_init(&h, key.data, key.len);
    (void)crypto_auth_hmacsha256_update(&h, text.data, text.len);
    (void)crypto_auth_hmacsha256_final(&h, result);
    sodium_memzero(&h, sizeof(h));
}

/* One block of PBKDF2 (RFC 8018 §5.2), which is all that SCRAM needs. */
static void pbkdf2(struct span password, struct span salt, unsigned rounds, uint8_t *result)
{
    static const uint8_t first_block[4] = {0, 0, 0, 1};
    crypto_auth_hmacsha256_state keyed, h;
    uint8_t u[BYTES];
    (void)crypto_auth_hmacsha256_init(&keyed, password.data, password.len);
    h = keyed;
    (void)crypto_auth_hmacsha256_update(&h, salt.data, salt.len);
    (void)crypto_auth_hmacsha256_update(&h, first_block, sizeof(first_block));
    (void)crypto_auth_hmacsha256_final(&h, u);
    memcpy(result, u, BYTES);
    for (unsigned i = 1; i < rounds; i++) {
        h = keyed;
        (void)crypto_auth_hmacsha256_update(&h, u, BYTES);
        (void)crypto_auth_hmacsha256_final(&h, u);
        for (size_t k = 0; k < BYTES; k++)
            result[k] ^= u[k];
    }
    sodium_memzero(&keyed, sizeof(keyed));
    sodium_memzero(&h, sizeof(h));
    sodium_memzero(u, sizeof(u));
}

const struct scram_hash login_hash = {
    .mechanism = "SCRAM-SHA-256", .len = BYTES, .digest = digest, .hmac = hmac, .pbkdf2 = pbkdf2};

/* ---- passwords ---- */

bool login_password_valid(const char *password)
{
    size_t len = strlen(password);
    for (size_t i = 0; i < len; i++)
        if (password[i] < 0x20 || password[i] > 0x7e)
            return false;
    return len >= LOGIN_PASSWORD_MIN && len <= LOGIN_PASSWORD_MAX;
}

void login_keys_make(const char *password, char text[SCRAM_KEYS_TEXT_LEN])
{
    uint8_t salt[LOGIN_SALT_LEN];
    struct scram_keys keys;
    SCOPED_BUF struct buf b;
    buf_init(&b, SCRAM_KEYS_TEXT_LEN - 1);
    rand_bytes(salt, sizeof(salt));
    scram_derive(&login_hash, password, span_of(salt, sizeof(salt)), LOGIN_ROUNDS, &keys);
    scram_keys_format(&login_hash, &keys, &b);
    (void)str_copy(text, SCRAM_KEYS_TEXT_LEN, buf_text(&b));
}

bool login_keys_fit(const struct scram_keys *keys, const char *password)
{
    struct scram_keys made;
    scram_derive(&login_hash, password, span_of(keys->salt, keys->salt_len), keys->rounds, &made);
    return sodium_memcmp(made.stored_key, keys->stored_key, BYTES) == 0;
}

bool login_keys_open(const struct login_vault *v, const char *sealed, struct scram_keys *keys)
{
    unsigned char box[crypto_box_SEALBYTES + SCRAM_KEYS_TEXT_LEN];
    char text[SCRAM_KEYS_TEXT_LEN];
    size_t len = 0;
    if (!v || !v->known ||
        sodium_base642bin(box, sizeof(box) - 1, sealed, strlen(sealed), NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        len <= crypto_box_SEALBYTES ||
        crypto_box_seal_open((unsigned char *)text, box, len, v->public, v->secret) != 0)
        return false;
    text[len - crypto_box_SEALBYTES] = 0;
    bool good = scram_keys_parse(&login_hash, text, keys);
    sodium_memzero(text, sizeof(text));
    return good;
}
