/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Landlock (kernel 5.13 and later, Documentation/userspace-api/landlock.rst). Designed for ABI 2, Debian
 * 12's; ABI 3 adds truncation. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/scope.h"
#include "sandbox/parts.h"

/* Later than some headers we are built with. */
#define ACCESS_REFER    (1ULL << 13) /* ABI 2 */
#define ACCESS_TRUNCATE (1ULL << 14) /* ABI 3 */

static const uint64_t access_abi_1 = (1ULL << 13) - 1;
static const uint64_t access_read = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
/* Files and folders alone, in any rule: no devices, sockets or links, no execution. */
static const uint64_t access_write = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                     LANDLOCK_ACCESS_FS_MAKE_REG | ACCESS_REFER | ACCESS_TRUNCATE;
/* What can be granted on a single file. */
static const uint64_t access_file =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE;

static int detect_abi(const struct sandbox_policy *p)
{
    if (p->landlock_abi_max < 0)
        return 0;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 0)
        return 0;
    return p->landlock_abi_max > 0 && abi > p->landlock_abi_max ? p->landlock_abi_max : (int)abi;
}

static uint64_t handled(int abi)
{
    return access_abi_1 | (abi >= 2 ? ACCESS_REFER : 0) | (abi >= 3 ? ACCESS_TRUNCATE : 0);
}

static int allow(int ruleset, const struct sandbox_path *path, uint64_t known)
{
    SCOPED_FD int fd = open(path->path, O_PATH | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return errno == ENOENT || errno == EACCES ? 0 : errno;
    if (fstat(fd, &st) < 0)
        return errno;
    uint64_t access = (access_read | (path->write ? access_write : 0)) & known;
    if (!S_ISDIR(st.st_mode))
        access &= access_file;
    const struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 ? errno : 0;
}

int landlock_enter(const struct sandbox_policy *p, struct sandbox_report *r)
{
    r->landlock_abi = detect_abi(p);
    if (r->landlock_abi == 0) {
        report_add(r, SANDBOX_NO_LANDLOCK,
                   "this kernel has no Landlock, or it is not in the lsm= list: files are protected by the "
                   "account only");
        return 0;
    }
    if (r->landlock_abi == 1)
        report_add(r, SANDBOX_OLD_LANDLOCK, "Landlock ABI 1 cannot allow renaming between directories");
    uint64_t known = handled(r->landlock_abi);
    const struct landlock_ruleset_attr attr = {.handled_access_fs = known};
    SCOPED_FD int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
    if (ruleset < 0)
        return errno;
    for (unsigned i = 0; i < SANDBOX_PATHS_MAX && p->paths[i].path; i++) {
        int error = allow(ruleset, &p->paths[i], known);
        if (error) {
            report_add(r, 0, "cannot allow %s: %s", p->paths[i].path, strerror(error));
            return error;
        }
    }
    return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? errno : 0;
}
