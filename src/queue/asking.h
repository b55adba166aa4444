/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a number and its flags ask of a box, checked against what its tenant has (D3, S4.8, S4.9). */
#pragma once

#include "proto/number.h"
#include "queue/routing.h"

/* Fills the route for that box. VERDICT_DONE, or GIVE_UP with a text for the sender. */
void ask_of_box(const struct routing *w, const struct faxbox *box, const struct target *t, struct route *r,
                struct outcome *o);

/* A number as somebody types it, as that tenant would have it dialled; no word on whether it may. */
bool ask_number(struct store *s, const struct tenant *t, const char *text, struct number *n,
                struct complaint *why) MUST_USE;
