/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue's `trunks` message as the line room's structs. */
#pragma once

#include <stddef.h>

#include "base/span.h"
#include "line/trunk.h"
#include "model/states.h"

enum { LINE_TRUNKS_MAX = TRUNKS_MAX, LINE_SECRET_MAX = 640 };

/* The trunks and their sealed passwords, as they came. */
struct line_trunks {
    size_t count;
    struct trunk list[LINE_TRUNKS_MAX];
    struct {
        size_t len;
        uint8_t bytes[LINE_SECRET_MAX];
    } secrets[LINE_TRUNKS_MAX];
};

/* Appends the JSON array of ipc/messages.def. A trunk whose peer cannot be understood is left out with a log
 * line that names it; what is no such array at all is the queue's bug: panic. */
void line_trunks_read(const char *json, struct line_trunks *t);
/* The sealed password of the trunk of that id, where it has that mark. */
bool line_trunks_secret(const struct line_trunks *t, const char *id, uint64_t mark, struct span *box);
