/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A folder of this machine, or of another one that is mounted here. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/place_inner.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"

static void *open_place(const struct place_settings *s)
{
    return mem_strdup(s->url);
}

static void close_place(void *at)
{
    free(at);
}

static bool failed(struct outcome *o, int error, const char *doing, const char *root)
{
    bool full = error == ENOSPC || error == EDQUOT;
    outcome_set(o, VERDICT_RETRY, full ? "archive-full" : "archive-folder", "%s in the folder %.200s: %s.%s",
                doing, root, strerror(error),
                full              ? " Make room there."
                : error == EACCES ? " Give it to the account of role archive (net_user)."
                : error == ENOENT ? " Is it mounted, and below archive_dir of faxpost.conf?"
                                  : "");
    return false;
}

/* The folder of that name, made where it is not there, so that a power cut leaves it there; -1 with errno. */
static int open_folder(const char *root, const char *name, bool make)
{
    int at = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const char *slash;
    for (const char *part = name; at >= 0 && (slash = strchr(part, '/')); part = slash + 1) {
        char folder[NAME_MAX + 1];
        if (!str_copy_span(folder, sizeof(folder), span_of(part, (size_t)(slash - part)))) {
            (void)close(at);
            errno = ENAMETOOLONG;
            return -1;
        }
        bool made = make && mkdirat(at, folder, 0700) == 0;
        bool safe = !made || fsync(at) == 0;
        int next = safe ? openat(at, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
        int error = errno;
        (void)close(at);
        errno = error;
        at = next;
    }
    return at;
}

/* The place's own folder: archive_dir is there, what is below it may be made. */
static void make_root(const char *root)
{
    char path[PATH_MAX];
    if (!str_copy(path, sizeof(path), root))
        return;
    for (char *slash = path; slash;) {
        slash = strchr(slash + 1, '/');
        if (slash)
            *slash = 0;
        if (mkdir(path, 0700) == 0) {
            char parent[PATH_MAX + 4];
            (void)str_format(parent, sizeof(parent), "%s/..", path);
            SCOPED_FD int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            if (fd >= 0)
                (void)!fsync(fd);
        }
        if (slash)
            *slash = '/';
    }
}

static const char *base_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static int write_all(int fd, struct sealed_source *from)
{
    uint8_t data[16384];
    size_t n;
    while ((n = source_read(from, data, sizeof(data))) > 0) {
        int error = fd_write_all(fd, span_of(data, n));
        if (error)
            return error;
    }
    return from->error ? from->error : fsync(fd) < 0 ? errno : 0;
}

/* Under another name first: a file that is cut off has none. */
static int put_into(int folder, const char *base, struct sealed_source *from)
{
    char part[NAME_MAX + 1];
    if (!str_format(part, sizeof(part), "%s.part", base))
        return ENAMETOOLONG;
    SCOPED_FD int fd = openat(folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int error = write_all(fd, from);
    if (!error && renameat(folder, part, folder, base) < 0)
        error = errno;
    if (error)
        (void)unlinkat(folder, part, 0);
    return error ? error : fsync(folder) < 0 ? errno : 0;
}

static bool put(void *at, const char *name, struct sealed_source *from, struct outcome *o)
{
    make_root(at);
    SCOPED_FD int folder = open_folder(at, name, true);
    int error = folder < 0 ? errno : put_into(folder, base_of(name), from);
    return error == 0 || failed(o, error, "The fax cannot be written", at);
}

static int read_all(int fd, struct sealed_sink *into)
{
    uint8_t data[16384];
    size_t n = 0;
    int error;
    do {
        error = fd_read_up_to(fd, data, sizeof(data), &n);
    } while (!error && n > 0 && sink_write(into, data, n));
    return error;
}

static bool get(void *at, const char *name, struct sealed_sink *into, struct outcome *o)
{
    SCOPED_FD int folder = open_folder(at, name, false);
    SCOPED_FD int fd = folder < 0 ? -1 : openat(folder, base_of(name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        outcome_set(o, VERDICT_GIVE_UP, "archive-missing", "The file is not there any more.");
        return false;
    }
    int error = fd < 0 ? errno : read_all(fd, into);
    return error == 0 || failed(o, error, "The file cannot be read", at);
}

static bool remove_file(void *at, const char *name, struct outcome *o)
{
    SCOPED_FD int folder = open_folder(at, name, false);
    char part[NAME_MAX + 1];
    if (folder < 0)
        return errno == ENOENT || failed(o, errno, "The file cannot be deleted", at);
    if (str_format(part, sizeof(part), "%s.part", base_of(name)))
        (void)unlinkat(folder, part, 0);
    int error = unlinkat(folder, base_of(name), 0) < 0 && errno != ENOENT ? errno : 0;
    if (!error && fsync(folder) < 0)
        error = errno;
    return error == 0 || failed(o, error, "The file cannot be deleted", at);
}

const struct place_kind place_local = {"local", open_place, close_place, put, get, remove_file, false};
