/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What SIP over TLS needs, where sofia looks for it: in files. They lie in a folder of memory, ours alone,
 * and only until the listeners are open. */
#pragma once

#include "role/boot.h"

enum { LINE_TLS_FOLDER_LEN = 64 };

/* agent.pem: our certificate and key; cafile.pem: the system's authorities, those of sip_ca, and our own
 * chain. False with a log line. */
bool line_tls_open(struct boot *b, char folder[LINE_TLS_FOLDER_LEN]) MUST_USE;
void line_tls_close(const char *folder); /* "" is fine */
