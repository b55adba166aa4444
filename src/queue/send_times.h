/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When a box's faxes may go: its window, by the clock of its tenant's zone, summer time included. */
#pragma once

#include "store/config.h"

/* The first moment from at_ms on at which a fax of that priority may go; at_ms where it may then. INT64_MAX:
 * never (a window that no clock of that zone shows). */
int64_t send_time(const struct faxbox *box, const char *zone, unsigned priority, int64_t at_ms);
/* The window that counts for that priority, as it was written; "": always. */
const char *send_window_of(const struct faxbox *box, unsigned priority);
/* Until when a fax that may go from then on has to be begun; 0: it does not matter. */
int64_t send_deadline(const struct faxbox *box, int64_t from_ms);
