/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/pending.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"

#define PREFIX "sendfax-"
enum { AT_ONCE = 100, KEPT_S = 3600 };

static bool make_below(const char *base, const char *const *parts, char path[PENDING_PATH_LEN])
{
    struct stat is;
    if (!str_copy(path, PENDING_PATH_LEN, base))
        return false;
    for (; *parts; parts++) {
        size_t len = strlen(path);
        if (!str_format(path + len, PENDING_PATH_LEN - len, "/%s", *parts) ||
            (mkdir(path, 0700) < 0 && errno != EEXIST))
            return false;
    }
    /* Below /var/tmp anybody makes folders. */
    return lstat(path, &is) == 0 && S_ISDIR(is.st_mode) && is.st_uid == geteuid() &&
           (is.st_mode & 077) == 0 && access(path, W_OK) == 0;
}

static bool find_folder(char path[PENDING_PATH_LEN])
{
    char own[40];
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    (void)str_format(own, sizeof(own), "faxpost-%u", (unsigned)geteuid());
    return (state && *state == '/' && make_below(state, (const char *const[]){"faxpost", NULL}, path)) ||
           (home && *home == '/' && home[1] &&
            make_below(home, (const char *const[]){".local", "state", "faxpost", NULL}, path)) ||
           make_below("/var/tmp", (const char *const[]){own, NULL}, path);
}

/* What nobody asks again would lie here for ever, for only who asks again takes it away. */
static void drop_old(const char *folder)
{
    struct stat is;
    DIR *all = opendir(folder);
    if (!all)
        return;
    for (const struct dirent *one; (one = readdir(all));)
        if (str_starts(one->d_name, PREFIX) &&
            fstatat(dirfd(all), one->d_name, &is, AT_SYMLINK_NOFOLLOW) == 0 &&
            time(NULL) - is.st_mtime > KEPT_S)
            (void)unlinkat(dirfd(all), one->d_name, 0);
    (void)closedir(all);
}

/* Ours, and still under its name; -1: somebody has it now, or it is over just now. */
static int take(const char *path)
{
    struct stat mine, there;
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &mine) == 0 && stat(path, &there) == 0 &&
        mine.st_ino == there.st_ino)
        return fd;
    (void)close(fd);
    return -1;
}

/* "KEY\nWISH"; one that is too old, or cut off, is none. */
static void read_last(struct pending *p)
{
    struct stat is;
    struct id key;
    SCOPED_BUF struct buf text;
    buf_init(&text, PENDING_WISH_MAX);
    char piece[4096];
    ssize_t n;
    if (fstat(p->fd, &is) < 0 || time(NULL) - is.st_mtime > KEPT_S || is.st_mtime > time(NULL) + KEPT_S)
        return;
    while ((n = read(p->fd, piece, sizeof(piece))) > 0)
        if (!buf_append(&text, piece, (size_t)n))
            return;
    size_t len = strcspn(buf_text(&text), "\n");
    size_t all = strlen(buf_text(&text));
    if (len != ID_TEXT_LEN - 1 || all < len + 3 || buf_text(&text)[all - 1] != '\n' ||
        !str_copy_span(p->key, sizeof(p->key), span_of(buf_text(&text), len)) || !id_parse(p->key, &key))
        return;
    p->wish = mem_strdup(buf_text(&text) + len + 1);
    p->wish[strlen(p->wish) - 1] = 0;
}

void pending_begin(struct pending *p, const char *digest)
{
    char folder[PENDING_PATH_LEN];
    *p = (struct pending){.fd = -1};
    bool somewhere = find_folder(folder);
    if (somewhere)
        drop_old(folder);
    for (int i = 0; somewhere && p->fd < 0 && i < AT_ONCE; i++)
        if (str_format(p->path, sizeof(p->path), "%.3900s/" PREFIX "%.64s.%d", folder, digest, i))
            p->fd = take(p->path);
    if (p->fd >= 0)
        read_last(p);
    if (!p->wish)
        id_format(id_new(), p->key);
}

void pending_keep(struct pending *p, const char *wish)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, PENDING_WISH_MAX);
    if (p->fd < 0)
        return;
    if (!buf_printf(&text, "%s\n%s\n", p->key, wish) || ftruncate(p->fd, 0) != 0 ||
        lseek(p->fd, 0, SEEK_SET) != 0 || fd_write_all(p->fd, buf_span(&text)) != 0 || fsync(p->fd) != 0)
        pending_end(p, true); /* asked again it is a fax of its own, as where there is no folder */
}

void pending_end(struct pending *p, bool answered)
{
    if (p->fd >= 0 && answered)
        (void)unlink(p->path);
    if (p->fd >= 0)
        (void)close(p->fd);
    free(p->wish);
    p->fd = -1;
    p->wish = NULL;
}
