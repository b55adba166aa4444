/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/selfsigned.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/rand.h"
#include "base/str.h"

enum { SECONDS_A_DAY = 86400, HOST_NAME_MAX_LEN = 253, COMMON_NAME_MAX_LEN = 64 };

static bool add_extension(X509 *x, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool ok = e && X509_add_ext(x, e, -1) == 1;
    X509_EXTENSION_free(e);
    return ok;
}

/* The text becomes part of a line in OpenSSL's own little language: nothing but names and addresses. */
static bool name_is_plain(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > HOST_NAME_MAX_LEN)
        return false;
    for (; *name; name++)
        if (!char_is_alpha(*name) && !char_is_digit(*name) && !strchr(".-:_", *name))
            return false;
    return true;
}

static bool set_names(X509 *x, const char *host_name, enum selfsigned_use use)
{
    struct in6_addr any;
    bool address = inet_pton(AF_INET, host_name, &any) == 1 || inet_pton(AF_INET6, host_name, &any) == 1;
    char san[HOST_NAME_MAX_LEN + 8], common[COMMON_NAME_MAX_LEN + 1];
    if (!str_format(san, sizeof(san), "%s:%s", address ? "IP" : "DNS", host_name))
        return false;
    (void)str_copy(common, sizeof(common), host_name); /* only a label, cut where X.520 has no room */
    X509_NAME *name = X509_get_subject_name(x);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0) ==
               1 &&
           X509_set_issuer_name(x, name) == 1 && add_extension(x, NID_subject_alt_name, san) &&
           add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
           (use == SELFSIGNED_SERVER
                ? add_extension(x, NID_ext_key_usage, "serverAuth")
                : add_extension(x, NID_key_usage, "critical,digitalSignature,nonRepudiation"));
}

/* RFC 5280 §4.1.2.2: positive, at most 20 octets, unlike any other of the same issuer. */
static bool set_serial(X509 *x)
{
    uint8_t bytes[16];
    rand_bytes(bytes, sizeof(bytes));
    bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40);
    BIGNUM *n = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
    BN_free(n);
    return ok;
}

static bool fill_certificate(X509 *x, EVP_PKEY *key, const char *host_name, enum selfsigned_use use, int days)
{
    return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
           X509_gmtime_adj(X509_getm_notBefore(x), -SECONDS_A_DAY) &&
           X509_gmtime_adj(X509_getm_notAfter(x), (long)days * SECONDS_A_DAY) &&
           X509_set_pubkey(x, key) == 1 && set_names(x, host_name, use) &&
           X509_sign(x, key, EVP_sha256()) > 0;
}

static bool append_pem(BIO *from, struct buf *to)
{
    char *data;
    long len = BIO_get_mem_data(from, &data);
    return len > 0 && buf_append(to, data, (size_t)len);
}

int selfsigned_make(const char *host_name, enum selfsigned_use use, int days, struct buf *certificate_pem,
                    struct buf *key_pem)
{
    if (!name_is_plain(host_name))
        return EINVAL;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    BIO *certificate_out = BIO_new(BIO_s_mem()), *key_out = BIO_new(BIO_s_secmem());
    bool ok = key && x && certificate_out && key_out && fill_certificate(x, key, host_name, use, days) &&
              PEM_write_bio_X509(certificate_out, x) == 1 &&
              PEM_write_bio_PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL) == 1 &&
              append_pem(certificate_out, certificate_pem) && append_pem(key_out, key_pem);
    BIO_free(certificate_out);
    BIO_free(key_out);
    X509_free(x);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok ? 0 : EINVAL;
}
