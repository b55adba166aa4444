/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/away.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"

#define REMEMBERED_MS (3600LL * 1000)

static bool path_of(const char *state_dir, char path[PATH_MAX])
{
    return str_format(path, PATH_MAX, "%s/store.away", state_dir);
}

static struct away read_away(const char *path)
{
    char text[64] = "";
    struct away a = {0};
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
        (void)sscanf(text, "%" SCNd64 " %" SCNd64, &a.since_ms, &a.until_ms);
    return a;
}

static void write_away(const char *path, struct away a)
{
    char text[64];
    if (a.until_ms)
        (void)str_format(text, sizeof(text), "%" PRId64 " %" PRId64, a.since_ms, a.until_ms);
    else
        (void)str_format(text, sizeof(text), "%" PRId64, a.since_ms);
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0 && fd_write_all(fd, span_str(text)) != 0)
        (void)unlink(path);
}

void away_note(const char *state_dir)
{
    char path[PATH_MAX];
    if (!path_of(state_dir, path))
        return;
    struct away a = read_away(path);
    if (a.since_ms == 0 || a.until_ms != 0)
        write_away(path, (struct away){.since_ms = clock_wall_ms()});
}

struct away away_over(const char *state_dir)
{
    char path[PATH_MAX];
    int64_t now_ms = clock_wall_ms();
    if (!path_of(state_dir, path))
        return (struct away){0};
    struct away a = read_away(path);
    if (a.since_ms == 0)
        return a;
    if (a.until_ms == 0) {
        a.until_ms = now_ms > a.since_ms ? now_ms : a.since_ms;
        write_away(path, a);
    } else if (now_ms - a.until_ms > REMEMBERED_MS || now_ms < a.since_ms) {
        (void)unlink(path);
        return (struct away){0};
    }
    return a;
}
