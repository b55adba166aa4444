/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Folders for a test. They lie in one folder of the process, in $TMPDIR, which goes when the process ends,
 * failed or interrupted too; what is killed outright leaves it to ./check, whose TMPDIR goes with the run. */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/panic.h"
#include "base/str.h"

static char scratch_base[64];
static pid_t scratch_owner; /* not what it forks */

static inline void scratch_remove(const char *path)
{
    char command[128];
    if (!str_format(command, sizeof(command), "rm -rf '%s'", path) || system(command) != 0) /* NOLINT */
        panic("%s cannot be removed", path);
}

static inline void scratch_at_exit(void)
{
    if (getpid() == scratch_owner)
        scratch_remove(scratch_base);
}

/* Not safe in a handler of a program that has to go on; this one ends. */
static inline void scratch_on_signal(int number)
{
    scratch_at_exit();
    _exit(128 + number);
}

static inline void scratch_begin(void)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    const char *in = getenv("TMPDIR");
    if (!in || strlen(in) > 40) /* unix sockets take 107 characters */
        in = "/tmp";
    (void)str_format(scratch_base, sizeof(scratch_base), "%s/faxpost-XXXXXX", in);
    if (!mkdtemp(scratch_base) || chmod(scratch_base, 0755) != 0)
        panic("no folder in %s", in);
    scratch_owner = getpid();
    (void)atexit(scratch_at_exit);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        (void)signal(ends[i], scratch_on_signal);
}

/* The path of a name that nothing has yet. */
static inline void scratch_path(char *path, size_t room)
{
    static unsigned count;
    if (!scratch_owner)
        scratch_begin();
    if (!str_format(path, room, "%s/%u", scratch_base, count++))
        panic("no room for the path of a scratch file");
}

static inline void scratch_folder(char *path, size_t room)
{
    scratch_path(path, room);
    if (mkdir(path, 0755) != 0)
        panic("%s cannot be made", path);
}

static inline void scratch_inner(const char *path, const char *name)
{
    char inner[128];
    if (!str_format(inner, sizeof(inner), "%s/%s", path, name) || mkdir(inner, 0700) != 0)
        panic("%s cannot be made in %s", name, path);
}

/* One that a store can be opened in. */
static inline void scratch_state(char *path, size_t room)
{
    scratch_folder(path, room);
    scratch_inner(path, "blobs");
    scratch_inner(path, "blobs/tmp");
}
