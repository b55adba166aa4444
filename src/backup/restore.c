/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

enum { MANIFEST_MAX = 1000 };

struct restoring {
    const struct backup_wish *w;
    struct backup_counts *counts;
    char *error;
    struct vault vault;
    char part[PATH_MAX]; /* what the new state directory is called until it is whole */
    int fd;              /* of it; -1: nothing is written */
    bool has_database;
    const struct passwd *owner; /* NULL: we are not root */
};

static int complain(struct restoring *r, int failed, const char *what, const char *name)
{
    (void)str_format(r->error, BACKUP_ERROR_LEN, "cannot %s %.300s: %s", what, name, strerror(failed));
    return failed;
}

static int refuse(struct restoring *r, const char *why)
{
    (void)str_format(r->error, BACKUP_ERROR_LEN, "%.300s: %s", r->w->file, why);
    return EBADMSG;
}

static int take(struct restoring *r, void *to, size_t len)
{
    int error = vault_read(&r->vault, to, len);
    if (error == EBADMSG)
        return refuse(r, r->vault.encrypted ? "the passphrase is wrong, or the file is cut off or altered"
                                            : "it is cut off, or no backup: take another one");
    return error ? complain(r, error, "read", r->w->file) : 0;
}

/* ---- entries ---- */

static bool is_key_name(const char *name)
{
    return str_starts(name, "keys/") && name[5] && name[5] != '.' && !strchr(name + 5, '/');
}

static bool is_blob_name(const char *name)
{
    uint8_t id[16];
    return str_starts(name, "blobs/") && strlen(name) == 6 + 2 * sizeof(id) &&
           hex_parse(name + 6, id, sizeof(id));
}

/* Nothing in the file says where anything is written. */
static bool is_ours(const char *name)
{
    return is_key_name(name) || is_blob_name(name) || str_equal(name, BACKUP_DATABASE) ||
           str_equal(name, BACKUP_CONF);
}

static int give_away(const struct restoring *r, int fd, const char *name)
{
    if (!r->owner || is_key_name(name) || str_equal(name, BACKUP_CONF))
        return 0;
    return fchown(fd, r->owner->pw_uid, r->owner->pw_gid) < 0 ? errno : 0;
}

static int take_file(struct restoring *r, const struct tar_header *h)
{
    uint8_t chunk[VAULT_CHUNK];
    SCOPED_FD int fd = -1;
    if (r->fd >= 0) {
        fd = openat(r->fd, h->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0)
            return complain(r, errno, "write", h->name);
    }
    for (uint64_t left = h->size; left > 0;) {
        size_t n = left < sizeof(chunk) ? (size_t)left : sizeof(chunk);
        int failed = take(r, chunk, n);
        if (failed)
            return failed;
        int error = fd >= 0 ? fd_write_all(fd, span_of(chunk, n)) : 0;
        if (error)
            return complain(r, error, "write", h->name);
        left -= n;
    }
    if (fd >= 0) {
        int error = fchmod(fd, h->mode & 0777) < 0 ? errno : give_away(r, fd, h->name);
        if (error)
            return complain(r, error, "give away", h->name);
    }
    r->counts->files++;
    r->counts->bytes += h->size;
    r->has_database = r->has_database || str_equal(h->name, BACKUP_DATABASE);
    return take(r, chunk, tar_padding(h->size));
}

static int take_manifest(struct restoring *r, const struct tar_header *h, const uint8_t digest[VAULT_DIGEST])
{
    char text[MANIFEST_MAX + 1], wanted[200], hex[2 * VAULT_DIGEST + 1];
    if (h->size > MANIFEST_MAX)
        return refuse(r, "its last entry is none of ours");
    int failed = take(r, text, (size_t)h->size);
    if (failed)
        return failed;
    text[h->size] = 0;
    hex_format(digest, VAULT_DIGEST, hex);
    (void)str_format(wanted, sizeof(wanted), "\nfiles %u\nsha256 %s\n", r->counts->files, hex);
    if (!str_starts(text, "faxpost-backup 1\n") || !strstr(text, wanted))
        return refuse(r, "it was altered, or is of a newer Faxpost");
    return r->has_database ? 0 : refuse(r, "it holds no database");
}

static int take_entries(struct restoring *r)
{
    uint8_t block[TAR_BLOCK], digest[VAULT_DIGEST];
    for (;;) {
        struct tar_header h;
        vault_digest(&r->vault, digest);
        int failed = take(r, block, sizeof(block));
        if (failed)
            return failed;
        if (tar_header_read(block, &h) != TAR_FILE)
            return refuse(r, "it is no backup, or it was altered");
        if (str_equal(h.name, BACKUP_MANIFEST))
            return take_manifest(r, &h, digest);
        failed = is_ours(h.name) ? take_file(r, &h) : refuse(r, "it holds a file that is none of ours");
        if (failed)
            return failed;
    }
}

static int read_backup(struct restoring *r)
{
    SCOPED_FD int fd = open(r->w->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return complain(r, errno, "read", r->w->file);
    int error = vault_open(&r->vault, fd, r->w->passphrase), failed = 0;
    if (error == ENOKEY)
        failed = refuse(r, "it is encrypted: give --passphrase-file");
    else if (error == ENOTSUP)
        failed = refuse(
            r, "it is not encrypted, or no backup: if you know who made it, leave --passphrase-file out");
    else if (error)
        failed = complain(r, error, "read", r->w->file);
    else
        failed = take_entries(r);
    vault_close(&r->vault);
    return failed;
}

/* ---- the new state ---- */

static bool is_there(void *context, const char *name, uint64_t size)
{
    struct restoring *r = context;
    char path[TAR_NAME_LEN];
    struct stat st;
    (void)str_format(path, sizeof(path), "blobs/%s", name);
    if (fstatat(r->fd, path, &st, 0) == 0 && (uint64_t)st.st_size == size)
        return true;
    (void)refuse(r, "a document is missing in it");
    return false;
}

static int check_store(struct restoring *r, unsigned *held)
{
    char path[PATH_MAX], error[STORE_ERROR_LEN] = "";
    if (!str_format(path, sizeof(path), "%s/" BACKUP_DATABASE, r->part))
        return ENAMETOOLONG;
    *held = 0;
    int failed = snapshot_check(path, error);
    if (!failed)
        failed = snapshot_blobs(path, is_there, r, error);
    if (!failed && *r->error)
        return EBADMSG;
    if (!failed && !r->w->go_on)
        failed = snapshot_hold_jobs(path, clock_wall_ms(), held, error);
    if (failed)
        (void)str_format(r->error, BACKUP_ERROR_LEN, "%s", error);
    return failed;
}

static int make_folder(struct restoring *r, const char *name, mode_t mode, bool theirs)
{
    if (mkdirat(r->fd, name, mode) < 0 || fchmodat(r->fd, name, mode, 0) < 0)
        return complain(r, errno, "make", name);
    if (theirs && r->owner && fchownat(r->fd, name, r->owner->pw_uid, r->owner->pw_gid, 0) < 0)
        return complain(r, errno, "give away", name);
    return 0;
}

static int make_place(struct restoring *r)
{
    if (!str_format(r->part, sizeof(r->part), "%s.part", r->w->state_dir))
        return ENAMETOOLONG;
    if (rmdir(r->w->state_dir) < 0 && errno != ENOENT) {
        (void)str_format(
            r->error, BACKUP_ERROR_LEN,
            "%.300s is there already, and is not empty: name another folder, or move that one away",
            r->w->state_dir);
        return EEXIST;
    }
    if (mkdir(r->part, 0711) < 0)
        return complain(r, errno, "make (remove what a restore left that was cut off)", r->part);
    r->fd = open(r->part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (r->fd < 0 || fchmod(r->fd, 0711) < 0 ||
        (r->owner && fchown(r->fd, r->owner->pw_uid, r->owner->pw_gid) < 0))
        return complain(r, errno, "make", r->part);
    int failed = make_folder(r, "keys", 0711, false);
    return failed ? failed : make_folder(r, "blobs", 0700, true);
}

static int find_owner(struct restoring *r)
{
    if (geteuid() != 0)
        return 0;
    r->owner = getpwnam(r->w->user);
    if (r->owner)
        return 0;
    (void)str_format(r->error, BACKUP_ERROR_LEN,
                     "there is no account %.100s, whose the state would be: name it (--user)", r->w->user);
    return ENOENT;
}

static int put_in_place(struct restoring *r)
{
    if (syncfs(r->fd) < 0 || rename(r->part, r->w->state_dir) < 0 || syncfs(r->fd) < 0)
        return complain(r, errno, "make", r->w->state_dir);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    return kind == FTW_DP ? rmdir(path) : unlink(path);
}

/* Nobody could use it, and it would be in the way of the next try. */
static void clear_away(struct restoring *r)
{
    enum { FOLDERS_OPEN = 4 };
    scope_close(&r->fd);
    r->fd = -1;
    if (nftw(r->part, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS) != 0)
        (void)str_format(r->error + strlen(r->error), BACKUP_ERROR_LEN - strlen(r->error),
                         ". What was written lies in %.200s: remove it", r->part);
}

static int run(const struct backup_wish *w, struct backup_counts *c, unsigned *held, bool writes, char *error)
{
    struct restoring *r = mem_zalloc(sizeof(*r));
    *r = (struct restoring){.w = w, .counts = c, .error = error, .fd = -1};
    *c = (struct backup_counts){0};
    error[0] = 0;
    int failed = writes ? find_owner(r) : 0;
    if (!failed && writes)
        failed = make_place(r);
    if (!failed)
        failed = read_backup(r);
    if (!failed && writes)
        failed = check_store(r, held);
    if (!failed && writes)
        failed = put_in_place(r);
    if (failed && r->fd >= 0)
        clear_away(r);
    scope_close(&r->fd);
    free(r);
    return failed;
}

int backup_restore(const struct backup_wish *w, struct backup_counts *c, unsigned *held,
                   char error[BACKUP_ERROR_LEN])
{
    return run(w, c, held, true, error);
}

int backup_verify(const struct backup_wish *w, struct backup_counts *c, char error[BACKUP_ERROR_LEN])
{
    return run(w, c, NULL, false, error);
}
