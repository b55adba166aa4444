/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/signature.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/panic.h"
#include "base/str.h"
#include "net/pem.h"
#include "proto/mail_canon.h"

static void settle(struct signature *s, enum signature_result result, const char *why)
{
    s->result = result;
    s->why = why;
}

void signature_read(struct signature *s, const struct signed_field *field, enum signature_kind kind)
{
    s->field = field;
    s->result = SIGNATURE_OPEN;
    s->why = "";
    if (!dkim_signature_parse(field->body, kind, &s->stated, &s->why))
        s->result = SIGNATURE_BAD;
}

/* ---- key ---- */

static EVP_PKEY *rsa_key(const struct dkim_key *k)
{
    const unsigned char *at = k->bytes, *again = k->bytes;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)k->len);
    if (!key) /* RFC 6376 §3.6.1 names this form, nearly all publish the other */
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &again, (long)k->len);
    if (key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

static EVP_PKEY *make_key(const struct dkim_key *k, enum signature_algorithm algorithm, const char **why)
{
    *why = "its key does not fit its algorithm";
    if (k->ed25519 != (algorithm == SIGNATURE_ED25519_SHA256))
        return NULL;
    if (k->ed25519)
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->bytes, k->len);
    EVP_PKEY *key = rsa_key(k);
    if (!key) {
        *why = "its key cannot be read";
        return NULL;
    }
    int bits = EVP_PKEY_bits(key);
    if (bits >= PEM_RSA_BITS_MIN && bits <= PEM_RSA_BITS_MAX)
        return key;
    *why = bits < PEM_RSA_BITS_MIN ? "its key is too short" : "its key is too long";
    EVP_PKEY_free(key);
    return NULL;
}

/* The published key; NULL with the result settled. */
static EVP_PKEY *find_key(struct signature *s, struct dns_table *dns)
{
    char name[2 * DNS_NAME_LEN + 16];
    struct dkim_key k;
    (void)str_format(name, sizeof(name), "%s._domainkey.%s", s->stated.selector, s->stated.domain);
    const struct dns_entry *e = dns_ask(dns, DNS_TXT, name);
    if (dns_is_open(e))
        return NULL;
    if (e->state == DNS_FAILED) {
        settle(s, SIGNATURE_LATER, "its key cannot be asked for at this moment");
        return NULL;
    }
    if (e->count != 1) {
        settle(s, SIGNATURE_BAD, e->count ? "its key is published twice" : "its key is not published");
        return NULL;
    }
    const char *why = "";
    bool parsed = dkim_key_parse(e->records[0], &k, &why);
    if (parsed && k.exact && s->stated.identity_below)
        why = "its key is for the domain alone, not for those below it";
    EVP_PKEY *key =
        parsed && !(k.exact && s->stated.identity_below) ? make_key(&k, s->stated.algorithm, &why) : NULL;
    if (!key)
        settle(s, SIGNATURE_BAD, why);
    return key;
}

/* ---- verification ---- */

static bool verify(EVP_PKEY *key, const struct dkim_signature *d, struct span bytes)
{
    uint8_t hash[SIGNATURE_SHA256_BYTES];
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool rsa = d->algorithm == SIGNATURE_RSA_SHA256;
    if (!c || EVP_Digest(bytes.data, bytes.len, hash, NULL, EVP_sha256(), NULL) != 1)
        panic("no SHA-256");
    /* RFC 8463 §3: Ed25519 signs the hash. */
    const uint8_t *what = rsa ? bytes.data : hash;
    size_t len = rsa ? bytes.len : sizeof(hash);
    bool good = EVP_DigestVerifyInit(c, NULL, rsa ? EVP_sha256() : NULL, NULL, key) == 1 &&
                EVP_DigestVerify(c, d->value, d->value_len, what, len) == 1;
    EVP_MD_CTX_free(c);
    return good;
}

void signature_check_bytes(struct signature *s, struct span bytes, struct dns_table *dns)
{
    if (s->result != SIGNATURE_OPEN)
        return;
    EVP_PKEY *key = find_key(s, dns);
    if (!key)
        return;
    bool good = verify(key, &s->stated, bytes);
    settle(s, good ? SIGNATURE_GOOD : SIGNATURE_BAD, good ? "" : "it does not fit the header");
    EVP_PKEY_free(key);
}

/* RFC 6376 §5.4.2: a name that stands there twice takes the next field from below; one more takes nothing, so
 * that a field added later breaks the signature. */
static void gather(const struct signature *s, const struct signed_header *h, struct buf *to)
{
    bool used[SIGNED_FIELDS_MAX] = {false};
    const struct dkim_signature *d = &s->stated;
    used[s->field - h->fields] = true;
    for (size_t n = 0; n < d->name_count; n++)
        for (size_t i = h->count; i-- > 0;) {
            const struct signed_field *f = &h->fields[i];
            if (used[i] || f->name.len != d->names[n].len ||
                strncasecmp((const char *)f->name.data, (const char *)d->names[n].data, f->name.len) != 0)
                continue;
            used[i] = true;
            canon_header(f, d->relaxed_header, to);
            break;
        }
    (void)canon_own_header(s->field, d->relaxed_header, to);
}

static const char *complaint(const struct dkim_signature *d, const struct body_hash *body, int64_t now_s)
{
    if (d->has_expiry && now_s > d->expires_s)
        return "it has expired";
    if (d->has_length && d->length < body->len)
        return "it leaves the end of the body unsigned";
    if (d->has_length && d->length > body->len)
        return "the body is shorter than what was signed";
    if (memcmp(d->body_hash, body->sha256, sizeof(d->body_hash)) != 0)
        return "it does not fit the body";
    return NULL;
}

void signature_check_mail(struct signature *s, const struct signed_header *h, const struct body_hash *body,
                          struct dns_table *dns, int64_t now_s)
{
    if (s->result != SIGNATURE_OPEN)
        return;
    const char *why = complaint(&s->stated, body, now_s);
    if (why) {
        settle(s, SIGNATURE_BAD, why);
        return;
    }
    SCOPED_BUF struct buf bytes;
    buf_init(&bytes, 2 * SIGNED_HEADER_MAX);
    gather(s, h, &bytes);
    signature_check_bytes(s, buf_span(&bytes), dns);
}
