/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Logins at OpenID providers: authorization code with PKCE (RFC 7636), state and nonce. A login that was
 * begun lives here and nowhere else: where we end, people begin again. */
#pragma once

#include "role/provider.h"

/* Ends what is under way there; who waits is told. */
void provider_logins_drop(struct provider *p);
