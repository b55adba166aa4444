/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Registrations (RFC 3261 §10): where a trunk's registrar finds us. One transaction after the other on a
 * Call-ID of its own, all of it ours: sofia's own refreshes answer challenges with a password that it keeps,
 * and say little about what failed. The registered contact's user is the trunk's id, so that a call to it
 * finds its trunk. */
#pragma once

#include <stdbool.h>

#include "line/agent.h"

/* What ua->trunks says holds from now on: new trunks register, changed ones again, former ones no longer. */
void registrations_follow(struct ua *ua);
/* Addresses of names came: whoever waited for one registers now. */
void registrations_kick(struct ua *ua);
/* That trunk's is asked for now: its registrar may have forgotten it. */
void registrations_renew(struct ua *ua, const char *trunk_id);
/* True where the handle was a registration's. */
bool registrations_on_event(struct ua *ua, nua_handle_t *nh, nua_event_t event, int status, const sip_t *sip);
/* No connection to that peer can be made: what is under way over it has failed. */
void registrations_on_tls_fault(struct ua *ua, const struct endpoint *peer, enum tls_fault f);
/* Takes back what is registered; answers still come for as long as registrations_leaving. */
void registrations_leave(struct ua *ua);
bool registrations_leaving(const struct ua *ua);
void registrations_free(struct ua *ua);
