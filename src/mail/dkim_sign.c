/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/dkim_sign.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "mail/signature.h"
#include "net/pem.h"
#include "proto/author.h"
#include "proto/mail_canon.h"

enum { PIECE_BYTES = 65536, BASE64_MAX = 4 * SIGNATURE_BYTES_MAX / 3 + 8, BASE64_LINE = 70 };

/* RFC 6376 §5.4.1, and what says which mail it is. */
static const char *const signed_names[] = {"from",         "to",
                                           "cc",           "subject",
                                           "date",         "message-id",
                                           "reply-to",     "in-reply-to",
                                           "references",   "auto-submitted",
                                           "sender",       "mime-version",
                                           "content-type", "content-transfer-encoding"};

/* ---- what is signed ---- */

static bool is_of_domain(const struct signed_header *h, const char *domain)
{
    const struct signed_field *from;
    struct address author;
    if (signed_header_find(h, "From", &from) != 1 || !author_parse(from->body, &author))
        return false;
    size_t have = strlen(author.domain), want = strlen(domain);
    return str_equal_nocase(author.domain, domain) || (have > want && author.domain[have - want - 1] == '.' &&
                                                       str_equal_nocase(author.domain + have - want, domain));
}

static void hash_piece(void *context, const void *data, size_t len)
{
    if (EVP_DigestUpdate(context, data, len) != 1)
        panic("no SHA-256");
}

static bool hash_body(int fd, uint64_t from, uint64_t size, uint8_t hash[SIGNATURE_SHA256_BYTES])
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    SCOPED_FREE uint8_t *piece = mem_alloc(PIECE_BYTES);
    struct canon_body body = {.relaxed = true, .put = hash_piece, .context = c};
    if (!c || EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1)
        panic("no SHA-256");
    while (from < size) {
        ssize_t n = pread(fd, piece, PIECE_BYTES, (off_t)from);
        if (n <= 0)
            break;
        canon_body_add(&body, span_of(piece, (size_t)n));
        from += (uint64_t)n;
    }
    canon_body_end(&body);
    if (EVP_DigestFinal_ex(c, hash, NULL) != 1)
        panic("no SHA-256");
    EVP_MD_CTX_free(c);
    return from >= size;
}

/* The names for h=, and the canonical fields in their order: of one that is there twice the lower one first
 * (RFC 6376 §5.4.2). */
static void gather(const struct signed_header *h, struct buf *names, struct buf *to)
{
    for (size_t n = 0; n < ARRAY_LEN(signed_names); n++)
        for (size_t i = h->count; i-- > 0;) {
            const struct signed_field *f = &h->fields[i];
            if (f->name.len != strlen(signed_names[n]) || !span_equal_nocase(f->name, signed_names[n]))
                continue;
            (void)buf_printf(names, "%s%s", names->len > 0 ? ":" : "", signed_names[n]);
            canon_header(f, true, to);
        }
    (void)buf_append_str(names, ":from"); /* one that is added later breaks the signature */
}

/* ---- signing ---- */

static void put_base64(struct buf *to, const uint8_t *bytes, size_t len)
{
    char text[BASE64_MAX];
    int n = EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
    for (int i = 0; i < n; i += BASE64_LINE)
        (void)buf_printf(to, "%s%.*s", i > 0 ? "\r\n\t" : "", n - i < BASE64_LINE ? n - i : BASE64_LINE,
                         text + i);
}

static bool sign_bytes(EVP_PKEY *key, struct span bytes, uint8_t value[SIGNATURE_BYTES_MAX], size_t *len)
{
    uint8_t hash[SIGNATURE_SHA256_BYTES];
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool rsa = EVP_PKEY_base_id(key) == EVP_PKEY_RSA;
    if (!c || EVP_Digest(bytes.data, bytes.len, hash, NULL, EVP_sha256(), NULL) != 1)
        panic("no SHA-256");
    *len = SIGNATURE_BYTES_MAX;
    bool good = EVP_DigestSignInit(c, NULL, rsa ? EVP_sha256() : NULL, NULL, key) == 1 &&
                EVP_DigestSign(c, value, len, rsa ? bytes.data : hash, rsa ? bytes.len : sizeof(hash)) == 1;
    EVP_MD_CTX_free(c);
    return good;
}

struct draft {
    const struct dkim_signer *signer;
    const struct signed_header *header;
    const uint8_t *body_hash;
    int64_t now_s;
};

static const char *write_field(const struct draft *d, EVP_PKEY *key, struct buf *field)
{
    SCOPED_BUF struct buf names, bytes;
    uint8_t value[SIGNATURE_BYTES_MAX];
    size_t len;
    static const char name[] = "DKIM-Signature";
    buf_init(&names, DKIM_FIELD_MAX);
    buf_init(&bytes, 2 * SIGNED_HEADER_MAX);
    gather(d->header, &names, &bytes);
    (void)buf_printf(field, "%s: v=1; a=%s-sha256; c=relaxed/relaxed; d=%s;\r\n\ts=%s; t=%lld;\r\n\th=", name,
                     EVP_PKEY_base_id(key) == EVP_PKEY_RSA ? "rsa" : "ed25519", d->signer->domain,
                     d->signer->selector, (long long)d->now_s);
    for (const char *c = buf_text(&names); *c; c++) {
        size_t word = strcspn(c, ":");
        (void)buf_printf(field, "%.*s", (int)word, c);
        c += word;
        if (!*c)
            break;
        (void)buf_append_str(field, ":\r\n\t");
    }
    (void)buf_append_str(field, ";\r\n\tbh=");
    put_base64(field, d->body_hash, SIGNATURE_SHA256_BYTES);
    (void)buf_append_str(field, ";\r\n\tb=");
    const size_t colon = strlen(name);
    const struct signed_field own = {.name = span_of(field->data, colon),
                                     .body = span_of(field->data + colon + 1, field->len - colon - 1),
                                     .raw = buf_span(field)};
    if (field->overflow || !canon_own_header(&own, true, &bytes) || bytes.overflow)
        return "its header is too large to be signed";
    if (!sign_bytes(key, buf_span(&bytes), value, &len))
        return "its key does not sign";
    put_base64(field, value, len);
    (void)buf_append_str(field, "\r\n");
    return field->overflow ? "its header is too large to be signed" : NULL;
}

static const char *sign_parsed(const struct dkim_signer *k, const struct signed_header *h, int fd,
                               uint64_t size, int64_t now_s, struct buf *field)
{
    uint8_t hash[SIGNATURE_SHA256_BYTES];
    const char *why;
    if (!is_of_domain(h, k->domain))
        return NULL;
    EVP_PKEY *key = pem_signing_key(k->pem, &why);
    if (!key)
        return why;
    const struct draft d = {k, h, hash, now_s};
    why = hash_body(fd, h->body_at, size, hash) ? write_field(&d, key, field) : "it cannot be read";
    EVP_PKEY_free(key);
    return why;
}

const char *dkim_sign(const struct dkim_signer *k, int fd, uint64_t size, int64_t now_s, struct buf *field)
{
    size_t most = size < SIGNED_HEADER_MAX ? (size_t)size : SIGNED_HEADER_MAX;
    SCOPED_FREE uint8_t *start = mem_alloc(most + 1);
    SCOPED_FREE struct signed_header *h = mem_alloc(sizeof(*h));
    ssize_t n = pread(fd, start, most, 0);
    if (n < 0 || !signed_header_parse(span_of(start, (size_t)n), h))
        return NULL; /* another program's, and strange: it goes as it is */
    return sign_parsed(k, h, fd, size, now_s, field);
}
