/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The people of a directory become users. Who is gone there is switched off here, and deleted never; where
 * more are gone at once than the settings let go by themselves, nothing happens before a person has confirmed
 * it: a directory that answers half is far likelier than half of the house leaving.
 *
 * A house may have many thousands, and calls wait while one of them is written: so it goes by steps
 * of a few. What a step did is right by itself, and who is missing is switched off last: a run that is cut
 * off takes nobody away, and the next one does the rest. */
#pragma once

#include "base/arena.h"

struct queue;

/* What a directory said last, kept for the alarms: "MOMENT TAB CODE TAB TEXT", CODE "" where all was well. */
const char *directory_state_key(struct arena *a, const char *directory);
void people_forget(struct queue *q);
