/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is a trunk's peer there? Asked by OPTIONS (RFC 3261 §11) every so often: whatever it answers, it is there.
 * Where the trunk registers, its registration says how it is; then this keeps the way through a NAT open, and
 * has the trunk register again where no answer comes. */
#pragma once

#include <stdbool.h>

#include "line/agent.h"

/* What ua->trunks says holds from now on. */
void keepalives_follow(struct ua *ua);
/* Addresses of names came: whoever waited for one asks now. */
void keepalives_kick(struct ua *ua);
/* True where the handle was of such a question. */
bool keepalives_on_event(struct ua *ua, nua_handle_t *nh, nua_event_t event, int status, const sip_t *sip);
/* No connection to that peer can be made: what is under way over it has failed. */
void keepalives_on_tls_fault(struct ua *ua, const struct endpoint *peer, enum tls_fault f);
void keepalives_free(struct ua *ua);
