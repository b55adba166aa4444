/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Help and man page, out of the table of commands. */
#pragma once

#include <stdio.h>

#include "cli/command.h"

void help_all(FILE *to);
void help_command(FILE *to, const struct command *c);
void help_man(FILE *to);
