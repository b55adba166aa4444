/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SIP's answers to a call attempt (RFC 3261 §21) in words and classes. */
#pragma once

#include "ipc/message.h"
#include "model/outcome.h"

/* status: the final answer, 300..699. An answer we do not know counts as the x00 of its class (RFC 3261
 * §8.1.3.2). Codes are "sip-486". */
enum dial_failure status_outcome(int status, struct outcome *o);

/* No answer at all came from the trunk: time-out, refused connection, unresolvable name. `what` completes
 * "The trunk ... ": "did not answer our call request". Code "sip-unreachable". */
enum dial_failure status_unreachable(const char *what, struct outcome *o);
