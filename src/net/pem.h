/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What texts in PEM hold: keys that mails are signed with, certificates that mails are encrypted to. Here
 * they are looked at before they are kept; both come from people. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct evp_pkey_st;

/* DKIM (RFC 6376 §3.3.3, RFC 8463): RSA of these bits, or Ed25519. */
enum { PEM_RSA_BITS_MIN = 1024, PEM_RSA_BITS_GOOD = 2048, PEM_RSA_BITS_MAX = 4096 };

/* The caller's (EVP_PKEY_free). NULL: why says what is wrong with "its key". */
struct evp_pkey_st *pem_signing_key(const char *pem, const char **why) MUST_USE;

/* PEM_RECORD_LEN: of 4096 bits. */
enum { PEM_KEY_LEN = 4096, PEM_RECORD_LEN = 1024 };
/* RSA of 2048 bits, which every verifier knows. */
void pem_make_signing_key(char pem[PEM_KEY_LEN]);
/* What the DNS has to hold beside it (RFC 6376 §3.6.1). bits: 0 of Ed25519. */
bool pem_signing_record(const char *pem, char record[PEM_RECORD_LEN], unsigned *bits,
                        const char **why) MUST_USE;

enum { PEM_FINGERPRINT_LEN = 65, PEM_NAME_LEN = 300, PEM_CERTIFICATE_MAX = 12 * 1024 };

struct pem_certificate {
    char fingerprint[PEM_FINGERPRINT_LEN]; /* SHA-256 in hexadecimal */
    char name[PEM_NAME_LEN];               /* its mail addresses, else its subject; UTF-8 */
    int64_t until_ms;                      /* wall clock */
};

/* One certificate that S/MIME mails can be encrypted to (RFC 8550 §4.4): RSA of 2048 to 8192 bits or an
 * elliptic curve, and its usage allows it. Whether it has expired is not looked at. False: why says what is
 * wrong. */
bool pem_certificate_read(const char *pem, struct pem_certificate *c, const char **why) MUST_USE;

/* When the first certificate of a chain (our own) ends, wall clock. */
bool pem_chain_end(const char *pem, int64_t *until_ms) MUST_USE;
