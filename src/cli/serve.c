/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The server is another program, so that the client is not linked with it: it lies beside this one, or where
 * it was installed. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cli/command.h"
#include "cli/program.h"

static bool beside_us(const char *program, char path[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n <= 0)
        return false;
    self[n] = 0;
    const char *slash = strrchr(self, '/');
    return slash && str_format(path, PATH_MAX, "%.*s/%s", (int)(slash - self), self, program) &&
           access(path, X_OK) == 0;
}

/* The server lives longer than our working directory means anything. */
static bool absolute(const char *given, char path[PATH_MAX])
{
    char here[PATH_MAX];
    if (*given == '/')
        return str_copy(path, PATH_MAX, given);
    return getcwd(here, sizeof(here)) && str_format(path, PATH_MAX, "%s/%s", here, given);
}

int start_program(const char *const *words)
{
    char path[PATH_MAX];
    if (!beside_us(words[0], path))
        (void)str_format(path, sizeof(path), "%s/%s", FAXPOST_LIBEXEC, words[0]);
    (void)execv(path, (char *const *)(uintptr_t)words);
    return complain_and(EXIT_UNAVAILABLE, "cannot start %s: %s; install Faxpost again", path,
                        strerror(errno));
}

int run_serve(const struct arguments *a)
{
    char state[PATH_MAX];
    const char *words[8] = {"faxpost-parent"};
    size_t n = 1;
    if (argument(a, "conf")) {
        words[n++] = "--conf";
        words[n++] = argument(a, "conf");
    }
    if (a->state_dir && absolute(a->state_dir, state)) {
        words[n++] = "--state";
        words[n++] = state;
    }
    if (argument(a, "print-config"))
        words[n++] = "--print-config";
    return start_program(words);
}

int run_gateway(const struct arguments *a)
{
    const char *conf = argument(a, "conf");
    const char *words[] = {"faxpost-gateway", conf ? conf : "/etc/faxpost/gateway.json", NULL};
    return start_program(words);
}
