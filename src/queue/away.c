/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/away.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"

static bool path_of(const char *state_dir, char path[PATH_MAX])
{
    return str_format(path, PATH_MAX, "%s/store.away", state_dir);
}

void away_note(const char *state_dir)
{
    char path[PATH_MAX], text[24];
    if (!path_of(state_dir, path))
        return;
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    (void)str_format(text, sizeof(text), "%lld", (long long)clock_wall_ms());
    if (fd >= 0 && fd_write_all(fd, span_str(text)) != 0)
        (void)unlink(path);
}

int64_t away_over(const char *state_dir)
{
    char path[PATH_MAX], text[24] = "";
    if (!path_of(state_dir, path))
        return 0;
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    (void)unlink(path);
    int64_t since_ms = n > 0 ? strtoll(text, NULL, 10) : 0, now_ms = clock_wall_ms();
    return since_ms > 0 && since_ms < now_ms ? now_ms - since_ms : 0;
}
