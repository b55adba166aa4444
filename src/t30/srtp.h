/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SRTP (RFC 3711) for the audio of a call: AES-128 in counter mode and HMAC-SHA1, keys derived once, no RTCP.
 * One direction each; of what comes in, up to a few sources (SSRC) side by side.
 *
 * INPUT: a packet counts only if its tag is right and it did not come before; until then nothing of it is
 * believed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "proto/sdes.h"

enum { SRTP_TAG_MAX = 10 };

struct srtp;

/* Makes OpenSSL read what it wants to read: before the sandbox. */
void srtp_prepare(void);

struct srtp *srtp_new(enum sdes_suite suite, const uint8_t key[SDES_KEY_LEN]) MUST_USE;
void srtp_free(struct srtp *s); /* wipes; NULL is fine */

/* An RTP packet of len bytes becomes one of SRTP, in place; there is room for SRTP_TAG_MAX more. Its length.
 */
size_t srtp_protect(struct srtp *s, uint8_t *packet, size_t len) MUST_USE;
/* And back, in place; *len becomes that of the RTP packet. False: not authentic, or it has come before. */
bool srtp_unprotect(struct srtp *s, uint8_t *packet, size_t *len) MUST_USE;
