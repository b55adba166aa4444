/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Why a TLS connection to a trunk did not come about, as a person can mend it. sofia tells only its own log:
 * these are the lines of it that say why. Pure functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/endpoint.h"

enum tls_fault {
    TLS_FAULT_NONE,
    TLS_FAULT_NAME,      /* the certificate is for another name */
    TLS_FAULT_EXPIRED,   /* or is not valid any more, */
    TLS_FAULT_EARLY,     /* or not yet, */
    TLS_FAULT_AUTHORITY, /* or of nobody whom we trust, */
    TLS_FAULT_OTHER,     /* or bad in another way */
    TLS_FAULT_PROTOCOL,  /* no handshake at all */
    TLS_FAULT_COUNT
};

/* What that line of sofia's log says; TLS_FAULT_NONE: nothing of that kind. */
enum tls_fault tls_fault_of_line(const char *line);
/* Where the TLS connection leads whose end that line tells. */
bool tls_fault_peer_of_line(const char *line, struct endpoint *peer) MUST_USE;
/* "HOST shows a certificate that ...", and what to do; "" for NONE. */
void tls_fault_text(enum tls_fault f, const char *host, char *text, size_t room);
