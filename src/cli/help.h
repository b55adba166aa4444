/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Help, man pages and completion, out of the tables of commands, keys and templates. */
#pragma once

#include <stdio.h>

#include "cli/command.h"

void help_all(FILE *to);
void help_command(FILE *to, const struct command *c);
void help_man(FILE *to);        /* faxpost(1) */
void help_conf_man(FILE *to);   /* faxpost.conf(5) */
void help_completion(FILE *to); /* for bash */
void help_zsh(FILE *to);
void template_man(FILE *to);    /* faxpost-templates(5) */
/* Words as they stand in a man page, escaped. */
void man_text(FILE *to, const char *text);
