/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the boxes of a mail want of OpenPGP (S2.4, S2.5), and whether it is that. */
#pragma once

#include "queue/submitting.h"

/* VERDICT_DONE, or GIVE_UP with a text for the sender. A signature that lets a mail through is used up by it:
 * nobody else can send what was signed to another number, or once more. */
void pgp_check(struct queue *q, const struct incoming *in, const struct plan *p, struct outcome *o);
/* The same without any effect, for somebody who asks. */
void pgp_would_check(struct queue *q, const struct incoming *in, const struct plan *p, struct outcome *o);
