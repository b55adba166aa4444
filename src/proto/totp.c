/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/totp.h"

#include <string.h>

#include "base/sha1.h"
#include "base/str.h"

enum { BLOCK = 64, CODES = 1000000 };

/* HMAC (RFC 2104), of a key shorter than a block. */
static void hmac(const uint8_t key[TOTP_SECRET_LEN], struct span text, uint8_t digest[SHA1_BYTES])
{
    uint8_t inner[BLOCK] = {0}, outer[BLOCK];
    memcpy(inner, key, TOTP_SECRET_LEN);
    for (size_t i = 0; i < BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    const struct span first[] = {span_of(inner, BLOCK), text};
    sha1(first, 2, digest);
    uint8_t between[SHA1_BYTES];
    memcpy(between, digest, SHA1_BYTES);
    const struct span second[] = {span_of(outer, BLOCK), span_of(between, SHA1_BYTES)};
    sha1(second, 2, digest);
}

unsigned totp_code(const uint8_t secret[TOTP_SECRET_LEN], uint64_t step)
{
    uint8_t counter[8], digest[SHA1_BYTES];
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)(step >> (56 - 8 * i));
    hmac(secret, span_of(counter, sizeof(counter)), digest);
    const uint8_t *at = digest + (digest[SHA1_BYTES - 1] & 15); /* RFC 4226 §5.3 */
    uint32_t bits = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return bits % CODES;
}

static bool read_code(const char *text, unsigned *code)
{
    unsigned digits = 0;
    *code = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        if (!char_is_digit(*text) || ++digits > TOTP_DIGITS)
            return false;
        *code = *code * 10 + (unsigned)(*text - '0');
    }
    return digits == TOTP_DIGITS;
}

bool totp_fits(const uint8_t secret[TOTP_SECRET_LEN], const char *code, uint64_t now_step, uint64_t last_step,
               uint64_t *step)
{
    unsigned wanted;
    if (!read_code(code, &wanted))
        return false;
    bool fits = false;
    for (uint64_t s = now_step > 0 ? now_step - 1 : 0; s <= now_step + 1; s++)
        if (totp_code(secret, s) == wanted && s > last_step) {
            *step = s;
            fits = true;
        }
    return fits;
}

void totp_base32(const uint8_t secret[TOTP_SECRET_LEN], char text[TOTP_BASE32_LEN])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for (size_t i = 0; i < TOTP_BASE32_LEN - 1; i++) {
        size_t bit = i * 5, byte = bit / 8;
        unsigned two = (unsigned)secret[byte] << 8 | (byte + 1 < TOTP_SECRET_LEN ? secret[byte + 1] : 0u);
        text[i] = letters[two >> (11 - bit % 8) & 31];
    }
    text[TOTP_BASE32_LEN - 1] = 0;
}
