/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "archive/sigv4.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "base/str.h"

enum { HASH = crypto_auth_hmacsha256_BYTES, TEXT_MAX = 2400 };

/* The byte that the escape there stands for; -1: it is none. */
static int escaped_byte(const char *at)
{
    uint8_t byte;
    char digits[3];
    return at[0] == '%' && str_copy_span(digits, sizeof(digits), span_of(at + 1, strnlen(at + 1, 2))) &&
                   hex_parse(digits, &byte, 1)
               ? byte
               : -1;
}

bool sigv4_escape(const char *path, char *out, size_t size)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~",
                      digits[] = "0123456789ABCDEF";
    size_t len = 0;
    for (; *path; path++) {
        int was = escaped_byte(path);
        unsigned char c = was < 0 ? (unsigned char)*path : (unsigned char)was;
        bool as_is = c != 0 && (strchr(plain, c) || (c == '/' && was < 0));
        path += was < 0 ? 0 : 2;
        if (len + (as_is ? 1 : 3) >= size)
            return false;
        if (!as_is) {
            out[len++] = '%';
            out[len++] = digits[c >> 4];
        }
        out[len++] = as_is ? (char)c : digits[c & 15];
    }
    if (size > 0)
        out[len] = 0;
    return size > 0;
}

static void hmac(const uint8_t *key, size_t key_len, const char *text, uint8_t out[HASH])
{
    crypto_auth_hmacsha256_state s;
    (void)crypto_auth_hmacsha256_init(&s, key, key_len);
    (void)crypto_auth_hmacsha256_update(&s, (const uint8_t *)text, strlen(text));
    (void)crypto_auth_hmacsha256_final(&s, out);
    sodium_memzero(&s, sizeof(s));
}

static void signing_key(const struct sigv4_request *r, const char *day, uint8_t key[HASH])
{
    char first[300];
    (void)str_format(first, sizeof(first), "AWS4%.250s", r->secret);
    hmac((const uint8_t *)first, strlen(first), day, key);
    hmac(key, HASH, r->region, key);
    hmac(key, HASH, "s3", key);
    hmac(key, HASH, "aws4_request", key);
    sodium_memzero(first, sizeof(first));
}

bool sigv4_sign(const struct sigv4_request *r, char authorization[SIGV4_HEADER_LEN],
                char date[SIGV4_DATE_LEN])
{
    static const char names[] = "host;x-amz-content-sha256;x-amz-date";
    struct tm tm;
    time_t at = (time_t)r->at_s;
    char day[9], scope[120], text[TEXT_MAX], hash_text[2 * HASH + 1];
    uint8_t hash[HASH], key[HASH];
    if (strlen(r->secret) > 250 || !gmtime_r(&at, &tm) ||
        strftime(date, SIGV4_DATE_LEN, "%Y%m%dT%H%M%SZ", &tm) == 0 ||
        strftime(day, sizeof(day), "%Y%m%d", &tm) == 0)
        return false;
    if (!str_format(scope, sizeof(scope), "%s/%.60s/s3/aws4_request", day, r->region) ||
        !str_format(text, sizeof(text), "%s\n%s\n\nhost:%s\nx-amz-content-sha256:%s\nx-amz-date:%s\n\n%s\n%s",
                    r->method, r->path, r->host, r->payload, date, names, r->payload))
        return false;
    (void)crypto_hash_sha256(hash, (const uint8_t *)text, strlen(text));
    hex_format(hash, sizeof(hash), hash_text);
    if (!str_format(text, sizeof(text), "AWS4-HMAC-SHA256\n%s\n%s\n%s", date, scope, hash_text))
        return false;
    signing_key(r, day, key);
    hmac(key, sizeof(key), text, hash);
    sodium_memzero(key, sizeof(key));
    hex_format(hash, sizeof(hash), hash_text);
    return str_format(authorization, SIGV4_HEADER_LEN,
                      "Authorization: AWS4-HMAC-SHA256 Credential=%.200s/%s, SignedHeaders=%s, Signature=%s",
                      r->id, scope, names, hash_text);
}
