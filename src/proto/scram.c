/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/scram.h"

#include <string.h>

#include "base/base64.h"
#include "base/str.h"

enum { GS2_LEN = 3 };

/* ---- attributes: "r=...,s=...,i=..." ---- */

/* Takes the next attribute off *rest, which has to be `name`; false where another or none stands there. */
static bool take(struct span *rest, char name, struct span *value)
{
    if (rest->len < 2 || rest->data[0] != (uint8_t)name || rest->data[1] != '=')
        return false;
    const uint8_t *comma = memchr(rest->data, ',', rest->len);
    size_t len = comma ? (size_t)(comma - rest->data) : rest->len;
    *value = span_of(rest->data + 2, len - 2);
    size_t used = comma ? len + 1 : len;
    *rest = span_of(rest->data + used, rest->len - used);
    return true;
}

/* RFC 5802 §5.1: printable ASCII without comma. */
static bool is_nonce(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x21 || text.data[i] > 0x7e || text.data[i] == ',')
            return false;
    return text.len > 0 && text.len < SCRAM_NONCE_MAX;
}

static bool decode(struct span text, uint8_t *to, size_t room, size_t *len)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, room);
    if (!base64_decode(text, &b))
        return false;
    if (b.len)
        memcpy(to, b.data, b.len);
    *len = b.len;
    return true;
}

static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint8_t difference = 0; /* in the same time, wherever they differ */
    for (size_t i = 0; i < len; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

/* §5.1: "=2C" and "=3D" in names. */
static void append_name(struct buf *out, const char *name)
{
    for (; *name; name++)
        if (*name == ',' || *name == '=')
            (void)buf_append_str(out, *name == ',' ? "=2C" : "=3D");
        else
            (void)buf_append_byte(out, (uint8_t)*name);
}

static bool read_name(struct span text, char name[SCRAM_NAME_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        if (c == '=') {
            if (text.len - i < 3)
                return false;
            bool comma = memcmp(text.data + i, "=2C", 3) == 0;
            if (!comma && memcmp(text.data + i, "=3D", 3) != 0)
                return false;
            c = comma ? ',' : '=';
            i += 2;
        }
        if (!c || n + 1 == SCRAM_NAME_MAX)
            return false;
        name[n++] = c;
    }
    name[n] = 0;
    return n > 0 && utf8_valid(span_str(name));
}

/* ---- the maths of §3 ---- */

static void keys_of(const struct scram_hash *h, const uint8_t *salted, uint8_t *client_key,
                    struct scram_keys *keys)
{
    struct span key = span_of(salted, h->len);
    h->hmac(key, span_str("Client Key"), client_key);
    h->digest(span_of(client_key, h->len), keys->stored_key);
    h->hmac(key, span_str("Server Key"), keys->server_key);
}

void scram_derive(const struct scram_hash *h, const char *password, struct span salt, unsigned rounds,
                  struct scram_keys *keys)
{
    uint8_t salted[SCRAM_HASH_MAX], client_key[SCRAM_HASH_MAX];
    *keys = (struct scram_keys){.rounds = rounds,
                                .salt_len = salt.len < SCRAM_SALT_MAX ? salt.len : SCRAM_SALT_MAX};
    memcpy(keys->salt, salt.data, keys->salt_len);
    h->pbkdf2(span_str(password), span_of(keys->salt, keys->salt_len), rounds, salted);
    keys_of(h, salted, client_key, keys);
    explicit_bzero(salted, sizeof(salted));
    explicit_bzero(client_key, sizeof(client_key));
}

/* What both sides sign: first messages and the last one without its proof. */
static void auth_message(struct buf *to, struct span client_first, struct span server_first,
                         struct span client_last)
{
    (void)buf_append(to, client_first.data, client_first.len);
    (void)buf_append_byte(to, ',');
    (void)buf_append(to, server_first.data, server_first.len);
    (void)buf_append_byte(to, ',');
    (void)buf_append(to, client_last.data, client_last.len);
}

void scram_prove(const struct scram_hash *h, const char *password, struct span salt, unsigned rounds,
                 struct span signs, uint8_t *proof, uint8_t *signature)
{
    uint8_t salted[SCRAM_HASH_MAX], client_key[SCRAM_HASH_MAX];
    struct scram_keys keys;
    h->pbkdf2(span_str(password), salt, rounds, salted);
    keys_of(h, salted, client_key, &keys);
    h->hmac(span_of(keys.stored_key, h->len), signs, proof);
    for (size_t i = 0; i < h->len; i++)
        proof[i] ^= client_key[i];
    h->hmac(span_of(keys.server_key, h->len), signs, signature);
    explicit_bzero(salted, sizeof(salted));
    explicit_bzero(client_key, sizeof(client_key));
    explicit_bzero(&keys, sizeof(keys));
}

bool scram_keys_fit(const struct scram_hash *h, const struct scram_keys *keys, struct span signs,
                    const uint8_t *proof, uint8_t *signature)
{
    uint8_t client_key[SCRAM_HASH_MAX], stored[SCRAM_HASH_MAX];
    h->hmac(span_of(keys->stored_key, h->len), signs, client_key);
    for (size_t i = 0; i < h->len; i++)
        client_key[i] ^= proof[i];
    h->digest(span_of(client_key, h->len), stored);
    h->hmac(span_of(keys->server_key, h->len), signs, signature);
    explicit_bzero(client_key, sizeof(client_key));
    return same_bytes(stored, keys->stored_key, h->len);
}

/* ---- client ---- */

void scram_client_start(struct scram_client *c, const struct scram_hash *h, const char *user,
                        const char *nonce, struct buf *out)
{
    *c = (struct scram_client){.hash = h};
    buf_init(&c->first_bare, SCRAM_MESSAGE_MAX);
    (void)str_copy(c->nonce, sizeof(c->nonce), nonce);
    (void)buf_append_str(&c->first_bare, "n=");
    append_name(&c->first_bare, user);
    (void)buf_printf(&c->first_bare, ",r=%s", c->nonce);
    (void)buf_printf(out, "n,,%s", buf_text(&c->first_bare));
}

struct server_first {
    struct span nonce;
    uint8_t salt[SCRAM_SALT_MAX];
    size_t salt_len;
    uint64_t rounds;
};

static bool read_server_first(struct span text, struct server_first *f)
{
    struct span salt, rounds;
    char digits[16];
    return take(&text, 'r', &f->nonce) && take(&text, 's', &salt) && take(&text, 'i', &rounds) &&
           is_nonce(f->nonce) && decode(salt, f->salt, sizeof(f->salt), &f->salt_len) && f->salt_len > 0 &&
           str_copy_span(digits, sizeof(digits), rounds) &&
           str_to_u64(digits, SCRAM_ROUNDS_MAX, &f->rounds) && f->rounds >= SCRAM_ROUNDS_MIN;
}

static void append_proof(struct scram_client *c, const struct server_first *f, struct span server_first,
                         const char *password, struct buf *last)
{
    uint8_t proof[SCRAM_HASH_MAX];
    SCOPED_BUF struct buf signs;
    buf_init(&signs, SCRAM_SIGNS_MAX);
    auth_message(&signs, buf_span(&c->first_bare), server_first, buf_span(last));
    scram_prove(c->hash, password, span_of(f->salt, f->salt_len), (unsigned)f->rounds, buf_span(&signs),
                proof, c->server_signature);
    (void)buf_append_str(last, ",p=");
    (void)base64_encode(span_of(proof, c->hash->len), last);
}

enum scram_result scram_client_prove(struct scram_client *c, struct span server_first, const char *password,
                                     struct buf *out)
{
    struct server_first f;
    size_t own = strlen(c->nonce);
    if (server_first.len > SCRAM_MESSAGE_MAX || !read_server_first(server_first, &f))
        return SCRAM_NONSENSE;
    if (f.nonce.len <= own || memcmp(f.nonce.data, c->nonce, own) != 0)
        return SCRAM_DENIED; /* an answer to somebody else's question */
    SCOPED_BUF struct buf last;
    buf_init(&last, SCRAM_MESSAGE_MAX);
    (void)buf_append_str(&last, "c=biws,r="); /* "n,,": no channel binding */
    (void)buf_append(&last, f.nonce.data, f.nonce.len);
    append_proof(c, &f, server_first, password, &last);
    if (last.overflow || c->first_bare.overflow)
        return SCRAM_NONSENSE;
    (void)buf_append(out, last.data, last.len);
    return SCRAM_OK;
}

enum scram_result scram_client_finish(const struct scram_client *c, struct span server_final)
{
    struct span value;
    uint8_t signature[SCRAM_HASH_MAX];
    size_t len;
    if (take(&server_final, 'e', &value))
        return SCRAM_DENIED;
    if (!take(&server_final, 'v', &value) || !decode(value, signature, sizeof(signature), &len))
        return SCRAM_NONSENSE;
    return len == c->hash->len && same_bytes(signature, c->server_signature, len) ? SCRAM_OK : SCRAM_DENIED;
}

void scram_client_clear(struct scram_client *c)
{
    buf_clear(&c->first_bare);
    explicit_bzero(c, sizeof(*c));
}

/* ---- server ---- */

enum scram_result scram_server_start(struct scram_server *s, const struct scram_hash *h,
                                     struct span client_first)
{
    struct span name, nonce;
    *s = (struct scram_server){.hash = h};
    buf_init(&s->first_bare, SCRAM_MESSAGE_MAX);
    buf_init(&s->server_first, SCRAM_MESSAGE_MAX);
    /* "p=...": channel binding, which we do not offer; "a=...": in another's name, which nobody may. */
    if (client_first.len < GS2_LEN || client_first.len > SCRAM_MESSAGE_MAX ||
        (client_first.data[0] != 'n' && client_first.data[0] != 'y') ||
        memcmp(client_first.data + 1, ",,", 2) != 0)
        return SCRAM_NONSENSE;
    memcpy(s->gs2, client_first.data, GS2_LEN);
    struct span bare = span_of(client_first.data + GS2_LEN, client_first.len - GS2_LEN), rest = bare;
    if (!take(&rest, 'n', &name) || !take(&rest, 'r', &nonce) || !read_name(name, s->user) ||
        !is_nonce(nonce))
        return SCRAM_NONSENSE;
    (void)buf_append(&s->first_bare, bare.data, bare.len);
    (void)str_copy_span(s->nonce, sizeof(s->nonce), nonce);
    return SCRAM_OK;
}

enum scram_result scram_server_challenge(struct scram_server *s, const struct scram_keys *keys,
                                         const char *nonce, struct buf *out)
{
    size_t own = strlen(s->nonce);
    if (!str_copy(s->nonce + own, sizeof(s->nonce) - own, nonce))
        return SCRAM_NONSENSE;
    (void)buf_printf(&s->server_first, "r=%s,s=", s->nonce);
    (void)base64_encode(span_of(keys->salt, keys->salt_len), &s->server_first);
    (void)buf_printf(&s->server_first, ",i=%u", keys->rounds);
    (void)buf_append(out, s->server_first.data, s->server_first.len);
    return SCRAM_OK;
}

/* "c=" has to be what came first, so that nobody on the way took channel binding out. */
static bool same_gs2(const struct scram_server *s, struct span binding)
{
    uint8_t gs2[GS2_LEN];
    size_t len;
    return decode(binding, gs2, sizeof(gs2), &len) && len == GS2_LEN && memcmp(gs2, s->gs2, GS2_LEN) == 0;
}

/* The length of the message without its proof, which is the last attribute (§7). */
static size_t length_without_proof(struct span text)
{
    for (size_t i = text.len; i >= 3; i--)
        if (memcmp(text.data + i - 3, ",p=", 3) == 0)
            return i - 3;
    return 0;
}

enum scram_result scram_server_open(const struct scram_server *s, struct span client_final, struct buf *signs,
                                    uint8_t *proof)
{
    uint8_t given[SCRAM_HASH_MAX];
    size_t len, without = client_final.len > SCRAM_MESSAGE_MAX ? 0 : length_without_proof(client_final);
    struct span rest = span_of(client_final.data, without), binding, nonce;
    if (without == 0 || !take(&rest, 'c', &binding) || !take(&rest, 'r', &nonce) || !same_gs2(s, binding) ||
        !decode(span_of(client_final.data + without + 3, client_final.len - without - 3), given,
                sizeof(given), &len) ||
        len != s->hash->len)
        return SCRAM_NONSENSE;
    if (!span_equal(nonce, span_str(s->nonce)))
        return SCRAM_DENIED;
    memcpy(proof, given, len);
    auth_message(signs, buf_span(&s->first_bare), buf_span(&s->server_first),
                 span_of(client_final.data, without));
    return SCRAM_OK;
}

void scram_server_confirm(const struct scram_server *s, const uint8_t *signature, struct buf *out)
{
    (void)buf_append_str(out, "v=");
    (void)base64_encode(span_of(signature, s->hash->len), out);
}

enum scram_result scram_server_verify(const struct scram_server *s, const struct scram_keys *keys,
                                      struct span client_final, struct buf *out)
{
    uint8_t proof[SCRAM_HASH_MAX], signature[SCRAM_HASH_MAX];
    SCOPED_BUF struct buf signs;
    buf_init(&signs, SCRAM_SIGNS_MAX);
    enum scram_result r = scram_server_open(s, client_final, &signs, proof);
    if (r != SCRAM_OK)
        return r;
    if (!scram_keys_fit(s->hash, keys, buf_span(&signs), proof, signature))
        return SCRAM_DENIED;
    scram_server_confirm(s, signature, out);
    return SCRAM_OK;
}

void scram_server_clear(struct scram_server *s)
{
    buf_clear(&s->first_bare);
    buf_clear(&s->server_first);
    explicit_bzero(s, sizeof(*s));
}

/* ---- keys as text ---- */

void scram_keys_format(const struct scram_hash *h, const struct scram_keys *keys, struct buf *to)
{
    (void)buf_printf(to, "%s$%u:", h->mechanism, keys->rounds);
    (void)base64_encode(span_of(keys->salt, keys->salt_len), to);
    (void)buf_append_byte(to, '$');
    (void)base64_encode(span_of(keys->stored_key, h->len), to);
    (void)buf_append_byte(to, ':');
    (void)base64_encode(span_of(keys->server_key, h->len), to);
}

/* What stands before the next `end`, which is taken too. */
static bool take_until(const char **at, char end, struct span *word)
{
    const char *stop = end ? strchr(*at, end) : *at + strlen(*at);
    if (!stop)
        return false;
    *word = span_of(*at, (size_t)(stop - *at));
    *at = end ? stop + 1 : stop;
    return true;
}

bool scram_keys_parse(const struct scram_hash *h, const char *text, struct scram_keys *keys)
{
    struct span mechanism, rounds, salt, stored, server;
    char digits[16];
    uint64_t n;
    size_t stored_len, server_len;
    *keys = (struct scram_keys){0};
    if (!take_until(&text, '$', &mechanism) || !take_until(&text, ':', &rounds) ||
        !take_until(&text, '$', &salt) || !take_until(&text, ':', &stored) || !take_until(&text, 0, &server))
        return false;
    if (!span_equal(mechanism, span_str(h->mechanism)) || !str_copy_span(digits, sizeof(digits), rounds) ||
        !str_to_u64(digits, SCRAM_ROUNDS_MAX, &n) || n < SCRAM_ROUNDS_MIN)
        return false;
    keys->rounds = (unsigned)n;
    return decode(salt, keys->salt, sizeof(keys->salt), &keys->salt_len) && keys->salt_len > 0 &&
           decode(stored, keys->stored_key, sizeof(keys->stored_key), &stored_len) && stored_len == h->len &&
           decode(server, keys->server_key, sizeof(keys->server_key), &server_len) && server_len == h->len;
}
