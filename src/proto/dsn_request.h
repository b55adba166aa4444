/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a client asks of delivery reports (RFC 3461): RET and ENVID of a mail, NOTIFY and ORCPT of a
 * recipient; how they are written in a command, and how they stay with the mail.
 *
 * SECURITY: what comes back to somebody in a report was written by a stranger. A value is printable ASCII
 * when it is decoded, or it is refused; there is no line end in any of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/span.h"

enum {
    DSN_ENVID_LEN = 101, /* RFC 3461 §4.4: at most 100 characters */
    DSN_ORCPT_LEN = 501, /* §4.2: at most 500 */
};

enum dsn_notify {
    DSN_NOTIFY_UNSAID = 0, /* as the box has it */
    DSN_NOTIFY_NEVER = 1,
    DSN_NOTIFY_SUCCESS = 2,
    DSN_NOTIFY_FAILURE = 4,
    DSN_NOTIFY_DELAY = 8,
};

/* Values of the parameters, as they stand behind the '='. False: they are none. */
bool dsn_parse_ret(struct span value, bool *full) MUST_USE;
bool dsn_parse_envid(struct span value, char envid[DSN_ENVID_LEN]) MUST_USE;
/* A set of enum dsn_notify. */
bool dsn_parse_notify(struct span value, unsigned *notify) MUST_USE;
/* "rfc822;ann@example.com", decoded. */
bool dsn_parse_orcpt(struct span value, char orcpt[DSN_ORCPT_LEN]) MUST_USE;

/* What stays with a mail: a line for the mail ("1 QQ314159": 0 or 1 where anything was asked for, ENVID),
 * then one for each recipient ("6 rfc822;ann@example.com"). "" where nobody asked for anything. */

/* Does the mail ask for anything? */
bool dsn_asked(const char *kept);
/* "" where there is none; of a kept text that is none as well. */
void dsn_kept_envid(const char *kept, char envid[DSN_ENVID_LEN]);
/* What was said about the recipient at that place, from 0. */
unsigned dsn_kept_notify(const char *kept, size_t recipient);
void dsn_kept_orcpt(const char *kept, size_t recipient, char orcpt[DSN_ORCPT_LEN]);
