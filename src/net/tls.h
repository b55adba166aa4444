/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* TLS 1.2 and 1.3 (RFC 8446, RFC 9325) over a non-blocking socket; the only place that sees OpenSSL's
 * sessions. Used by stream.c; other code makes the contexts and looks at nothing else here.
 *
 * A client always verifies: against the system's authorities, or a given file of them, with the host name
 * (RFC 6125); or, where a pin is set, against that public key alone - then neither authority nor name nor
 * date matters. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/span.h"

struct tls_context;

enum { TLS_ERROR_LEN = 320, TLS_PIN_TEXT_LEN = 72 /* "sha256:" 64 digits NUL */ };

/* The oldest version a client may agree on; what both sides have newer is taken all the same. */
enum tls_oldest { TLS_OLDEST_1_2, TLS_OLDEST_1_1, TLS_OLDEST_1_0 };

struct tls_client_opts {
    enum tls_oldest oldest;
    const char *ca_file; /* PEM; NULL or "": the system's authorities */
    const char
        *pin; /* "sha256:" (may be left out) and 64 hex digits of SHA-256 over the SPKI; NULL or "": none */
    struct span certificate,
        key; /* ours, where the server wants one: PEM, as of tls_server_new; empty: none */
};

/* NULL with a text for the administrator. */
struct tls_context *tls_client_new(const struct tls_client_opts *opts, char error[TLS_ERROR_LEN]) MUST_USE;
/* certificate: PEM chain, our own first; key: its private key, PEM. */
struct tls_context *tls_server_new(struct span certificate, struct span key,
                                   char error[TLS_ERROR_LEN]) MUST_USE;
/* Of a server: only clients whose certificate is of these authorities (PEM) get through the handshake. False
 * with a text. */
bool tls_server_require_client(struct tls_context *c, struct span authorities,
                               char error[TLS_ERROR_LEN]) MUST_USE;
void tls_context_free(struct tls_context *c); /* sessions may live on; NULL is fine */

/* Is that text a pin? */
bool tls_pin_valid(const char *text) MUST_USE;

/* For tls_lent.c. */
struct ssl_ctx_st *tls_context_ssl(const struct tls_context *c);

/* ---- sessions, for stream.c ---- */

struct tls;

enum tls_step {
    TLS_DONE,
    TLS_WANT_READ,
    TLS_WANT_WRITE,
    TLS_ENDED,  /* the other side said close_notify */
    TLS_FAILED, /* tls_error says why */
};

/* name: whose certificate a client wants to see, a host name or an address; NULL for a server. NULL where the
 * name is no name that a certificate could carry. */
struct tls *tls_new(struct tls_context *c, int fd, const char *name) MUST_USE;
void tls_free(struct tls *t);

enum tls_step tls_handshake(struct tls *t);
enum tls_step tls_read(struct tls *t, void *to, size_t room, size_t *len);
enum tls_step tls_write(struct tls *t, struct span data, size_t *len);
void tls_say_goodbye(struct tls *t); /* close_notify, once, as far as the socket takes it now */

/* What went wrong, for a person. certificate: the other side's was refused. */
const char *tls_error(const struct tls *t, bool *certificate);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384". */
void tls_describe(const struct tls *t, char *text, size_t room);
