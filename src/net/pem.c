/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/pem.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "base/panic.h"
#include "base/str.h"

enum { RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 8192 /* a larger key costs us, not its owner */ };

/* A key with a passphrase would be asked for at a terminal. */
static int no_passphrase(char *to, int room, int writing, void *context)
{
    return 0;
}

EVP_PKEY *pem_signing_key(const char *pem, const char **why)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    *why = "its key is no private key in PEM form, or has a passphrase";
    if (!key)
        return NULL;
    int kind = EVP_PKEY_base_id(key), bits = EVP_PKEY_bits(key);
    if (kind == EVP_PKEY_ED25519 ||
        (kind == EVP_PKEY_RSA && bits >= PEM_RSA_BITS_MIN && bits <= PEM_RSA_BITS_MAX))
        return key;
    *why = "its key is neither RSA of 1024 to 4096 bits nor Ed25519";
    EVP_PKEY_free(key);
    return NULL;
}

void pem_make_signing_key(char pem[PEM_KEY_LEN])
{
    EVP_PKEY *key = EVP_RSA_gen(PEM_RSA_BITS_GOOD);
    BIO *bio = BIO_new(BIO_s_mem());
    if (!key || !bio || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
        panic("no RSA key can be made");
    int len = BIO_read(bio, pem, PEM_KEY_LEN - 1);
    if (len <= 0)
        panic("no RSA key in PEM form");
    pem[len] = 0;
    BIO_free(bio); /* it wipes what it held */
    EVP_PKEY_free(key);
}

/* Of RSA the SubjectPublicKeyInfo, of Ed25519 the bare key (RFC 8463 §4). */
static size_t public_half(EVP_PKEY *key, bool rsa, uint8_t bytes[PEM_RECORD_LEN])
{
    uint8_t *to = bytes;
    size_t len = PEM_RECORD_LEN;
    if (!rsa)
        return EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1 ? len : 0;
    int size = i2d_PUBKEY(key, NULL);
    return size > 0 && size <= PEM_RECORD_LEN && i2d_PUBKEY(key, &to) == size ? (size_t)size : 0;
}

bool pem_signing_record(const char *pem, char record[PEM_RECORD_LEN], unsigned *bits, const char **why)
{
    uint8_t bytes[PEM_RECORD_LEN];
    char text[PEM_RECORD_LEN * 4 / 3 + 8];
    EVP_PKEY *key = pem_signing_key(pem, why);
    *bits = 0;
    if (!key)
        return false;
    bool rsa = EVP_PKEY_base_id(key) == EVP_PKEY_RSA;
    *bits = rsa ? (unsigned)EVP_PKEY_bits(key) : 0;
    size_t len = public_half(key, rsa, bytes);
    EVP_PKEY_free(key);
    (void)EVP_EncodeBlock((uint8_t *)text, bytes, (int)len);
    if (len == 0 || !str_format(record, PEM_RECORD_LEN, "v=DKIM1; k=%s; p=%s", rsa ? "rsa" : "ed25519", text))
        panic("a signing key without its public half");
    return true;
}

/* ---- certificates ---- */

static void take_fingerprint(X509 *x, char text[PEM_FINGERPRINT_LEN])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (X509_digest(x, EVP_sha256(), hash, &len) != 1 || 2 * len + 1 != PEM_FINGERPRINT_LEN)
        panic("no SHA-256");
    hex_format(hash, len, text);
}

static void add_name(char *to, const char *name)
{
    size_t len = strlen(to);
    if (utf8_valid(span_str(name)) && !strpbrk(name, "\r\n\t") && len + strlen(name) + 3 < PEM_NAME_LEN)
        (void)str_format(to + len, PEM_NAME_LEN - len, "%s%s", len ? ", " : "", name);
}

static void take_name(X509 *x, char *to)
{
    char subject[PEM_NAME_LEN];
    STACK_OF(OPENSSL_STRING) *addresses = X509_get1_email(x);
    to[0] = 0;
    for (int i = 0; i < sk_OPENSSL_STRING_num(addresses); i++)
        add_name(to, sk_OPENSSL_STRING_value(addresses, i));
    X509_email_free(addresses);
    if (!*to && X509_NAME_oneline(X509_get_subject_name(x), subject, sizeof(subject)))
        add_name(to, subject);
    if (!*to)
        (void)str_copy(to, PEM_NAME_LEN, "(no name)");
}

static bool take_end(X509 *x, int64_t *until_ms)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) != 1)
        return false;
    *until_ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

/* NULL where mails can be encrypted to it. */
static const char *unfit(X509 *x)
{
    const EVP_PKEY *key = X509_get0_pubkey(x);
    int kind = key ? EVP_PKEY_base_id(key) : 0, bits = key ? EVP_PKEY_bits(key) : 0;
    uint32_t usage = X509_get_key_usage(x), purposes = X509_get_extended_key_usage(x);
    if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC)
        return "the certificate's key is neither RSA nor of an elliptic curve; mails cannot be encrypted to "
               "it";
    if (kind == EVP_PKEY_RSA && (bits < RSA_BITS_LEAST || bits > RSA_BITS_MOST))
        return "the certificate's RSA key has less than 2048 or more than 8192 bits; ask for another one";
    if (usage != UINT32_MAX && !(usage & (kind == EVP_PKEY_RSA ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT)))
        return "the certificate's usage does not allow to encrypt to it, only to check signatures; ask for "
               "the "
               "one for encryption";
    if (purposes != UINT32_MAX && !(purposes & (XKU_SMIME | XKU_ANYEKU)))
        return "the certificate is not for mail (its purposes leave emailProtection out); ask for one for "
               "S/MIME";
    return NULL;
}

static X509 *parse(const char *pem, const char **why)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    const char *first = strstr(pem, begin);
    *why = "is no certificate in PEM form (-----BEGIN CERTIFICATE-----)";
    if (strlen(pem) > PEM_CERTIFICATE_MAX || !first)
        return NULL;
    *why = "holds a private key; keep that to its owner, and give the certificate alone";
    if (strstr(pem, "PRIVATE KEY-----"))
        return NULL;
    *why = "holds several certificates; give the user's own alone, without those of its authorities";
    if (strstr(first + 1, begin))
        return NULL;
    BIO *bio = BIO_new_mem_buf(first, -1);
    X509 *x = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    *why = "is a broken certificate";
    return x;
}

bool pem_certificate_read(const char *pem, struct pem_certificate *c, const char **why)
{
    X509 *x = parse(pem, why);
    if (!x)
        return false;
    const char *reason = unfit(x);
    if (reason)
        *why = reason;
    bool good = !reason && take_end(x, &c->until_ms);
    if (good) {
        take_fingerprint(x, c->fingerprint);
        take_name(x, c->name);
    }
    X509_free(x);
    return good;
}

bool pem_chain_end(const char *pem, int64_t *until_ms)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
    bool known = x && take_end(x, until_ms);
    X509_free(x);
    BIO_free(bio);
    ERR_clear_error();
    return known;
}
