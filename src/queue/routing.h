/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which box and which number does a mail's recipient name (A1, A2), may this sender use it (S0.4, S2.6), and
 * may the box dial that number (D3)? Reads the store, changes nothing. */
#pragma once

#include "model/outcome.h"
#include "store/config.h"

struct route {
    struct faxbox box;
    const char *number;  /* as it is dialled and compared */
    const char *display; /* as the sender wrote it */
};

/* sender: the address that asks. VERDICT_DONE with *r, or GIVE_UP with an SMTP-style code ("5.1.1") and a
 * text for the sender. */
void route_recipient(struct store *s, struct arena *a, const char *recipient, const char *sender,
                     struct route *r, struct outcome *o);

/* The same for a box that is known and a number that a person typed. */
void route_number(struct store *s, struct arena *a, const struct faxbox *box, const char *number,
                  struct route *r, struct outcome *o);
