/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Does somebody answer there? Blocking, a few seconds at most; nothing is asked that changes anything. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What was seen, in words: `text` says it in both cases. */
enum { REACH_TEXT_LEN = 300 };

/* peer: "sip:host[:port]". An OPTIONS (RFC 3261 §11); any reply counts. */
bool reach_sip(const char *peer, bool tcp, char text[REACH_TEXT_LEN]);
/* The greeting of an SMTP server (RFC 5321 §3.1); with implicit TLS only that the port answers. */
bool reach_smtp(const char *host, unsigned port, bool implicit_tls, char text[REACH_TEXT_LEN]);
/* Any reply of an HTTP server. */
bool reach_http(const char *host, unsigned port, char text[REACH_TEXT_LEN]);
