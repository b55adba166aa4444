/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost-migrate move|hold URI STATE: started by the commands `faxpost migrate` and `faxpost restore`, which
 * say what these are. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/restored.h"

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
    if (failed == EWOULDBLOCK)
        (void)str_format(error, STORE_ERROR_LEN, "a Faxpost runs on %.200s; stop Faxpost first", state_dir);
    else
        (void)str_format(error, STORE_ERROR_LEN,
                         "cannot open the state directory %.200s: %s; be root, or name another with --state "
                         "or FAXPOST_STATE",
                         state_dir, strerror(failed));
    return failed;
}

static int move(const char *uri, const char *state_dir, char error[STORE_ERROR_LEN])
{
    struct migrate_counts c;
    int failed = migrate_to_postgres(state_dir, uri, &c, error);
    if (!failed)
        (void)printf(
            "%u tables with %lld rows and %lld documents of %lld bytes are in PostgreSQL and were compared.\n"
            "Put this line into faxpost.conf, then start Faxpost:\n\n    store = %s\n\n"
            "%s/faxpost.db.migrated and %s/blobs are the old store; remove them when you miss nothing.\n",
            c.tables, (long long)c.rows, (long long)c.blobs, (long long)c.bytes, uri, state_dir, state_dir);
    return failed;
}

static int hold(const char *uri, const char *state_dir, char error[STORE_ERROR_LEN])
{
    unsigned held = 0;
    int failed = restored_hold(uri, clock_wall_ms(), &held, error);
    if (!failed)
        (void)printf("%u faxes that waited are held, for they may have been sent since. Start Faxpost: "
                     "`faxpost status` lists them, `faxpost release` or `cancel` them.\n",
                     held);
    return failed;
}

int main(int argc, char **argv)
{
    char error[STORE_ERROR_LEN] = "";
    if (argc != 4) {
        (void)fputs("faxpost: run `faxpost migrate` or `faxpost restore`\n", stderr);
        return USAGE;
    }
    const char *uri = argv[2], *state_dir = argv[3];
    log_open("faxpost-migrate", LOG_LEVEL_WARNING);
    (void)umask(077);
    if (!str_starts(uri, "postgres://") && !str_starts(uri, "postgresql://")) {
        (void)fprintf(stderr, "faxpost: \"%.80s\" is no postgres://USER@HOST/DATABASE\n", uri);
        return USAGE;
    }
    SCOPED_FD int lock = -1;
    int failed = lock_state(state_dir, &lock, error);
    if (!failed)
        failed = become_owner(state_dir);
    if (!failed)
        failed = str_equal(argv[1], "hold") ? hold(uri, state_dir, error) : move(uri, state_dir, error);
    if (failed) {
        (void)fprintf(stderr, "faxpost: %s\n", *error ? error : strerror(failed));
        return FAILED;
    }
    return DONE;
}
