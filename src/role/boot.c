/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/boot.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "ipc/channel.h"

static void on_init(struct boot *b, const struct msg_init *m)
{
    char error[CONF_ERROR_LEN];
    if (conf_parse(&b->conf, m->conf, m->conf_name, error) != 0)
        panic("the parent gave a configuration that does not parse: %s", error);
    b->instance = m->instance;
    b->drop = m->drop != 0;
    b->uid = m->uid;
    b->gid = m->gid;
    (void)str_copy(b->bound, sizeof(b->bound), m->bound);
    log_open(role_name(b->role), conf_log_level(&b->conf));
}

static void on_grant(struct boot *b, struct msg_grant *m)
{
    if (b->grant_count == BOOT_GRANTS_MAX)
        panic("more than %d grants", BOOT_GRANTS_MAX);
    (void)str_copy(b->grants[b->grant_count].name, BOOT_NAME_LEN, m->name);
    b->grants[b->grant_count++].fd = take_fd(&m->fd);
}

/* The programs were replaced and the parent was not, yet. Where it does not say, it is a test's. */
static void check_version(enum role role)
{
    char ours[24];
    const char *theirs = getenv(BOOT_WIRE);
    (void)str_format(ours, sizeof(ours), "%016" PRIx64, message_wire());
    if (theirs && !str_equal(theirs, ours)) {
        log_warning(NULL, "%s is of another version than the running Faxpost, which begins anew",
                    role_name(role));
        exit(ROLE_EXIT_OTHER);
    }
    (void)unsetenv(BOOT_WIRE);
}

void boot_begin(struct boot *b, enum role role)
{
    *b = (struct boot){.role = role};
    log_open(role_name(role), LOG_LEVEL_INFO);
    check_version(role);
    /* If the parent is killed before it has told us anything, nobody would ever close our descriptors. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    SCOPED_BUF struct buf storage;
    buf_init(&storage, MESSAGE_BYTES_MAX);
    for (;;) {
        struct message m;
        int error = channel_read(BOOT_PARENT_FD, &storage, &m);
        if (error) {
            log_error(NULL, "%s is started by `faxpost serve`, not by hand (%s)", role_name(role),
                      strerror(error));
            exit(ROLE_EXIT_FAILED);
        }
        if (m.type == MSG_init)
            on_init(b, &m.init);
        else if (m.type == MSG_grant)
            on_grant(b, &m.grant);
        else if (m.type == MSG_go)
            return;
        else
            panic("%s before go", message_name(m.type));
    }
}

int boot_take(struct boot *b, const char *name)
{
    for (unsigned i = 0; i < b->grant_count; i++)
        if (str_equal(b->grants[i].name, name) && b->grants[i].fd >= 0)
            return take_fd(&b->grants[i].fd);
    return -1;
}

bool boot_read(struct boot *b, const char *name, struct buf *to)
{
    SCOPED_FD int fd = boot_take(b, name);
    int error = fd < 0 ? EBADF : fd_read_rest(fd, to);
    if (error)
        log_error(NULL, "cannot read what was granted as %s: %s", name, strerror(error));
    return error == 0;
}

void boot_drop(const struct boot *b)
{
    if (!b->drop)
        return;
    gid_t gid = b->gid;
    if (setgroups(1, &gid) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(b->uid, b->uid, b->uid) < 0) {
        log_error(NULL, "cannot become user %u: %s", b->uid, strerror(errno));
        exit(ROLE_EXIT_FAILED);
    }
    /* Changing the account clears both. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_DUMPABLE, 0);
}

/* What a role reaches beside its policy's own files; X.pub seals, and is public. */
static const struct {
    enum role role;
    const char *name; /* below the state directory */
    bool write;
} state_files[] = {
    /* Not the directory itself: where all roles share an account, the secret keys lie open in it. */
    {ROLE_QUEUE, "faxpost.db", true},
    {ROLE_QUEUE, "faxpost.db-wal", true},
    {ROLE_QUEUE, "faxpost.db-shm", true},
    {ROLE_QUEUE, "blobs", true},
    {ROLE_QUEUE, "keys/line.pub", false},
    {ROLE_QUEUE, "keys/mailout.pub", false},
    {ROLE_QUEUE, "keys/fetch.pub", false},
    {ROLE_QUEUE, "keys/pgp.pub", false},
    {ROLE_QUEUE, "keys/queue.pub", false},
    {ROLE_PICKUP, "spool/pickup", true},
    {ROLE_CONVERT, "office", true},
    {ROLE_WEB, "blobs", false},
    {ROLE_QUEUE, "keys/directory.pub", false},
    {ROLE_QUEUE, "keys/archive.pub", false},
};

static const enum sandbox_kind kinds[ROLE_COUNT] = {
    [ROLE_QUEUE] = SANDBOX_QUEUE,     [ROLE_MAILIN] = SANDBOX_MAILIN,
    [ROLE_CONVERT] = SANDBOX_CONVERT, [ROLE_LINE] = SANDBOX_LINE,
    [ROLE_CALL] = SANDBOX_CALL,       [ROLE_MAILOUT] = SANDBOX_MAILOUT,
    [ROLE_WEB] = SANDBOX_WEB,         [ROLE_PICKUP] = SANDBOX_PICKUP,
    [ROLE_FETCH] = SANDBOX_FETCH,     [ROLE_DIRECTORY] = SANDBOX_DIRECTORY,
    [ROLE_ARCHIVE] = SANDBOX_ARCHIVE,
};

static void allow_state_files(const struct boot *b, struct sandbox_policy *policy)
{
    static char paths[ARRAY_LEN(state_files)][PATH_MAX];
    for (size_t i = 0; i < ARRAY_LEN(state_files); i++) {
        if (state_files[i].role != b->role)
            continue;
        if (!str_format(paths[i], PATH_MAX, "%s/%s", b->conf.state_dir, state_files[i].name))
            panic("the state directory has too long a name");
        sandbox_allow_path(policy, paths[i], state_files[i].write);
    }
}

void boot_shut_in(const struct boot *b)
{
    if (b->role == ROLE_PARENT)
        panic("the parent has no sandbox");
    struct sandbox_policy policy = *sandbox_policy(kinds[b->role]);
    struct sandbox_report report;
    policy.log_refused = conf_log_level(&b->conf) == LOG_LEVEL_DEBUG;
    allow_state_files(b, &policy);
    if (b->role == ROLE_MAILOUT && boot_maildir(b))
        sandbox_allow_path(&policy, boot_maildir(b), true);
    char archive[PATH_MAX];
    if (b->role == ROLE_ARCHIVE && boot_archive_dir(b, archive))
        sandbox_allow_path(&policy, archive, true);
    if (sandbox_enter(&policy, &report) != 0) {
        log_error(NULL, "cannot enter the sandbox: %s", report.text);
        exit(ROLE_EXIT_FAILED);
    }
    if (report.missing)
        log_warning(NULL, "sandbox: %s", report.text);
}

const char *boot_maildir(const struct boot *b)
{
    return str_starts(b->conf.deliver, "maildir:") ? b->conf.deliver + strlen("maildir:") : NULL;
}

bool boot_archive_dir(const struct boot *b, char path[PATH_MAX])
{
    return *b->conf.archive_dir ? str_copy(path, PATH_MAX, b->conf.archive_dir)
                                : str_format(path, PATH_MAX, "%s/archive", b->conf.state_dir);
}

static void tell_parent(const struct message *m)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, MESSAGE_BYTES_MAX);
    int fds[MESSAGE_FDS_MAX];
    (void)message_encode(m, &b, fds);
    if (write(BOOT_PARENT_FD, b.data, b.len) < 0)
        log_debug(NULL, "the parent does not listen: %s", strerror(errno));
}

void boot_updating(const char *text)
{
    const struct message m = {.type = MSG_updating, .updating = {.text = text}};
    tell_parent(&m);
}

void boot_ready(const char *bound)
{
    const struct message m = {.type = MSG_ready, .ready = {.bound = bound}};
    tell_parent(&m);
}

#ifdef __SANITIZE_ADDRESS__
/* A leak search at exit wants ptrace, which no role has once it is shut in. The unit tests search. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}
#endif
