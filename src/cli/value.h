/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where `faxpost set` takes the value from. What stands on a command line can be read by everybody on the
 * machine (`ps`) and stays in the shell's history, so a secret is refused there. */
#pragma once

#include "base/buf.h"
#include "cli/command.h"

enum { VALUE_MAX = 65536 };

/* Is the field of that name a secret? */
bool value_is_secret(const char *field);

/* given: the operand, NULL where there is none, "-" for standard input; file: of --file, or NULL. A secret
 * without either is asked for. One line break at its end goes. An exit status; the complaint is made. */
int value_take(const char *field, const char *given, const char *file, struct buf *value) MUST_USE;

/* A new password: from `file`, from standard input, or, on a terminal, asked for twice. An exit status; the
 * complaint is made, also for two that differ. */
int value_take_password(const char *file, struct buf *value) MUST_USE;
