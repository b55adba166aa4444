/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fax steered by answering a mail about it: "CANCEL" sent to control+<token>@<fax domain>. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/* Box ids and this name share the fax domain. */
#define CONTROL_NAME "control"

enum {
    CONTROL_TOKEN_LEN = 16,                           /* random bytes */
    CONTROL_LOCAL_LEN = 8 + 2 * CONTROL_TOKEN_LEN + 1 /* "control+" and hexadecimal digits */
};

enum control_verb {
    CONTROL_UNCLEAR, /* none of these, or more than one says */
    CONTROL_CANCEL,
    CONTROL_RETRY,
    CONTROL_HOLD, /* hour < 0: until it is released */
    CONTROL_RELEASE,
    CONTROL_STATUS,
};

struct control_command {
    enum control_verb verb;
    int hour, minute; /* of HOLD UNTIL, as the clock of the reader shows it; -1: none */
};

/* own: the sender's own words (mail_text_own). The first line that says anything and is not quoted has to be
 * the command, alone: CANCEL, RETRY, HOLD, HOLD UNTIL 8:00, RELEASE or STATUS, in any case, with a full stop
 * or exclamation marks behind it. */
struct control_command control_parse(const char *own);

/* "control+" and a token. False where the local part is anything else. */
bool control_token_parse(const char *local, uint8_t token[CONTROL_TOKEN_LEN]) MUST_USE;
void control_token_format(const uint8_t token[CONTROL_TOKEN_LEN], char local[CONTROL_LOCAL_LEN]);
/* Does the local part begin like one? Then it is no fax box. */
bool control_is_local(const char *local) MUST_USE;
