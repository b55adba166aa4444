/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Preloaded into a server to find out what it would lose if the power failed.
 *
 * Every change below POWERCUT_ROOT - write, truncate, sync, create, rename, link, remove - is an event: it
 * gets a number and, once it has happened, an entry in a journal. powercut.py makes from the journal what a
 * disk would hold after any event. Environment:
 *
 *   POWERCUT_ROOT      the folder that is watched
 *   POWERCUT_FILE      the shared memory (powercut.h), made by powercut.py
 *   POWERCUT_PROGRAMS  names of the programs to watch, separated by blanks; unset: all
 *   POWERCUT_STOP_AT   this event and all later ones do not happen: whoever tries them dies
 *   POWERCUT_FAIL_AT, POWERCUT_FAIL_COUNT, POWERCUT_ERRNO   so many events from that one on fail with EIO or
 * ENOSPC POWERCUT_DROP_SYNC this sync (counted among syncs) says it worked and did nothing
 *
 * Files are known by inode, not by path: a descriptor that came from another process counts as well. All is
 * mapped before the program's own code runs, so a sandbox that it enters later does not matter. One lock
 * makes the journal's order the true one. Not seen: writes through mmap (SQLite's -shm, which needs no
 * durability) and through stdio.
 */
#include "powercut_events.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct powercut_shared *shared;
static size_t journal_size;
static struct {
    uint64_t stop_at, fail_at, fail_count, drop_sync;
    int error;
} plan;

static void die(const char *why)
{
    if (why)
        (void)fprintf(stderr, "powercut: %s\n", why);
    _exit(137); /* as after SIGKILL: no handler, no buffer, no destructor */
}

/* ---- which inodes are ours ---- */

static uint64_t *slot(uint64_t inode, bool to_add)
{
    uint64_t at = inode * 0x9e3779b97f4a7c15u >> 48, *removed = NULL;
    for (unsigned i = 0; i < POWERCUT_SET_SLOTS; i++, at = (at + 1) % POWERCUT_SET_SLOTS) {
        uint64_t *s = &shared->inodes[at];
        if (*s == inode)
            return s;
        if (*s == 1 && !removed)
            removed = s;
        if (*s == 0)
            return to_add ? (removed ? removed : s) : NULL;
    }
    if (to_add)
        die("too many files");
    return NULL;
}

void know(uint64_t inode)
{
    *slot(inode, true) = inode;
}

void forget(uint64_t inode)
{
    uint64_t *s = slot(inode, false);
    if (s)
        *s = 1;
}

bool ours(const struct stat *st)
{
    return st->st_dev == shared->device && slot(st->st_ino, false);
}

static void know_below(const char *path)
{
    struct stat st;
    if (lstat(path, &st) < 0)
        return;
    know(st.st_ino);
    DIR *dir = S_ISDIR(st.st_mode) ? opendir(path) : NULL;
    if (!dir)
        return;
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char child[4096];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        (void)snprintf(child, sizeof(child), "%s/%s", path, e->d_name);
        know_below(child);
    }
    (void)closedir(dir);
}

/* ---- start ---- */

static uint64_t number_of(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : 0;
}

static bool watched(void)
{
    const char *programs = getenv("POWERCUT_PROGRAMS");
    if (!programs)
        return true;
    size_t len = strlen(program_invocation_short_name);
    for (const char *p = programs; (p = strstr(p, program_invocation_short_name)); p += len)
        if ((p == programs || p[-1] == ' ') && (p[len] == ' ' || p[len] == 0))
            return true;
    return false;
}

static void prepare(const char *root)
{
    uint64_t nobody = 0;
    if (!__atomic_compare_exchange_n(&shared->started, &nobody, 1, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST)) {
        while (__atomic_load_n(&shared->started, __ATOMIC_SEQ_CST) != 2)
            (void)sched_yield();
        return;
    }
    pthread_mutexattr_t a;
    (void)pthread_mutexattr_init(&a);
    (void)pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
    (void)pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    (void)pthread_mutex_init(&shared->lock, &a);
    struct stat st;
    if (stat(root, &st) < 0)
        die("POWERCUT_ROOT is not there");
    shared->device = st.st_dev;
    know_below(root);
    __atomic_store_n(&shared->started, 2, __ATOMIC_SEQ_CST);
}

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("POWERCUT_FILE"), *root = getenv("POWERCUT_ROOT"),
               *error = getenv("POWERCUT_ERRNO");
    if (!file || !root || !watched())
        return;
    plan.stop_at = number_of("POWERCUT_STOP_AT");
    plan.fail_at = number_of("POWERCUT_FAIL_AT");
    plan.fail_count = number_of("POWERCUT_FAIL_COUNT");
    plan.drop_sync = number_of("POWERCUT_DROP_SYNC");
    plan.error = error && strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
    int fd = open(file, O_RDWR | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= POWERCUT_HEADER_BYTES)
        die("POWERCUT_FILE cannot be used");
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        die("POWERCUT_FILE cannot be mapped");
    (void)close(fd);
    journal_size = (size_t)st.st_size - POWERCUT_HEADER_BYTES;
    shared = map;
    prepare(root);
    if (shared->dead)
        die(NULL);
}

/* ---- events ---- */

void lock(void)
{
    if (pthread_mutex_lock(&shared->lock) == EOWNERDEAD)
        (void)pthread_mutex_consistent(&shared->lock);
    if (shared->dead)
        die(NULL);
}

void unlock(void)
{
    int saved = errno;
    (void)pthread_mutex_unlock(&shared->lock);
    errno = saved;
}

/* A disk that is full still renames and removes. */
static bool may_fail(enum powercut_kind kind)
{
    return plan.error != ENOSPC || kind == POWERCUT_WRITE || kind == POWERCUT_CREATE ||
           kind == POWERCUT_MKDIR || kind == POWERCUT_SYNC;
}

enum verdict count(enum powercut_kind kind)
{
    uint64_t n = ++shared->events;
    if (plan.stop_at && n >= plan.stop_at) {
        shared->dead = 1;
        die(NULL);
    }
    if (kind == POWERCUT_SYNC && ++shared->syncs == plan.drop_sync)
        return SKIP;
    if (plan.fail_at && n >= plan.fail_at && n - plan.fail_at < plan.fail_count && may_fail(kind)) {
        errno = plan.error;
        return REFUSE;
    }
    return GO;
}

void note(const struct powercut_entry *e, const char *name, const char *name2, const void *data)
{
    struct powercut_entry entry = *e;
    size_t n = name ? strlen(name) : 0, n2 = name2 ? strlen(name2) : 0;
    size_t size = (sizeof(entry) + n + n2 + e->data + 7) & ~(size_t)7;
    if (shared->used + size > journal_size) {
        shared->dead = 1;
        die("the journal is full");
    }
    char *to = (char *)shared + POWERCUT_HEADER_BYTES + shared->used;
    entry.size = (uint32_t)size;
    entry.event = shared->events;
    entry.name = (uint16_t)n;
    entry.name2 = (uint16_t)n2;
    memcpy(to, &entry, sizeof(entry));
    memcpy(to + sizeof(entry), name ? name : "", n);
    memcpy(to + sizeof(entry) + n, name2 ? name2 : "", n2);
    memcpy(to + sizeof(entry) + n + n2, data ? data : "", e->data);
    shared->used += size;
}

int planned_error(void)
{
    return plan.error;
}
