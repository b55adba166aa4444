/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

enum { PIN_BYTES = 32 };

/* Debian's bundle. OpenSSL's own default reads /etc/ssl/certs one file at a time, when needed, which a role
 * in its sandbox could not. */
static const char system_authorities[] = "/etc/ssl/certs/ca-certificates.crt";

struct tls_context {
    SSL_CTX *ssl;
    bool server;
};

struct tls {
    SSL *ssl;
    bool handshaken;
    bool said_goodbye;
    bool certificate_refused;
    char seen_pin[TLS_PIN_TEXT_LEN]; /* of the certificate that was refused */
    char error[TLS_ERROR_LEN];
};

/* ---- pins ---- */

static const char *pin_digits(const char *text)
{
    return str_starts_nocase(text, "sha256:") ? text + strlen("sha256:") : text;
}

static bool pin_parse(const char *text, uint8_t pin[PIN_BYTES])
{
    const char *digits = pin_digits(text);
    return strlen(digits) == 2 * PIN_BYTES && hex_parse(digits, pin, PIN_BYTES);
}

bool tls_pin_valid(const char *text)
{
    uint8_t pin[PIN_BYTES];
    return pin_parse(text, pin);
}

static bool pin_of(const X509 *certificate, uint8_t pin[PIN_BYTES])
{
    unsigned char *der = NULL;
    int len = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der) : -1;
    if (len <= 0)
        return false;
    bool ok = EVP_Digest(der, (size_t)len, pin, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return ok;
}

/* ---- contexts ---- */

static void explain(char error[TLS_ERROR_LEN], const char *what)
{
    char reason[128] = "unknown reason";
    unsigned long code = ERR_peek_last_error();
    if (code)
        ERR_error_string_n(code, reason, sizeof(reason));
    ERR_clear_error();
    (void)str_format(error, TLS_ERROR_LEN, "%s: %s", what, reason);
}

static struct tls_context *context_new(bool server)
{
    /* OpenSSL writes to its socket with write(2). */
    (void)signal(SIGPIPE, SIG_IGN);
    struct tls_context *c = mem_zalloc(sizeof(*c));
    c->server = server;
    c->ssl = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
    if (!c->ssl || !SSL_CTX_set_min_proto_version(c->ssl, TLS1_2_VERSION))
        panic("OpenSSL gives no context");
    (void)SSL_CTX_set_options(c->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_set_mode(c->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
    return c;
}

void tls_context_free(struct tls_context *c)
{
    if (!c)
        return;
    SSL_CTX_free(c->ssl);
    free(c);
}

struct ssl_ctx_st *tls_context_ssl(const struct tls_context *c)
{
    return c->ssl;
}

static void free_pin(void *parent, void *pin, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
    free(pin);
}

/* Where a context keeps its pin, so that the verifier finds it. */
static int pin_slot(void)
{
    static int slot = -1;
    if (slot < 0)
        slot = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_pin);
    return slot;
}

/* In place of X509_verify_cert: 1 accepts. arg is unused. */
static int verify(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls *t = SSL_get_app_data(ssl);
    const uint8_t *wanted = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), pin_slot());
    uint8_t seen[PIN_BYTES];
    bool have = pin_of(X509_STORE_CTX_get0_cert(store), seen);
    bool accepted;
    if (wanted) {
        accepted = have && memcmp(seen, wanted, PIN_BYTES) == 0;
        if (!accepted)
            X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    } else {
        accepted = X509_verify_cert(store) == 1;
    }
    if (accepted) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    t->certificate_refused = true;
    if (have) {
        (void)str_copy(t->seen_pin, sizeof(t->seen_pin), "sha256:");
        hex_format(seen, PIN_BYTES, t->seen_pin + strlen(t->seen_pin));
    }
    return 0;
}

static bool load_authorities(SSL_CTX *ssl, const char *ca_file, char error[TLS_ERROR_LEN])
{
    if (ca_file && *ca_file) {
        if (SSL_CTX_load_verify_file(ssl, ca_file) == 1)
            return true;
        char what[200];
        (void)str_format(what, sizeof(what), "cannot read the certificate authorities in %s", ca_file);
        explain(error, what);
        return false;
    }
    /* A system without the bundle trusts nobody until a file or a pin is set; the handshake says so. */
    if (SSL_CTX_load_verify_file(ssl, system_authorities) != 1)
        (void)SSL_CTX_set_default_verify_paths(ssl);
    ERR_clear_error();
    return true;
}

/* Debian's OpenSSL refuses the hashes of TLS 1.0 and 1.1 (RFC 8996) above security level 0. */
static void allow_old(SSL_CTX *ssl, enum tls_oldest oldest)
{
    if (oldest == TLS_OLDEST_1_2)
        return;
    SSL_CTX_set_security_level(ssl, 0);
    if (!SSL_CTX_set_min_proto_version(ssl, oldest == TLS_OLDEST_1_1 ? TLS1_1_VERSION : TLS1_VERSION))
        panic("OpenSSL knows no old TLS");
}

static bool use_chain(SSL_CTX *ssl, struct span pem)
{
    BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *own = PEM_read_bio_X509(in, NULL, NULL, NULL);
    bool ok = own && SSL_CTX_use_certificate(ssl, own) == 1;
    X509_free(own);
    for (X509 *next; ok && (next = PEM_read_bio_X509(in, NULL, NULL, NULL));)
        if (SSL_CTX_add0_chain_cert(ssl, next) != 1) {
            X509_free(next);
            ok = false;
        }
    BIO_free(in);
    if (ok)
        ERR_clear_error(); /* the end of the chain was an error to PEM_read */
    return ok;
}

static bool use_key(SSL_CTX *ssl, struct span pem)
{
    BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    bool ok = key && SSL_CTX_use_PrivateKey(ssl, key) == 1 && SSL_CTX_check_private_key(ssl) == 1;
    EVP_PKEY_free(key);
    BIO_free(in);
    return ok;
}

static const char *use_own(SSL_CTX *ssl, struct span certificate, struct span key)
{
    if (certificate.len > INT_MAX || !use_chain(ssl, certificate))
        return "the TLS certificate is not usable PEM";
    if (key.len > INT_MAX || !use_key(ssl, key))
        return "the TLS key is not usable PEM or does not belong to the certificate";
    return NULL;
}

struct tls_context *tls_client_new(const struct tls_client_opts *opts, char error[TLS_ERROR_LEN])
{
    uint8_t pin[PIN_BYTES];
    bool pinned = opts->pin && *opts->pin;
    if (pinned && !pin_parse(opts->pin, pin)) {
        (void)str_copy(error, TLS_ERROR_LEN,
                       "the pinned key is not \"sha256:\" and 64 hexadecimal digits; copy it from the test "
                       "of the mail server");
        return NULL;
    }
    struct tls_context *c = context_new(false);
    allow_old(c->ssl, opts->oldest);
    if (pinned) {
        (void)SSL_CTX_set_ex_data(c->ssl, pin_slot(), mem_dup(pin, sizeof(pin)));
    } else if (!load_authorities(c->ssl, opts->ca_file, error)) {
        tls_context_free(c);
        return NULL;
    }
    const char *wrong = opts->certificate.len > 0 ? use_own(c->ssl, opts->certificate, opts->key) : NULL;
    if (wrong) {
        explain(error, wrong);
        tls_context_free(c);
        return NULL;
    }
    SSL_CTX_set_verify(c->ssl, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(c->ssl, verify, NULL);
    return c;
}

struct tls_context *tls_server_new(struct span certificate, struct span key, char error[TLS_ERROR_LEN])
{
    struct tls_context *c = context_new(true);
    const char *wrong = use_own(c->ssl, certificate, key);
    if (!wrong)
        return c;
    explain(error, wrong);
    tls_context_free(c);
    return NULL;
}

bool tls_server_require_client(struct tls_context *c, struct span authorities, char error[TLS_ERROR_LEN])
{
    BIO *in = BIO_new_mem_buf(authorities.data, (int)authorities.len);
    X509_STORE *store = SSL_CTX_get_cert_store(c->ssl);
    unsigned count = 0;
    for (X509 *next; (next = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL; X509_free(next))
        count += X509_STORE_add_cert(store, next) == 1;
    BIO_free(in);
    if (count == 0) {
        explain(error, "the certificate authorities of gateways are not usable PEM");
        return false;
    }
    ERR_clear_error();
    SSL_CTX_set_verify(c->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(c->ssl, verify, NULL);
    (void)SSL_CTX_set_session_cache_mode(c->ssl, SSL_SESS_CACHE_OFF);
    return true;
}

/* ---- sessions ---- */

static bool is_address(const char *name)
{
    struct in6_addr any;
    return inet_pton(AF_INET, name, &any) == 1 || inet_pton(AF_INET6, name, &any) == 1;
}

static bool expect_name(SSL *ssl, const char *name)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (is_address(name))
        return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set_tlsext_host_name(ssl, name) == 1 && X509_VERIFY_PARAM_set1_host(param, name, 0) == 1;
}

struct tls *tls_new(struct tls_context *c, int fd, const char *name)
{
    struct tls *t = mem_zalloc(sizeof(*t));
    t->ssl = SSL_new(c->ssl);
    if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1)
        panic("OpenSSL gives no session");
    if (!c->server && !expect_name(t->ssl, name)) {
        ERR_clear_error();
        tls_free(t);
        return NULL;
    }
    (void)SSL_set_app_data(t->ssl, t);
    if (c->server)
        SSL_set_accept_state(t->ssl);
    else
        SSL_set_connect_state(t->ssl);
    return t;
}

void tls_free(struct tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    free(t);
}

static void explain_certificate(struct tls *t)
{
    long result = SSL_get_verify_result(t->ssl);
    const char *why = result == X509_V_ERR_APPLICATION_VERIFICATION ? "its key is not the pinned one"
                                                                    : X509_verify_cert_error_string(result);
    (void)str_format(t->error, sizeof(t->error), "the certificate was refused: %s (its key is %s)", why,
                     *t->seen_pin ? t->seen_pin : "unreadable");
}

/* OpenSSL's word for how the last call ended. Its error queue must have been empty before that call. */
static enum tls_step step_of(struct tls *t, int result)
{
    int saved = errno;
    int why = SSL_get_error(t->ssl, result);
    if (why == SSL_ERROR_WANT_READ)
        return TLS_WANT_READ;
    if (why == SSL_ERROR_WANT_WRITE)
        return TLS_WANT_WRITE;
    if (why == SSL_ERROR_ZERO_RETURN)
        return TLS_ENDED;
    unsigned long code = ERR_peek_error();
    if (t->certificate_refused)
        explain_certificate(t);
    else if (why == SSL_ERROR_SYSCALL || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        (void)str_format(t->error, sizeof(t->error), "the connection broke off%s%s",
                         why == SSL_ERROR_SYSCALL && saved ? ": " : "",
                         why == SSL_ERROR_SYSCALL && saved ? strerror(saved) : "");
    else
        explain(t->error, t->handshaken ? "TLS failed" : "TLS could not be agreed on");
    ERR_clear_error();
    return TLS_FAILED;
}

enum tls_step tls_handshake(struct tls *t)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(t->ssl);
    t->handshaken = result == 1;
    return result == 1 ? TLS_DONE : step_of(t, result);
}

enum tls_step tls_read(struct tls *t, void *to, size_t room, size_t *len)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_read_ex(t->ssl, to, room, len);
    return result == 1 ? TLS_DONE : step_of(t, result);
}

enum tls_step tls_write(struct tls *t, struct span data, size_t *len)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_write_ex(t->ssl, data.data, data.len, len);
    return result == 1 ? TLS_DONE : step_of(t, result);
}

void tls_say_goodbye(struct tls *t)
{
    if (t->handshaken && !t->said_goodbye && *t->error == 0)
        (void)SSL_shutdown(t->ssl);
    t->said_goodbye = true;
    ERR_clear_error();
}

const char *tls_error(const struct tls *t, bool *certificate)
{
    *certificate = t->certificate_refused;
    return t->error;
}

void tls_describe(const struct tls *t, char *text, size_t room)
{
    (void)str_format(text, room, "%s %s", SSL_get_version(t->ssl), SSL_get_cipher_name(t->ssl));
}
