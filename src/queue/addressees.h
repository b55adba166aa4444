/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A mail that was polled has lost its envelope: which of the addresses in its To and Cc is it for (S2.6,
 * S4.3)? */
#pragma once

#include "queue/routing.h"

/* One a line: those that are the mailbox's own address (perhaps with a plus part), or one of our forms for a
 * box that names the mailbox; the mailbox's own where there is none (Bcc). w->mailbox is there. o: as it was,
 * or the refusal. */
const char *addressees_of_mailbox(const struct routing *w, const struct letter *m, struct outcome *o);
