/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our certificate for a library that would read it from files, at its start and never again: who links this
 * stands in for OpenSSL's SSL_CTX_use_certificate_file, SSL_CTX_use_PrivateKey_file and
 * SSL_CTX_load_verify_locations, which then give what was lent, whatever file they are asked for. So no key
 * lies in a file, and each connection shows the certificate that is lent when it is made. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"
#include "net/tls.h"

/* A folder to name to the library; there is none. */
#define TLS_LENT_FOLDER "/nonexistent"

/* Whose certificates are good beside our own, PEM; before the first tls_lend. */
void tls_lend_authorities(struct span authorities);
/* As tls_server_new. From now on; connections that are there go on with what they began with. False with a
 * text: what was lent before stays. */
bool tls_lend(struct span certificate, struct span key, char error[TLS_ERROR_LEN]) MUST_USE;
/* Nothing is lent any more. */
void tls_lend_end(void);
