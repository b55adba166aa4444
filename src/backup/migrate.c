/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost-migrate URI STATE: started by the command `faxpost migrate`, which says what these are. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/migrate.h"

enum { DONE = 0, FAILED = 1, USAGE = 64 };

/* What is written belongs to whom the state belongs, and his is the file with the password. */
static int become_owner(const char *state_dir)
{
    struct stat st;
    if (stat(state_dir, &st) < 0)
        return errno;
    if (geteuid() != 0 || st.st_uid == 0)
        return 0;
    return setgroups(0, NULL) < 0 || setgid(st.st_gid) < 0 || setuid(st.st_uid) < 0 ? errno : 0;
}

/* As the parent takes it: nobody else runs meanwhile. */
static int lock_state(const char *state_dir, int *fd, char error[STORE_ERROR_LEN])
{
    char path[PATH_MAX];
    if (!str_format(path, sizeof(path), "%s/lock", state_dir))
        return ENAMETOOLONG;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    int failed = errno;
    (void)str_format(error, STORE_ERROR_LEN, "%.200s is not free: %s; stop Faxpost first", state_dir,
                     failed == EWOULDBLOCK ? "a Faxpost runs on it" : strerror(failed));
    return failed;
}

int main(int argc, char **argv)
{
    char error[STORE_ERROR_LEN] = "";
    struct migrate_counts c;
    if (argc != 3) {
        (void)fputs("faxpost: run `faxpost migrate`\n", stderr);
        return USAGE;
    }
    log_open("faxpost-migrate", LOG_LEVEL_WARNING);
    (void)umask(077);
    SCOPED_FD int lock = -1;
    int failed = lock_state(argv[2], &lock, error);
    if (!failed)
        failed = become_owner(argv[2]);
    if (!failed)
        failed = migrate_to_postgres(argv[2], argv[1], &c, error);
    if (failed) {
        (void)fprintf(stderr, "faxpost: %s\n", *error ? error : strerror(failed));
        return FAILED;
    }
    (void)printf(
        "%u tables with %lld rows and %lld documents of %lld bytes are in PostgreSQL and were compared.\n"
        "Put this line into faxpost.conf, then start Faxpost:\n\n    store = %s\n\n"
        "%s/faxpost.db.migrated and %s/blobs are the old store; remove them when you miss nothing.\n",
        c.tables, (long long)c.rows, (long long)c.blobs, (long long)c.bytes, argv[1], argv[2], argv[2]);
    return DONE;
}
