/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <locale.h>
#include <signal.h>
#include <stdio.h>

#include "cli/help.h"

int main(int argc, char **argv)
{
    struct arguments a;
    char error[ARGUMENTS_ERROR_LEN];
    (void)setlocale(LC_CTYPE, "");
    (void)signal(SIGPIPE, SIG_IGN);
    if (!arguments_parse(&a, argc, (const char *const *)argv, error))
        return complain_and(EXIT_USAGE, "%s", error);
    if (a.wants_version) {
        (void)printf("faxpost %s\n", FAXPOST_VERSION);
        return EXIT_DONE;
    }
    int status = EXIT_DONE;
    if (!a.wants_help)
        status = a.command->run(&a);
    else if (a.command)
        help_command(stdout, a.command);
    else
        help_all(stdout);
    /* A full disk behind `> file` is no success. */
    if (fflush(stdout) != 0 && status == EXIT_DONE)
        status = complain_and(EXIT_SOFTWARE, "cannot write to standard output");
    return status;
}
