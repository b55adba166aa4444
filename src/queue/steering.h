/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faxes steered by answering the mails about them. A report, word of a delay and each answer to a command go
 * with a Reply-To of their own, control+<token>@<fax domain>: mail programs may change a subject and drop
 * headers, but answer to where they are told. Who holds the token and is, by A5, the one it was mailed to may
 * change one thing with it; the answer brings the next token. */
#pragma once

#include "queue/submitting.h"
#include "store/controls.h"

#define CONTROL_DAYS_MS (30LL * 24 * 3600 * 1000)
enum { CONTROL_ASKS_MAX = 10 }; /* answers to one token that changed nothing; then silence */

enum steering { STEERING_NONE, STEERING_UNKNOWN, STEERING_KNOWN };

/* Is that recipient such an address, and do we know its token? Texts of *c in the arena. */
enum steering steering_find(struct queue *q, const char *recipient, struct control *c);

/* Where the answer to that mail steers its fax, with a new token; "" where it may not: no fax domain, or the
 * recipient may not send from the box. */
const char *steering_address(struct queue *q, const struct mail_out *m);

/* A mail whose author is as sure as its box wants. False where it is no answer of this kind. automatic: no
 * person wrote it. */
bool steering_take(struct queue *q, const struct incoming *in, bool automatic);

/* The job waits for its next call: is that to be told to its sender? */
void steering_delayed(struct queue *q, const struct job *j, int64_t next_ms, const struct outcome *why);
