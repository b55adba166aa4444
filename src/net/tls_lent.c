/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/tls_lent.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/panic.h"

static struct tls_context *lent; /* NULL: nothing is */
static X509_STORE *trusted;      /* the authorities, and every certificate of ours */

static X509_STORE *store(void)
{
    if (!trusted)
        trusted = X509_STORE_new();
    if (!trusted)
        panic("OpenSSL gives no certificate store");
    return trusted;
}

void tls_lend_authorities(struct span authorities)
{
    BIO *in = BIO_new_mem_buf(authorities.data, (int)authorities.len);
    X509 *next;
    while ((next = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
        (void)X509_STORE_add_cert(store(), next);
        X509_free(next);
    }
    BIO_free(in);
    ERR_clear_error(); /* the end of the list was an error to PEM_read */
}

/* Who made his certificate himself speaks to himself, too. */
static void trust(SSL_CTX *ours)
{
    STACK_OF(X509) *chain = NULL;
    (void)SSL_CTX_get0_chain_certs(ours, &chain);
    (void)X509_STORE_add_cert(store(), SSL_CTX_get0_certificate(ours));
    for (int i = 0; i < sk_X509_num(chain); i++)
        (void)X509_STORE_add_cert(store(), sk_X509_value(chain, i));
    ERR_clear_error();
}

bool tls_lend(struct span certificate, struct span key, char error[TLS_ERROR_LEN])
{
    struct tls_context *next = tls_server_new(certificate, key, error);
    if (!next)
        return false;
    trust(tls_context_ssl(next));
    tls_context_free(lent);
    lent = next;
    return true;
}

void tls_lend_end(void)
{
    tls_context_free(lent);
    X509_STORE_free(trusted);
    lent = NULL;
    trusted = NULL;
}

/* Before a connection shows its certificate: 1 goes on. A certificate of another kind of key would only stand
 * beside the former one. */
static int show_lent(SSL *ssl, void *arg)
{
    if (!lent)
        return 1;
    SSL_CTX *ours = tls_context_ssl(lent);
    STACK_OF(X509) *chain = NULL;
    (void)SSL_CTX_get0_chain_certs(ours, &chain);
    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(ours), SSL_CTX_get0_privatekey(ours), chain, 1);
}

/* ---- in the place of OpenSSL's ---- */

int SSL_CTX_use_certificate_file(SSL_CTX *ctx, const char *file, int type)
{
    if (!lent)
        return 0;
    SSL_CTX_set_cert_cb(ctx, show_lent, NULL);
    return SSL_CTX_use_certificate(ctx, SSL_CTX_get0_certificate(tls_context_ssl(lent)));
}

int SSL_CTX_use_PrivateKey_file(SSL_CTX *ctx, const char *file, int type)
{
    return lent ? SSL_CTX_use_PrivateKey(ctx, SSL_CTX_get0_privatekey(tls_context_ssl(lent))) : 0;
}

int SSL_CTX_load_verify_locations(SSL_CTX *ctx, const char *file, const char *folder)
{
    SSL_CTX_set1_cert_store(ctx, store());
    return 1;
}
