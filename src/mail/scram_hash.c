/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/scram_hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hex.h"
#include "base/panic.h"

enum { MD5_BYTES = 16 };

static void digest(const EVP_MD *md, struct span text, uint8_t *result)
{
    if (EVP_Digest(text.data, text.len, result, NULL, md, NULL) != 1)
        panic("OpenSSL gives no hash");
}

static void hmac(const EVP_MD *md, struct span key, struct span text, uint8_t *result)
{
    if (!HMAC(md, key.data, (int)key.len, text.data, text.len, result, NULL))
        panic("OpenSSL gives no HMAC");
}

static void pbkdf2(const EVP_MD *md, struct span password, struct span salt, unsigned rounds, uint8_t *result)
{
    if (PKCS5_PBKDF2_HMAC((const char *)password.data, (int)password.len, salt.data, (int)salt.len,
                          (int)rounds, md, EVP_MD_get_size(md), result) != 1)
        panic("OpenSSL gives no PBKDF2");
}

#define HASH(name, text, md)                                                                                 \
    static void name##_digest(struct span in, uint8_t *result)                                               \
    {                                                                                                        \
        digest(md(), in, result);                                                                            \
    }                                                                                                        \
    static void name##_hmac(struct span key, struct span in, uint8_t *result)                                \
    {                                                                                                        \
        hmac(md(), key, in, result);                                                                         \
    }                                                                                                        \
    static void name##_pbkdf2(struct span password, struct span salt, unsigned rounds, uint8_t *result)      \
    {                                                                                                        \
        pbkdf2(md(), password, salt, rounds, result);                                                        \
    }                                                                                                        \
    const struct scram_hash scram_##name = {.mechanism = (text),                                             \
                                            .len = sizeof(uint8_t[name##_BYTES]),                            \
                                            .digest = name##_digest,                                         \
                                            .hmac = name##_hmac,                                             \
                                            .pbkdf2 = name##_pbkdf2}

enum { sha_256_BYTES = 32, sha_1_BYTES = 20 };

HASH(sha_256, "SCRAM-SHA-256", EVP_sha256);
HASH(sha_1, "SCRAM-SHA-1", EVP_sha1);

void cram_md5(const char *password, struct span challenge, char digits[33])
{
    uint8_t result[MD5_BYTES];
    hmac(EVP_md5(), span_str(password), challenge, result);
    hex_format(result, sizeof(result), digits);
}
