/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/hook_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "base/str.h"

#define SECRET_PREFIX "whsec_"
enum { KEY_MAX = 512, SIGNED_MAX = 64 * 1024 };

/* 0: it is no base64 that fits. */
static size_t key_of_base64(const char *text, unsigned char key[KEY_MAX])
{
    size_t len = strlen(text), padding = str_ends_nocase(text, "==") ? 2 : str_ends_nocase(text, "=") ? 1 : 0;
    int n = len % 4 == 0 && len < KEY_MAX ? EVP_DecodeBlock(key, (const unsigned char *)text, (int)len) : 0;
    return n > (int)padding ? (size_t)n - padding : 0;
}

/* The length of the key. */
static size_t key_of(const char *secret, unsigned char key[KEY_MAX])
{
    size_t len = 0;
    if (str_starts(secret, SECRET_PREFIX))
        len = key_of_base64(strchr(secret, '_') + 1, key);
    if (len > 0)
        return len;
    len = strlen(secret) < KEY_MAX ? strlen(secret) : KEY_MAX;
    memcpy(key, secret, len);
    return len;
}

bool hook_headers(const char *id, int64_t at_s, const char *secret, const char *body,
                  char headers[HOOK_HEADERS_LEN])
{
    unsigned char key[KEY_MAX], mac[EVP_MAX_MD_SIZE];
    char text[2 * EVP_MAX_MD_SIZE];
    unsigned mac_len = 0;
    SCOPED_BUF struct buf content;
    buf_init(&content, SIGNED_MAX);
    if (!*secret)
        return str_format(headers, HOOK_HEADERS_LEN, "webhook-id: %s\r\nwebhook-timestamp: %lld\r\n", id,
                          (long long)at_s);
    (void)buf_printf(&content, "%s.%lld.%s", id, (long long)at_s, body);
    size_t key_len = key_of(secret, key);
    bool made =
        !content.overflow && HMAC(EVP_sha256(), key, (int)key_len, content.data, content.len, mac, &mac_len);
    explicit_bzero(key, sizeof(key));
    if (!made)
        return false;
    (void)EVP_EncodeBlock((unsigned char *)text, mac, (int)mac_len);
    return str_format(headers, HOOK_HEADERS_LEN,
                      "webhook-id: %s\r\nwebhook-timestamp: %lld\r\nwebhook-signature: v1,%s\r\n", id,
                      (long long)at_s, text);
}
