/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The test is the library that reads its certificate from files. */
#include <openssl/ssl.h>

#include "net/selfsigned.h"
#include "net/tls_lent.h"
#include "test.h"

struct pair {
    struct buf certificate, key;
};

static void pair_make(struct pair *p, const char *name)
{
    buf_init(&p->certificate, 65536);
    buf_init(&p->key, 65536);
    assert_int_equal(selfsigned_make(name, SELFSIGNED_SERVER, 30, &p->certificate, &p->key), 0);
}

static void pair_clear(struct pair *p)
{
    buf_clear(&p->certificate);
    buf_clear(&p->key);
}

static void lend(const struct pair *p)
{
    char error[TLS_ERROR_LEN] = "";
    assert_true(tls_lend(buf_span(&p->certificate), buf_span(&p->key), error));
}

static SSL_CTX *library_opens(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    assert_int_equal(SSL_CTX_use_certificate_file(ctx, TLS_LENT_FOLDER "/agent.pem", SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx, TLS_LENT_FOLDER "/agent.pem", SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_check_private_key(ctx), 1);
    assert_int_equal(SSL_CTX_load_verify_locations(ctx, TLS_LENT_FOLDER "/cafile.pem", NULL), 1);
    return ctx;
}

struct connection {
    SSL *server, *client;
};

static void connect_both(struct connection *c, SSL_CTX *ctx)
{
    BIO *a, *b;
    assert_int_equal(BIO_new_bio_pair(&a, 0, &b, 0), 1);
    c->server = SSL_new(ctx);
    c->client = SSL_new(ctx);
    SSL_set_accept_state(c->server);
    SSL_set_connect_state(c->client);
    SSL_set_bio(c->server, a, a);
    SSL_set_bio(c->client, b, b);
    for (int i = 0; i < 10; i++) {
        (void)SSL_do_handshake(c->client);
        (void)SSL_do_handshake(c->server);
    }
    assert_true(SSL_is_init_finished(c->server) && SSL_is_init_finished(c->client));
}

static void connection_end(struct connection *c)
{
    SSL_free(c->server);
    SSL_free(c->client);
}

static void assert_shows(const struct connection *c, const char *name)
{
    X509 *shown = SSL_get1_peer_certificate(c->client);
    char seen[200] = "";
    assert_non_null(shown);
    (void)X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, seen, sizeof(seen));
    X509_free(shown);
    assert_string_equal(seen, name);
    assert_int_equal(SSL_get_verify_result(c->client), X509_V_OK);
}

static void a_renewed_certificate_is_shown_from_the_next_connection_on(void **state)
{
    struct pair first, second;
    struct connection old, new;
    char text[8] = "";
    pair_make(&first, "first.example");
    pair_make(&second, "second.example");
    lend(&first);
    SSL_CTX *ctx = library_opens();
    connect_both(&old, ctx);
    assert_shows(&old, "first.example");
    lend(&second);
    connect_both(&new, ctx);
    assert_shows(&new, "second.example");
    assert_int_equal(SSL_write(old.client, "BYE", 4), 4);
    assert_int_equal(SSL_read(old.server, text, sizeof(text)), 4);
    assert_string_equal(text, "BYE");
    connection_end(&old);
    connection_end(&new);
    SSL_CTX_free(ctx);
    tls_lend_end();
    pair_clear(&first);
    pair_clear(&second);
}

static void a_key_of_another_certificate_changes_nothing(void **state)
{
    struct pair first, second;
    struct connection c;
    char error[TLS_ERROR_LEN] = "";
    pair_make(&first, "first.example");
    pair_make(&second, "second.example");
    lend(&first);
    SSL_CTX *ctx = library_opens();
    assert_false(tls_lend(buf_span(&second.certificate), buf_span(&first.key), error));
    assert_non_null(strstr(error, "does not belong"));
    connect_both(&c, ctx);
    assert_shows(&c, "first.example");
    connection_end(&c);
    SSL_CTX_free(ctx);
    tls_lend_end();
    pair_clear(&first);
    pair_clear(&second);
}

static void where_nothing_is_lent_nothing_is_shown(void **state)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    assert_int_equal(SSL_CTX_use_certificate_file(ctx, TLS_LENT_FOLDER "/agent.pem", SSL_FILETYPE_PEM), 0);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx, TLS_LENT_FOLDER "/agent.pem", SSL_FILETYPE_PEM), 0);
    SSL_CTX_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_renewed_certificate_is_shown_from_the_next_connection_on),
        cmocka_unit_test(a_key_of_another_certificate_changes_nothing),
        cmocka_unit_test(where_nothing_is_lent_nothing_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
