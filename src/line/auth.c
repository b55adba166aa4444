/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/auth.h"

#define SOFIA_EXTEND_AUTH_CLIENT 1 /* as the library was built */

#include <sodium.h>
#include <sofia-sip/auth_client_plugin.h>
#include <sofia-sip/su_md5.h>
#include <string.h>

#include "base/hex.h"
#include "base/panic.h"
#include "base/rand.h"
#include "base/str.h"
#include "line/sofia.h"

enum { HEX_LEN = 2 * crypto_hash_sha256_BYTES + 1, PARAM_LEN = 512 };

struct algorithm;

/* The fields of a challenge, without quotes and escapes. */
struct challenge {
    char realm[PARAM_LEN], nonce[PARAM_LEN], opaque[PARAM_LEN];
    bool has_opaque, qop_auth;
    const struct algorithm *algorithm;
};

/* "text" or text; false where it is not there or too long. */
static bool param_of(const msg_auth_t *from, const char *name, char value[PARAM_LEN])
{
    const char *text = msg_header_find_param(from->au_common, name);
    size_t n = 0;
    bool quoted = text && *text == '"';
    value[0] = 0;
    if (!text)
        return false;
    for (const char *at = text + quoted; *at && !(quoted && *at == '"'); at++) {
        if (quoted && *at == '\\' && at[1])
            at++;
        if (n + 1 == PARAM_LEN)
            return false;
        value[n++] = *at;
    }
    value[n] = 0;
    return true;
}

/* One of the comma-separated words is "auth" (RFC 7616 §3.3: we may choose it). */
static bool offers_auth(const char *qop)
{
    while (*qop) {
        size_t len = strcspn(qop, ", ");
        if (span_equal_nocase(span_of(qop, len), "auth"))
            return true;
        qop += len + strspn(qop + len, ", ");
    }
    return false;
}

/* Hash of the texts with colons between them. */
static void hash_md5(const char *const *texts, size_t n, char hex[HEX_LEN])
{
    su_md5_t md5[1];
    su_md5_init(md5);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            su_md5_update(md5, ":", 1);
        su_md5_update(md5, texts[i], (usize_t)strlen(texts[i]));
    }
    su_md5_hexdigest(md5, hex);
    explicit_bzero(md5, sizeof(md5));
}

static void hash_sha256(const char *const *texts, size_t n, char hex[HEX_LEN])
{
    crypto_hash_sha256_state sha;
    unsigned char digest[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256_init(&sha);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            (void)crypto_hash_sha256_update(&sha, (const unsigned char *)":", 1);
        (void)crypto_hash_sha256_update(&sha, (const unsigned char *)texts[i], strlen(texts[i]));
    }
    (void)crypto_hash_sha256_final(&sha, digest);
    hex_format(digest, sizeof(digest), hex);
    explicit_bzero(&sha, sizeof(sha));
}

static const struct algorithm {
    const char *name;
    void (*hash)(const char *const *texts, size_t n, char hex[HEX_LEN]);
} algorithms[] = {{"MD5", hash_md5}, {"SHA-256", hash_sha256}};

void auth_cnonce(char text[AUTH_CNONCE_LEN])
{
    uint8_t random[(AUTH_CNONCE_LEN - 1) / 2];
    rand_bytes(random, sizeof(random));
    hex_format(random, sizeof(random), text);
}

/* MD5 where the challenge names none (RFC 7616 §3.3); NULL: one that we do not have. */
static const struct algorithm *algorithm_of(const msg_auth_t *from)
{
    char name[PARAM_LEN];
    if (!param_of(from, "algorithm=", name))
        return &algorithms[0];
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
        if (str_equal_nocase(name, algorithms[i].name))
            return &algorithms[i];
    return NULL;
}

static bool read_challenge(const msg_auth_t *from, struct challenge *c)
{
    char qop[PARAM_LEN];
    if (!str_equal_nocase(from->au_scheme, "Digest") || !param_of(from, "realm=", c->realm) ||
        !param_of(from, "nonce=", c->nonce))
        return false;
    c->algorithm = algorithm_of(from);
    if (!c->algorithm)
        return false;
    c->has_opaque = param_of(from, "opaque=", c->opaque);
    c->qop_auth = param_of(from, "qop=", qop) && offers_auth(qop);
    return c->qop_auth || qop[0] == 0; /* auth-int alone is beyond us */
}

static void put_quoted(struct buf *b, const char *name, const char *text)
{
    (void)buf_printf(b, "%s=\"", name);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            (void)buf_append_byte(b, '\\');
        (void)buf_append_byte(b, (uint8_t)*text);
    }
    (void)buf_append_byte(b, '"');
}

static void format(const struct challenge *c, const struct auth_try *t, struct buf *b)
{
    char a1[HEX_LEN], a2[HEX_LEN], response[HEX_LEN];
    void (*hash)(const char *const *texts, size_t n, char hex[HEX_LEN]) = c->algorithm->hash;
    hash((const char *const[]){t->user, c->realm, t->secret}, 3, a1);
    hash((const char *const[]){t->method, t->uri}, 2, a2);
    /* nc is always 1: each answer has a cnonce of its own. */
    if (c->qop_auth)
        hash((const char *const[]){a1, c->nonce, "00000001", t->cnonce, "auth", a2}, 6, response);
    else
        hash((const char *const[]){a1, c->nonce, a2}, 3, response);
    explicit_bzero(a1, sizeof(a1));
    (void)buf_append_str(b, "Digest");
    put_quoted(b, " username", t->user);
    put_quoted(b, ", realm", c->realm);
    put_quoted(b, ", nonce", c->nonce);
    put_quoted(b, ", uri", t->uri);
    (void)buf_printf(b, ", response=\"%s\", algorithm=%s", response, c->algorithm->name);
    if (c->has_opaque)
        put_quoted(b, ", opaque", c->opaque);
    if (c->qop_auth) {
        (void)buf_append_str(b, ", qop=auth, nc=00000001");
        put_quoted(b, ", cnonce", t->cnonce);
    }
}

static int read_nothing(auth_client_t *client, const msg_auth_t *challenge)
{
    return -1;
}

static int answer_nothing(auth_client_t *client, su_home_t *home, const char *method, const url_t *url,
                          const msg_payload_t *body, msg_header_t **headers)
{
    return -1;
}

#define NO_PLUGIN(name)                                                                                      \
    {                                                                                                        \
        .auc_plugin_size = sizeof(auth_client_plugin_t), .auc_size = sizeof(auth_client_t),                  \
        .auc_name = name, .auc_challenge = read_nothing, .auc_authorize = answer_nothing                     \
    }

void auth_keep_from_sofia(void)
{
    static const auth_client_plugin_t plugins[] = {NO_PLUGIN("Digest"), NO_PLUGIN("Basic")};
    for (size_t i = 0; i < ARRAY_LEN(plugins); i++)
        if (auc_register_plugin(&plugins[i]) != 0)
            panic("sofia takes no plugin of ours for %s", plugins[i].auc_name);
}

enum auth_result auth_answer(const struct sip_s *answer, const struct auth_try *t, struct buf *value)
{
    if (!t->user[0])
        return AUTH_NO_SECRET;
    if (t->answered)
        return AUTH_REFUSED;
    const msg_auth_t *at =
        answer->sip_status->st_status == 407 ? answer->sip_proxy_authenticate : answer->sip_www_authenticate;
    struct challenge c;
    while (at && !read_challenge(at, &c))
        at = at->au_next;
    if (!at)
        return AUTH_IMPOSSIBLE;
    format(&c, t, value);
    return value->overflow ? AUTH_IMPOSSIBLE : AUTH_READY;
}
