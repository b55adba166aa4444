/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signatures of public keys that come as bare numbers, big-endian, without a certificate. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/span.h"

/* RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2). */
bool bare_rsa_verifies(struct span modulus, struct span exponent, struct span data,
                       struct span signature) MUST_USE;
/* ECDSA on P-256 with SHA-256; signature: r and s, 32 bytes each (RFC 7518 §3.4). */
bool bare_p256_verifies(struct span x, struct span y, struct span data, struct span signature) MUST_USE;
/* The same, the two numbers in DER (RFC 3279 §2.2.3). */
bool bare_p256_der_verifies(struct span x, struct span y, struct span data, struct span signature) MUST_USE;
/* Ed25519 (RFC 8032). */
bool bare_ed25519_verifies(struct span key, struct span data, struct span signature) MUST_USE;
