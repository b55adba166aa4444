/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What SIP over TLS needs: our certificate, and whom we believe: the system's authorities, those of sip_ca,
 * and ourselves. Lent to sofia, which knows only files (net/tls_lent.h). */
#pragma once

#include "ipc/message.h"
#include "role/boot.h"

/* False with a log line. */
bool line_tls_open(struct boot *b) MUST_USE;
/* New connections show it; those there are go on, and calls with them. Logs how it went. */
void line_tls_renew(const struct msg_certificate *m);
