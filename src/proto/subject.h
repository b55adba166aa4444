/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The Subject line that says where to fax (S2.8): "Re: [urgent] 503-555-0123, 555-0124@front^FINE". */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "proto/complaint.h"
#include "proto/target.h"

enum { SUBJECT_TARGETS_MAX = 100, SUBJECT_BOX_LEN = 128 };

struct subject_target {
    struct target target;
    char box[SUBJECT_BOX_LEN]; /* id or name of the box as written; "": the sender's only one */
};

struct subject {
    bool check; /* "check <number>" (A3) */
    size_t count;
    struct subject_target targets[SUBJECT_TARGETS_MAX];
};

/* text: decoded, UTF-8. False with a complaint: no number, or an ambiguous one; then nothing of it may be
 * faxed. */
bool subject_parse(const char *text, struct subject *s, struct complaint *why) MUST_USE;
