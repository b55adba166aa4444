/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Events of names: create, remove, rename, link. */
#include "powercut_events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct place {
    struct stat dir;
    const char *name; /* in the path it was made from */
};

/* The folder and last component of a path; false where it is not below the root. */
static bool find_place(int at, const char *path, struct place *p)
{
    if (!shared || !path)
        return false;
    int saved = errno;
    char folder[4096];
    const char *slash = strrchr(path, '/');
    p->name = slash ? slash + 1 : path;
    if (!slash)
        (void)strcpy(folder, ".");
    else if (slash == path)
        (void)strcpy(folder, "/");
    else
        (void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
    bool found = fstatat(at, folder, &p->dir, 0) == 0 && ours(&p->dir);
    errno = saved;
    return found;
}

static void note_name(enum powercut_kind kind, const struct place *p, const struct stat *st)
{
    struct powercut_entry e = {.kind = kind,
                               .inode = st->st_ino,
                               .dir = p->dir.st_ino,
                               .mode = st->st_mode,
                               .uid = st->st_uid,
                               .gid = st->st_gid};
    note(&e, p->name, NULL, NULL);
}

typedef int (*open_function)(int, const char *, int, ...);

static int open_and_note(int at, const char *path, int flags, mode_t mode, open_function real)
{
    struct place p;
    struct stat st;
    if (!(flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE)
        return real(at, path, flags, mode);
    lock();
    if (!find_place(at, path, &p)) {
        unlock();
        return real(at, path, flags, mode);
    }
    bool there = fstatat(at, path, &st, 0) == 0;
    bool empties = there && (flags & O_TRUNC) && S_ISREG(st.st_mode) && st.st_size > 0;
    if (there && !empties) {
        unlock();
        return real(at, path, flags, mode);
    }
    enum verdict v = count(there ? POWERCUT_TRUNCATE : POWERCUT_CREATE);
    int fd = v == REFUSE ? -1 : real(at, path, flags, mode);
    if (fd >= 0 && fstat(fd, &st) == 0) {
        if (there) {
            note_length(&st, 0);
        } else {
            know(st.st_ino);
            note_name(POWERCUT_CREATE, &p, &st);
        }
    }
    unlock();
    return fd;
}

/* O_TMPFILE: a file without a name; it gets one by linkat. */
static int open_nameless(int at, const char *path, int flags, mode_t mode, open_function real)
{
    struct stat dir, st;
    int fd = real(at, path, flags, mode);
    if (fd < 0 || fstatat(at, path, &dir, 0) < 0)
        return fd;
    lock();
    if (ours(&dir) && fstat(fd, &st) == 0) {
        know(st.st_ino);
        struct powercut_entry e = {.kind = POWERCUT_CREATE,
                                   .inode = st.st_ino,
                                   .mode = st.st_mode,
                                   .uid = st.st_uid,
                                   .gid = st.st_gid};
        note(&e, NULL, NULL, NULL);
    }
    unlock();
    return fd;
}

int openat64(int at, const char *path, int flags, ...)
{
    REAL(openat64);
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list list;
        va_start(list, flags);
        mode = va_arg(list, mode_t);
        va_end(list);
    }
    if (!shared)
        return real(at, path, flags, mode);
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return open_nameless(at, path, flags, mode, real);
    return open_and_note(at, path, flags, mode, real);
}

#define FORWARD_OPEN(declaration, at)                                                                        \
    int declaration                                                                                          \
    {                                                                                                        \
        mode_t mode = 0;                                                                                     \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                                 \
            va_list list;                                                                                    \
            va_start(list, flags);                                                                           \
            mode = va_arg(list, mode_t);                                                                     \
            va_end(list);                                                                                    \
        }                                                                                                    \
        return openat64(at, path, flags, mode);                                                              \
    }
FORWARD_OPEN(openat(int at, const char *path, int flags, ...), at)
FORWARD_OPEN(open(const char *path, int flags, ...), AT_FDCWD)
FORWARD_OPEN(open64(const char *path, int flags, ...), AT_FDCWD)

/* What _FORTIFY_SOURCE makes of an open whose flags are no constant. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int at, const char *path, int flags);
int __openat64_2(int at, const char *path, int flags);

int __open_2(const char *path, int flags)
{
    return openat64(AT_FDCWD, path, flags);
}

int __open64_2(const char *path, int flags)
{
    return openat64(AT_FDCWD, path, flags);
}

int __openat_2(int at, const char *path, int flags)
{
    return openat64(at, path, flags);
}

int __openat64_2(int at, const char *path, int flags)
{
    return openat64(at, path, flags);
}

int creat(const char *path, mode_t mode)
{
    return openat64(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int mkdirat(int at, const char *path, mode_t mode)
{
    REAL(mkdirat);
    struct place p;
    struct stat st;
    if (!shared)
        return real(at, path, mode);
    lock();
    if (!find_place(at, path, &p) || fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        unlock();
        return real(at, path, mode);
    }
    int failed = count(POWERCUT_MKDIR) == REFUSE ? -1 : real(at, path, mode);
    if (!failed && fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        know(st.st_ino);
        note_name(POWERCUT_MKDIR, &p, &st);
    }
    unlock();
    return failed;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int unlinkat(int at, const char *path, int flags)
{
    REAL(unlinkat);
    struct place p;
    struct stat st;
    if (!shared)
        return real(at, path, flags);
    lock();
    if (!find_place(at, path, &p) || fstatat(at, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        unlock();
        return real(at, path, flags);
    }
    int failed = count(POWERCUT_REMOVE) == REFUSE ? -1 : real(at, path, flags);
    if (!failed) {
        note_name(POWERCUT_REMOVE, &p, &st);
        if (S_ISDIR(st.st_mode))
            forget(st.st_ino);
        /* A file may still be open: its inode stays ours until another creation takes it over. */
    }
    unlock();
    return failed;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

struct move {
    int at;
    const char *path;
    int at2;
    const char *path2;
    unsigned flags;
    bool link;
};

static int move_for_real(const struct move *m)
{
    REAL(renameat2);
    static int (*real_link)(int, const char *, int, const char *, int);
    if (!real_link)
        *(void **)&real_link = dlsym(RTLD_NEXT, "linkat");
    return m->link ? real_link(m->at, m->path, m->at2, m->path2, (int)m->flags)
                   : real(m->at, m->path, m->at2, m->path2, m->flags);
}

/* A file that comes from outside the root counts as not synced, its content as written now. */
static void take_in(const struct move *m, const struct stat *st)
{
    know(st->st_ino);
    struct powercut_entry e = {.kind = POWERCUT_CREATE,
                               .inode = st->st_ino,
                               .mode = st->st_mode,
                               .uid = st->st_uid,
                               .gid = st->st_gid};
    note(&e, NULL, NULL, NULL);
    int fd = openat(m->at, m->path, O_RDONLY | O_CLOEXEC);
    char data[65536];
    off_t offset = 0;
    for (ssize_t n; fd >= 0 && (n = pread(fd, data, sizeof(data), offset)) > 0; offset += n)
        note_write(st, offset, data, (size_t)n);
    if (fd >= 0)
        (void)close(fd);
}

static int move_and_note(const struct move *m)
{
    struct place from, to;
    struct stat st;
    if (!shared)
        return move_for_real(m);
    lock();
    bool inside = find_place(m->at, m->path, &from), into = find_place(m->at2, m->path2, &to);
    /* linkat("/proc/self/fd/7", AT_SYMLINK_FOLLOW) and AT_EMPTY_PATH name a file by its descriptor. */
    int follow = m->link && (m->flags & (AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) ? (int)(m->flags & AT_EMPTY_PATH)
                                                                             : AT_SYMLINK_NOFOLLOW;
    if ((!inside && !into) || fstatat(m->at, m->path, &st, follow) < 0) {
        unlock();
        return move_for_real(m);
    }
    enum powercut_kind kind = m->link ? POWERCUT_LINK : POWERCUT_RENAME;
    enum verdict v = count(kind);
    if (v == GO && into && !ours(&st) && S_ISREG(st.st_mode))
        take_in(m, &st);
    int failed = v == REFUSE ? -1 : move_for_real(m);
    if (!failed) {
        struct powercut_entry e = {.kind = kind,
                                   .inode = st.st_ino,
                                   .dir = inside ? from.dir.st_ino : 0,
                                   .dir2 = into ? to.dir.st_ino : 0};
        note(&e, inside ? from.name : NULL, into ? to.name : NULL, NULL);
    }
    unlock();
    return failed;
}

int renameat2(int at, const char *path, int at2, const char *path2, unsigned flags)
{
    struct move m = {.at = at, .path = path, .at2 = at2, .path2 = path2, .flags = flags};
    return move_and_note(&m);
}

int renameat(int at, const char *path, int at2, const char *path2)
{
    return renameat2(at, path, at2, path2, 0);
}

int rename(const char *path, const char *path2)
{
    return renameat2(AT_FDCWD, path, AT_FDCWD, path2, 0);
}

int linkat(int at, const char *path, int at2, const char *path2, int flags)
{
    struct move m = {
        .at = at, .path = path, .at2 = at2, .path2 = path2, .flags = (unsigned)flags, .link = true};
    return move_and_note(&m);
}

int link(const char *path, const char *path2)
{
    return linkat(AT_FDCWD, path, AT_FDCWD, path2, 0);
}

/* Programs reach renameat2 by number where their C library was older. */
long syscall(long number, ...)
{
    REAL(syscall);
    va_list list;
    va_start(list, number);
    long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long), d = va_arg(list, long);
    long e = va_arg(list, long), f = va_arg(list, long);
    va_end(list);
    if (number == SYS_renameat2)
        return renameat2((int)a, (const char *)b, (int)c, (const char *)d, (unsigned)e); /* NOLINT */
    return real(number, a, b, c, d, e, f);
}
