/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/vault.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/tar_header.h"
#include "store/snapshot.h"

enum { ROUNDS_MAX = 20, KEYS_MAX = 64, NAME_BYTES = 16, FIRST_ROOM = 1024 };

/* Names of blobs that are in the file already. */
struct name_set {
    uint8_t (*list)[NAME_BYTES];
    size_t room, count; /* room: a power of two */
};

struct making {
    const struct backup_wish *w;
    struct backup_counts *counts;
    char *error;
    struct vault vault;
    int state_fd, blobs_fd;
    struct name_set done;
    bool missing; /* something was deleted since the copy of the database was taken */
    int failed;
};

static int complain(struct making *m, int failed, const char *what, const char *name)
{
    (void)str_format(m->error, BACKUP_ERROR_LEN, "cannot %s %.300s: %s", what, name, strerror(failed));
    return failed;
}

/* ---- names ---- */

static bool is_free(const uint8_t *name)
{
    static const uint8_t none[NAME_BYTES];
    return memcmp(name, none, NAME_BYTES) == 0;
}

static uint8_t *place_of(struct name_set *s, const uint8_t *name)
{
    size_t at;
    memcpy(&at, name, sizeof(at)); /* names are random */
    for (at &= s->room - 1; !is_free(s->list[at]) && memcmp(s->list[at], name, NAME_BYTES) != 0;)
        at = (at + 1) & (s->room - 1);
    return s->list[at];
}

static void make_room(struct name_set *s)
{
    struct name_set bigger = {.room = s->room ? 2 * s->room : FIRST_ROOM, .count = s->count};
    if (s->room && s->count < s->room / 2)
        return;
    bigger.list = mem_zalloc(bigger.room * sizeof(*bigger.list));
    for (size_t i = 0; i < s->room; i++)
        if (!is_free(s->list[i]))
            memcpy(place_of(&bigger, s->list[i]), s->list[i], NAME_BYTES);
    free(s->list);
    *s = bigger;
}

/* ---- entries ---- */

static int put_bytes(struct making *m, int fd, uint64_t size, const char *name)
{
    uint8_t chunk[VAULT_CHUNK];
    static const uint8_t zeros[TAR_BLOCK];
    for (uint64_t at = 0; at < size;) {
        size_t n = size - at < sizeof(chunk) ? (size_t)(size - at) : sizeof(chunk);
        int error = fd_pread_all(fd, chunk, n, (off_t)at);
        if (error)
            return complain(m, error, "read", name);
        error = vault_write(&m->vault, span_of(chunk, n));
        if (error)
            return complain(m, error, "write", m->w->file);
        at += n;
    }
    int error = vault_write(&m->vault, span_of(zeros, tar_padding(size)));
    return error ? complain(m, error, "write", m->w->file) : 0;
}

static int put_head(struct making *m, const char *name, unsigned mode, uint64_t size)
{
    uint8_t block[TAR_BLOCK];
    struct tar_header h = {.mode = mode, .size = size, .time_s = clock_wall_ms() / 1000};
    (void)str_copy(h.name, sizeof(h.name), name);
    tar_header_write(&h, block);
    int error = vault_write(&m->vault, span_of(block, sizeof(block)));
    return error ? complain(m, error, "write", m->w->file) : 0;
}

static int put_file(struct making *m, int fd, const char *name)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return complain(m, errno, "look at", name);
    int error = put_head(m, name, st.st_mode & 07777, (uint64_t)st.st_size);
    if (!error)
        error = put_bytes(m, fd, (uint64_t)st.st_size, name);
    m->counts->files++;
    m->counts->bytes += (uint64_t)st.st_size;
    return error;
}

/* ---- what there is ---- */

static int put_keys(struct making *m)
{
    int failed = 0;
    SCOPED_FD int keys = openat(m->state_fd, "keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int copy = keys < 0 ? -1 : dup(keys);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir)
        return complain(m, errno, "read", "keys (be root, or the user that runs Faxpost)");
    for (const struct dirent *e = readdir(dir); e && !failed; e = readdir(dir)) {
        char name[TAR_NAME_LEN];
        if (*e->d_name == '.' || !str_format(name, sizeof(name), "keys/%s", e->d_name))
            continue;
        SCOPED_FD int fd = openat(keys, e->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        failed = fd < 0 ? complain(m, errno, "read", name) : put_file(m, fd, name);
    }
    (void)closedir(dir);
    return failed;
}

static bool put_blob(void *context, const char *name, uint64_t size)
{
    struct making *m = context;
    uint8_t id[NAME_BYTES];
    char entry[TAR_NAME_LEN];
    struct stat st;
    if (!hex_parse(name, id, sizeof(id)) || is_free(id))
        return true;
    make_room(&m->done);
    uint8_t *place = place_of(&m->done, id);
    if (!is_free(place))
        return true;
    SCOPED_FD int fd = openat(m->blobs_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        m->missing = true;
        return true;
    }
    (void)str_format(entry, sizeof(entry), "blobs/%s", name);
    if (fd < 0 || fstat(fd, &st) < 0) {
        m->failed = complain(m, errno, "read", entry);
        return false;
    }
    if ((uint64_t)st.st_size != size) {
        (void)str_format(m->error, BACKUP_ERROR_LEN,
                         "%s has %lld bytes instead of %" PRIu64 ": the disk is damaged", entry,
                         (long long)st.st_size, size);
        m->failed = EIO;
        return false;
    }
    m->failed = put_file(m, fd, entry);
    memcpy(place, id, NAME_BYTES);
    m->done.count++;
    return m->failed == 0;
}

/* One look: a copy of the database, and all blobs of it that are not in the file yet. */
static int take_round(struct making *m, const char *copy)
{
    char error[STORE_ERROR_LEN] = "";
    m->missing = false;
    (void)unlink(copy);
    int failed = snapshot_take(m->w->state_dir, copy, error);
    if (!failed)
        failed = snapshot_blobs(copy, put_blob, m, error);
    if (failed)
        (void)str_format(m->error, BACKUP_ERROR_LEN, "%s", error);
    return failed ? failed : m->failed;
}

static int put_store(struct making *m)
{
    char copy[PATH_MAX];
    if (!str_format(copy, sizeof(copy), "%s/backup.db", m->w->state_dir))
        return ENAMETOOLONG;
    m->missing = true;
    int failed = 0;
    for (int round = 0; m->missing && !failed && round < ROUNDS_MAX; round++)
        failed = take_round(m, copy);
    if (!failed && m->missing) {
        (void)str_format(m->error, BACKUP_ERROR_LEN,
                         "documents were deleted faster than they could be copied; try again");
        failed = EAGAIN;
    }
    SCOPED_FD int fd = failed ? -1 : open(copy, O_RDONLY | O_CLOEXEC);
    if (!failed)
        failed = fd < 0 ? complain(m, errno, "read", copy) : put_file(m, fd, BACKUP_DATABASE);
    (void)unlink(copy);
    return failed;
}

static int put_end(struct making *m)
{
    static const uint8_t zeros[2 * TAR_BLOCK];
    uint8_t digest[VAULT_DIGEST];
    char hex[2 * VAULT_DIGEST + 1], text[300];
    vault_digest(&m->vault, digest);
    hex_format(digest, sizeof(digest), hex);
    (void)str_format(text, sizeof(text), "faxpost-backup 1\nmade-ms %lld\nfiles %u\nsha256 %s\n",
                     (long long)clock_wall_ms(), m->counts->files, hex);
    int failed = put_head(m, BACKUP_MANIFEST, 0600, strlen(text));
    if (failed)
        return failed;
    int error = vault_write(&m->vault, span_str(text));
    if (!error)
        error = vault_write(&m->vault, span_of(zeros, tar_padding(strlen(text))));
    if (!error)
        error = vault_write(&m->vault, span_of(zeros, sizeof(zeros)));
    if (!error)
        error = vault_finish(&m->vault);
    return error ? complain(m, error, "write", m->w->file) : 0;
}

/* The database is opened as its owner, or files that SQLite makes beside it would shut Faxpost out. */
static int be_owner(const struct making *m, bool owner)
{
    struct stat st;
    if (geteuid() != 0 && owner)
        return 0;
    if (!owner)
        return getuid() == 0 && (seteuid(0) < 0 || setegid(0) < 0) ? errno : 0;
    if (fstatat(m->state_fd, BACKUP_DATABASE, &st, 0) < 0)
        return errno;
    return setegid(st.st_gid) < 0 || seteuid(st.st_uid) < 0 ? errno : 0;
}

static int put_all(struct making *m)
{
    int failed = put_keys(m);
    SCOPED_FD int conf = m->w->conf ? open(m->w->conf, O_RDONLY | O_CLOEXEC) : -1;
    if (!failed && m->w->conf)
        failed = conf < 0 ? complain(m, errno, "read", m->w->conf) : put_file(m, conf, BACKUP_CONF);
    if (failed)
        return failed;
    failed = be_owner(m, true);
    if (failed)
        return complain(m, failed, "become the owner of", m->w->state_dir);
    failed = put_store(m);
    int back = be_owner(m, false);
    if (!failed && back)
        failed = complain(m, back, "write", m->w->file);
    return failed ? failed : put_end(m);
}

/* A node's file lies in the state directory where the store is PostgreSQL. */
static int check_engine(struct making *m)
{
    struct stat st;
    if (fstatat(m->state_fd, BACKUP_DATABASE, &st, 0) == 0 || fstatat(m->state_fd, "node", &st, 0) < 0)
        return 0;
    (void)str_format(
        m->error, BACKUP_ERROR_LEN,
        "the store is in PostgreSQL, which is backed up by its own means. While Faxpost runs: `pg_dump "
        "--format=custom --file=faxpost.dump URI` (URI: `store` of faxpost.conf) takes rows and documents as "
        "of one moment, `tar -C %.200s -czf faxpost-keys.tar.gz keys` what opens its secrets; both hold what "
        "nobody else may read, and each is worth nothing without the other. After pg_restore `faxpost "
        "restore "
        "URI` holds the faxes that waited. doc/operating.md, PostgreSQL, has the whole way back",
        m->w->state_dir);
    return ENOTSUP;
}

static int cannot_open(struct making *m, int failed)
{
    const char *what_to_do = failed == EACCES   ? "; be root, or the user that runs Faxpost"
                             : failed == ENOENT ? "; name another with --state or FAXPOST_STATE"
                                                : "";
    (void)str_format(m->error, BACKUP_ERROR_LEN, "cannot open the state directory %.300s: %s%s",
                     m->w->state_dir, strerror(failed), what_to_do);
    return failed;
}

static int open_places(struct making *m)
{
    m->state_fd = open(m->w->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = m->state_fd < 0 ? 0 : check_engine(m);
    if (failed)
        return failed;
    m->blobs_fd = m->state_fd < 0 ? -1 : openat(m->state_fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (m->blobs_fd < 0)
        return cannot_open(m, errno);
    if (flock(m->blobs_fd, LOCK_EX | LOCK_NB) < 0) {
        (void)str_format(m->error, BACKUP_ERROR_LEN, "another backup of %.300s is being made",
                         m->w->state_dir);
        return EBUSY;
    }
    return 0;
}

static int write_to(struct making *m, const char *part)
{
    (void)unlink(part); /* of one that was cut off; never somebody else's, who could read along */
    SCOPED_FD int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return complain(m, errno, "write", part);
    int error = vault_create(&m->vault, fd, m->w->passphrase);
    int failed = error ? complain(m, error, "write", part) : put_all(m);
    vault_close(&m->vault);
    if (!failed && rename(part, m->w->file) < 0)
        failed = complain(m, errno, "write", m->w->file);
    if (failed)
        (void)unlink(part);
    return failed;
}

int backup_make(const struct backup_wish *w, struct backup_counts *c, char error[BACKUP_ERROR_LEN])
{
    char part[PATH_MAX];
    *c = (struct backup_counts){0};
    struct making *m = mem_zalloc(sizeof(*m));
    *m = (struct making){.w = w, .counts = c, .error = error, .state_fd = -1, .blobs_fd = -1};
    int failed = 0;
    if (access(w->file, F_OK) == 0) {
        (void)str_format(error, BACKUP_ERROR_LEN, "%.300s is there already: name another file", w->file);
        failed = EEXIST;
    }
    if (!failed)
        failed = open_places(m);
    if (!failed)
        failed = str_format(part, sizeof(part), "%s.part", w->file) ? write_to(m, part) : ENAMETOOLONG;
    scope_close(&m->blobs_fd);
    scope_close(&m->state_fd);
    free(m->done.list);
    free(m);
    return failed;
}
