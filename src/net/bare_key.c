/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/bare_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

enum { P256_LEN = 32 };

static EVP_PKEY *key_of(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!params || !context || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return key;
}

/* Takes the key; NULL fits nothing. */
static bool verifies(EVP_PKEY *key, const EVP_MD *digest, struct span data, struct span signature)
{
    EVP_MD_CTX *context = key ? EVP_MD_CTX_new() : NULL;
    bool good = context && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature.data, signature.len, data.data, data.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

bool bare_rsa_verifies(struct span modulus, struct span exponent, struct span data, struct span signature)
{
    EVP_PKEY *key = NULL;
    BIGNUM *n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
    BIGNUM *e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (n && e && build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
        key = key_of("RSA", build);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return verifies(key, EVP_sha256(), data, signature);
}

/* As OpenSSL wants it: DER of the two numbers. */
static unsigned char *der_of(struct span signature, int *len)
{
    unsigned char *der = NULL;
    ECDSA_SIG *s = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature.data, P256_LEN, NULL),
           *t = BN_bin2bn(signature.data + P256_LEN, P256_LEN, NULL);
    if (!s || !r || !t || ECDSA_SIG_set0(s, r, t) != 1) {
        BN_free(r);
        BN_free(t);
    } else {
        *len = i2d_ECDSA_SIG(s, &der);
    }
    ECDSA_SIG_free(s);
    return der;
}

static EVP_PKEY *p256_key(struct span x, struct span y)
{
    static char curve[] = "prime256v1";
    unsigned char point[1 + 2 * P256_LEN] = {4}; /* uncompressed (SEC 1 §2.3.3) */
    EVP_PKEY *key = NULL;
    if (x.len != P256_LEN || y.len != P256_LEN)
        return NULL;
    memcpy(point + 1, x.data, P256_LEN);
    memcpy(point + 1 + P256_LEN, y.data, P256_LEN);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)))
        key = key_of("EC", build);
    OSSL_PARAM_BLD_free(build);
    return key;
}

bool bare_p256_verifies(struct span x, struct span y, struct span data, struct span signature)
{
    int len = 0;
    if (signature.len != 2 * (size_t)P256_LEN)
        return false;
    unsigned char *der = der_of(signature, &len);
    bool good = der && len > 0 && verifies(p256_key(x, y), EVP_sha256(), data, span_of(der, (size_t)len));
    OPENSSL_free(der);
    return good;
}

bool bare_p256_der_verifies(struct span x, struct span y, struct span data, struct span signature)
{
    return verifies(p256_key(x, y), EVP_sha256(), data, signature);
}

bool bare_ed25519_verifies(struct span key, struct span data, struct span signature)
{
    return verifies(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key.data, key.len), NULL, data,
                    signature);
}
