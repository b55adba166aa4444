/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Help and man pages, out of the tables of commands and of templates. */
#pragma once

#include <stdio.h>

#include "cli/command.h"

void help_all(FILE *to);
void help_command(FILE *to, const struct command *c);
void help_man(FILE *to);
void template_man(FILE *to); /* of the templates of mails */
/* Words as they stand in a man page, escaped. */
void man_text(FILE *to, const char *text);
