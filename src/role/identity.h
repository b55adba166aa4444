/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our certificate chain and its key, PEM, as the parent hands them out: at the start, and again whenever the
 * administrator has renewed them. */
#pragma once

#include "ipc/message.h"
#include "role/boot.h"

struct identity {
    struct buf chain, key;
};

/* Each false with a log line. */
bool identity_granted(struct boot *b, struct identity *i) MUST_USE;
bool identity_renewed(const struct msg_certificate *m, struct identity *i) MUST_USE;
void identity_clear(struct identity *i); /* wipes the key */

#define SCOPED_IDENTITY __attribute__((cleanup(identity_clear)))
