/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Users who log in at the front door (A5), and in whose name their mail may come. */
#pragma once

#include "model/outcome.h"
#include "store/config.h"

/* S2.6 for who has logged in as `user`: `from` is an address of his; or nobody's here, and he may send from
 * that box as its user. That the box lets `from` send has been found already. DONE, or GIVE_UP with a text
 * for him. */
void login_may_write_as(struct store *s, struct arena *a, struct id user, const char *from,
                        const struct faxbox *box, struct outcome *o);
