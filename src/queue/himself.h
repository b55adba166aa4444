/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is it himself who changes how he gets in, or makes an API key? A session alone does not show it: somebody
 * may have found a browser that was left open. */
#pragma once

#include "base/span.h"
#include "model/id.h"
#include "model/outcome.h"

struct queue;

struct himself {
    struct id user, session;
    const char *client_ip;
    struct span signs, proof; /* of his password of now, as in session_open; proof empty: none was given */
};

/* 204; or 403, 429 and why. adds: a way in, which is not for whom a provider lets in. A wrong password is
 * counted. */
unsigned himself_judge(struct queue *q, const struct himself *h, bool adds, struct outcome *o);
