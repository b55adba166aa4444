/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "model/role.h"

static const struct {
    const char *name;
    mode_t mode;
    bool ours; /* stays with the parent's account */
} folders[] = {
    {"", 0711, false},
    {"keys", 0711, true},
    {"blobs", 0700, false},
    {"blobs/tmp", 0700, false},
    {"office", 0700, false},
    {"run", 0755, true},
    {"spool", 0711, false},
    /* Anybody on this machine may drop a mail (S3.11), nobody may look around or take another's away. */
    {"spool/pickup", S_ISVTX | 0733, false},
    {"spool/pickup/bad", 0750, false},
};

static bool path_of(const struct statedir *s, const char *name, char path[PATH_MAX])
{
    return str_format(path, PATH_MAX, *name ? "%s/%s" : "%s%s", s->path, name);
}

/* Makes the names in it survive a power cut. */
static int sync_folder(const char *path)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? errno : 0;
}

/* With its name safe: a store is worth nothing in a folder that is gone after a power cut. */
static int make_one_folder(const char *path, mode_t mode)
{
    char parent[PATH_MAX];
    if (mkdir(path, mode) < 0)
        return errno == EEXIST ? 0 : errno;
    if (chmod(path, mode) < 0) /* whatever the umask is */
        return errno;
    return str_format(parent, sizeof(parent), "%s/..", path) ? sync_folder(parent) : ENAMETOOLONG;
}

/* mkdir -p */
static int make_folder(const char *path, mode_t mode)
{
    char part[PATH_MAX];
    if (!str_copy(part, sizeof(part), path))
        return ENAMETOOLONG;
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        int error = make_one_folder(part, 0755);
        if (error)
            return error;
        *slash = '/';
    }
    return make_one_folder(part, mode);
}

static int make_folders(const struct statedir *s, unsigned uid, unsigned gid)
{
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        char path[PATH_MAX];
        if (!path_of(s, folders[i].name, path))
            return ENAMETOOLONG;
        int error = make_folder(path, folders[i].mode);
        if (error)
            return error;
        if (geteuid() == 0 && !folders[i].ours && chown(path, uid, gid) < 0)
            return errno;
    }
    return 0;
}

static int write_new_file(const char *path, struct span data, mode_t mode)
{
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return errno;
    int error = fd_write_all(fd, data);
    return error ? error : fsync(fd) < 0 ? errno : 0;
}

/* The public half last, when the secret one is safe: a pair without it was cut off and is made again, for
 * nothing can have been sealed with it. */
static int make_key_pair(const struct statedir *s, const char *name)
{
    char file[64], secret_path[PATH_MAX], public_path[PATH_MAX], folder[PATH_MAX];
    unsigned char secret[crypto_box_SECRETKEYBYTES], public[crypto_box_PUBLICKEYBYTES];
    (void)str_format(file, sizeof(file), "keys/%s.key", name);
    bool fits = path_of(s, file, secret_path) && path_of(s, "keys", folder);
    (void)str_format(file, sizeof(file), "keys/%s.pub", name);
    if (!fits || !path_of(s, file, public_path))
        return ENAMETOOLONG;
    if (access(public_path, F_OK) == 0)
        return 0;
    (void)unlink(secret_path);
    crypto_box_keypair(public, secret);
    int error = write_new_file(secret_path, span_of(secret, sizeof(secret)), 0400);
    sodium_memzero(secret, sizeof(secret));
    if (!error)
        error = sync_folder(folder);
    if (!error)
        error = write_new_file(public_path, span_of(public, sizeof(public)), 0444);
    return error ? error : sync_folder(folder);
}

static int make_keys(const struct statedir *s)
{
    if (sodium_init() < 0)
        return ENOSYS;
    for (size_t i = 0; i < ROLE_KEY_COUNT; i++) {
        int error = make_key_pair(s, role_keys[i]);
        if (error)
            return error;
    }
    return 0;
}

static int take_lock(struct statedir *s)
{
    char path[PATH_MAX];
    if (!path_of(s, "lock", path))
        return ENAMETOOLONG;
    if (s->lock_fd < 0)
        s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0)
        return errno;
    return flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0 ? EBUSY : 0;
}

int statedir_open(struct statedir *s, const char *path, unsigned uid, unsigned gid, int lock_fd,
                  char error[STATEDIR_ERROR_LEN])
{
    *s = (struct statedir){.path = path, .lock_fd = lock_fd};
    int failed = make_folders(s, uid, gid);
    if (failed) {
        (void)str_format(
            error, STATEDIR_ERROR_LEN,
            "cannot use the state directory %s: %s; make it writable for this account, or name another "
            "with state_dir in the configuration or --state",
            path, strerror(failed));
        return failed;
    }
    failed = take_lock(s);
    if (failed == EBUSY)
        (void)str_format(
            error, STATEDIR_ERROR_LEN,
            "another Faxpost runs on the state directory %s (it holds %s/lock); stop it first, or give "
            "this one a directory of its own with --state",
            path, path);
    if (!failed)
        failed = make_keys(s);
    if (failed && failed != EBUSY)
        (void)str_format(error, STATEDIR_ERROR_LEN, "cannot prepare the state directory %s: %s", path,
                         strerror(failed));
    return failed;
}

void statedir_make_archive(const struct statedir *s, unsigned uid, unsigned gid)
{
    char path[PATH_MAX];
    int error = path_of(s, "archive", path) ? make_folder(path, 0700) : ENAMETOOLONG;
    if (!error && geteuid() == 0 && chown(path, uid, gid) < 0)
        error = errno;
    if (error)
        log_warning(NULL, "cannot make the folder for archives, %s: %s", path, strerror(error));
}

void statedir_write_run_file(const struct statedir *s, const char *name, const char *text)
{
    char file[128], path[PATH_MAX], fresh[PATH_MAX];
    (void)str_format(file, sizeof(file), "run/%s", name);
    bool fits = path_of(s, file, path);
    (void)str_format(file, sizeof(file), "run/.%s.new", name);
    if (!fits || !path_of(s, file, fresh))
        return;
    (void)unlink(fresh);
    int error = write_new_file(fresh, span_str(text), 0644);
    if (!error && rename(fresh, path) < 0)
        error = errno;
    if (error)
        log_warning(NULL, "cannot write %s: %s", path, strerror(error));
}

bool statedir_reachable(const char *path, unsigned uid, unsigned gid)
{
    pid_t child = fork();
    if (child == 0) {
        gid_t group = gid;
        bool became =
            setgroups(1, &group) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
        _exit(became && access(path, R_OK | X_OK) == 0 ? 0 : 1);
    }
    int status = 1;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}
