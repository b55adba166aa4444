/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mails of ours encrypted to S/MIME certificates (RFC 8551), by OpenSSL. Runs in a worker without rights, and
 * holds no secret. */
#pragma once

#include "base/attr.h"
#include "base/buf.h"
#include "model/outcome.h"

/* What keys of a mail begin with where they are certificates: SMIME_KEYS, the cipher, LF, certificates in
 * PEM.
 */
#define SMIME_KEYS "smime "
bool smime_wanted(const char *keys);
/* Before the process is shut in: the library reads no file later, and has its random numbers. */
void smime_prepare(void);
/* Makes a mail that was written by mime_write one that only who has a certificate's key can read; those that
 * have expired are passed over. Who, to whom, when and its subject stay readable. False with an outcome, and
 * the mail emptied. */
bool smime_encrypt(const char *keys, int64_t now_ms, struct buf *mail, struct outcome *outcome) MUST_USE;
