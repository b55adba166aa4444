/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/pkce.h"

#include <sodium.h>
#include <string.h>

#include "base/rand.h"
#include "proto/http_response.h"

void pkce_random_word(char to[PKCE_WORD_LEN])
{
    uint8_t bytes[32];
    rand_bytes(bytes, sizeof(bytes));
    (void)sodium_bin2base64(to, PKCE_WORD_LEN, bytes, sizeof(bytes),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    explicit_bzero(bytes, sizeof(bytes));
}

/* RFC 7636 §4.2 */
void pkce_put_challenge(const char *verifier, struct buf *query)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char text[PKCE_WORD_LEN];
    (void)crypto_hash_sha256(hash, (const unsigned char *)verifier, strlen(verifier));
    (void)sodium_bin2base64(text, sizeof(text), hash, sizeof(hash), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    form_put(query, "code_challenge", text);
    form_put(query, "code_challenge_method", "S256");
}
