/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue's `trunks` message as the line room's structs. */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "line/trunk.h"

enum { LINE_TRUNKS_MAX = 256 };

/* Reads the JSON array of ipc/messages.def. A trunk whose peer cannot be understood is left out with a log
 * line that names it; what is no such array at all is the queue's bug: panic. Returns how many. */
size_t line_trunks_read(const char *json, struct trunk trunks[LINE_TRUNKS_MAX]);
