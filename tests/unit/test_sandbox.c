/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each policy from inside: a child enters it, tries what its role may and may not do, and says what happened.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#include "scratch.h"

#include "base/scope.h"
#include "base/str.h"
#include "sandbox/sandbox.h"

/* What a probe tries; it succeeded (1) or not (0). */
enum probe {
    PROBE_READ_ETC,    /* open a file of the system */
    PROBE_READ_STATE,  /* open a file that belongs to somebody else's state */
    PROBE_WRITE_STATE, /* make one there */
    PROBE_INTERNET,    /* an internet socket */
    PROBE_LOCAL,       /* a Unix socket */
    PROBE_RAW,         /* a raw socket, netfilter's door */
    PROBE_CONNECT,     /* connect on a socket that is open already */
    PROBE_EXEC,
    PROBE_FORK,
    PROBE_KILL,   /* a signal to the parent */
    PROBE_PTRACE, /* attach to the parent */
    PROBE_SETUID,
    PROBE_COUNT
};

static const char *const probe_names[] = {"read /etc",    "read state", "write state", "internet",
                                          "local socket", "raw",        "connect",     "exec",
                                          "fork",         "kill",       "ptrace",      "setuid"};

struct world {
    char state[64];  /* directory */
    char secret[80]; /* file in it */
    int open_socket; /* a UDP socket from before */
};

static bool can_open(const char *path, int flags)
{
    SCOPED_FD int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd >= 0;
}

static bool can_socket(int family, int type)
{
    SCOPED_FD int fd = socket(family, type, 0);
    return fd >= 0;
}

static bool can_write_state(const struct world *w)
{
    char path[128];
    (void)str_format(path, sizeof(path), "%s/made", w->state);
    return can_open(path, O_WRONLY | O_CREAT);
}

static bool can_connect(const struct world *w)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return connect(w->open_socket, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool can_exec(void)
{
    char *const argv[] = {"true", NULL};
    (void)execv("/bin/true", argv);
    return errno != EPERM && errno != EACCES;
}

static bool can_fork(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid > 0;
}

static uint32_t try_all(const struct world *w)
{
    uint32_t can = 0;
    can |= (uint32_t)can_open("/etc/passwd", O_RDONLY) << PROBE_READ_ETC;
    can |= (uint32_t)can_open(w->secret, O_RDONLY) << PROBE_READ_STATE;
    can |= (uint32_t)can_write_state(w) << PROBE_WRITE_STATE;
    can |= (uint32_t)can_socket(AF_INET, SOCK_DGRAM) << PROBE_INTERNET;
    can |= (uint32_t)can_socket(AF_UNIX, SOCK_STREAM) << PROBE_LOCAL;
    can |= (uint32_t)can_socket(AF_PACKET, SOCK_RAW) << PROBE_RAW;
    can |= (uint32_t)can_connect(w) << PROBE_CONNECT;
    can |= (uint32_t)(kill(getppid(), 0) == 0) << PROBE_KILL;
    can |= (uint32_t)(ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0) << PROBE_PTRACE;
    can |= (uint32_t)(setuid(getuid()) == 0) << PROBE_SETUID;
    can |= (uint32_t)can_fork() << PROBE_FORK;
    can |= (uint32_t)can_exec() << PROBE_EXEC;
    return can;
}

struct result {
    int error;
    uint32_t can;
    struct sandbox_report report;
};

/* Enters p in a child and probes there. */
static struct result probe(const struct sandbox_policy *p, const struct world *w)
{
    struct result *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    pid_t pid = fork();
    if (pid == 0) {
        shared->error = sandbox_enter(p, &shared->report);
        if (!shared->error)
            shared->can = try_all(w);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    struct result r = *shared;
    (void)munmap(shared, sizeof(*shared));
    return r;
}

static struct world world;

static int make_world(void **state)
{
    scratch_folder(world.state, sizeof(world.state));
    (void)str_format(world.secret, sizeof(world.secret), "%s/secret", world.state);
    int fd = open(world.secret, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    (void)close(fd);
    world.open_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return world.open_socket < 0 ? -1 : 0;
}

static int clear_world(void **state)
{
    (void)close(world.open_socket);
    scratch_remove(world.state);
    return 0;
}

#define CAN(p) (1u << PROBE_##p)

/* What each role can do when it has been given no path of the installation. */
static const struct {
    enum sandbox_kind kind;
    uint32_t can;
} expected[] = {
    {SANDBOX_QUEUE, 0},
    {SANDBOX_MAILIN, CAN(INTERNET) | CAN(CONNECT)},
    {SANDBOX_PICKUP, 0},
    {SANDBOX_CONVERT, CAN(FORK)},
    {SANDBOX_CONVERT_WORKER, 0},
    {SANDBOX_OFFICE_WORKER, 0},
    {SANDBOX_LINE, CAN(READ_ETC) | CAN(INTERNET) | CAN(CONNECT)},
    {SANDBOX_CALL, 0},
    {SANDBOX_MAILOUT, CAN(READ_ETC) | CAN(INTERNET) | CAN(CONNECT)},
    {SANDBOX_FETCH, CAN(READ_ETC) | CAN(INTERNET) | CAN(CONNECT)},
    {SANDBOX_DIRECTORY, CAN(READ_ETC) | CAN(INTERNET) | CAN(CONNECT)},
    {SANDBOX_ARCHIVE, CAN(READ_ETC) | CAN(INTERNET) | CAN(CONNECT)},
    {SANDBOX_GATEWAY, CAN(READ_ETC) | CAN(INTERNET) | CAN(CONNECT)},
    {SANDBOX_WEB, 0},
};

static void assert_same(const char *name, uint32_t can, uint32_t should)
{
    for (unsigned i = 0; i < PROBE_COUNT; i++)
        if ((can ^ should) & (1u << i))
            fail_msg("%s: %s is %s", name, probe_names[i], can & (1u << i) ? "possible" : "impossible");
}

static bool has_landlock(void)
{
    const struct sandbox_policy nothing = {.name = "probe", .calls = UINT32_MAX};
    return !(probe(&nothing, &world).report.missing & SANDBOX_NO_LANDLOCK);
}

static void need_landlock(void)
{
    if (has_landlock())
        return;
    print_message("skipped: this kernel has no Landlock\n");
    skip();
}

static void each_role_can_do_what_the_table_says(void **state)
{
    assert_int_equal(ARRAY_LEN(expected), SANDBOX_KIND_COUNT);
    need_landlock();
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        const struct sandbox_policy *p = sandbox_policy(expected[i].kind);
        struct result r = probe(p, &world);
        assert_int_equal(r.error, 0);
        assert_same(p->name, r.can, expected[i].can);
    }
}

/* The probes themselves can see success: without a sandbox they do. */
static void probes_succeed_outside(void **state)
{
    const struct world *w = &world;
    assert_true(can_open("/etc/passwd", O_RDONLY));
    assert_true(can_open(w->secret, O_RDONLY));
    assert_true(can_write_state(w));
    assert_true(can_socket(AF_INET, SOCK_DGRAM));
    assert_true(can_socket(AF_UNIX, SOCK_STREAM));
    assert_true(can_connect(w));
    assert_int_equal(kill(getppid(), 0), 0);
}

static void paths_are_allowed_for_reading_or_writing(void **state)
{
    need_landlock();
    struct sandbox_policy p = *sandbox_policy(SANDBOX_QUEUE);
    sandbox_allow_path(&p, world.state, true);
    assert_same("queue with its state", probe(&p, &world).can, CAN(READ_STATE) | CAN(WRITE_STATE));
    p = *sandbox_policy(SANDBOX_WEB);
    sandbox_allow_path(&p, world.state, false);
    assert_same("web with the state to read", probe(&p, &world).can, CAN(READ_STATE));
}

static void older_landlock_is_enough(void **state)
{
    need_landlock();
    for (int abi = 1; abi <= 2; abi++) {
        struct sandbox_policy p = *sandbox_policy(SANDBOX_QUEUE);
        p.landlock_abi_max = abi;
        sandbox_allow_path(&p, world.state, true);
        struct result r = probe(&p, &world);
        assert_int_equal(r.error, 0);
        assert_int_equal(r.report.landlock_abi, abi);
        assert_int_equal(!!(r.report.missing & SANDBOX_OLD_LANDLOCK), abi == 1);
        assert_same("queue on an older kernel", r.can, CAN(READ_STATE) | CAN(WRITE_STATE));
    }
}

static void remove_moved(void)
{
    static const char *const names[] = {"tmp/file", "moved", "tmp"};
    char path[128];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)str_format(path, sizeof(path), "%s/%s", world.state, names[i]);
        (void)remove(path);
    }
}

static bool can_rename_between_folders(const struct world *w)
{
    char from[96], to[96], path[128];
    (void)str_format(from, sizeof(from), "%s/tmp", w->state);
    (void)str_format(to, sizeof(to), "%s/moved", w->state);
    (void)str_format(path, sizeof(path), "%s/file", from);
    return mkdir(from, 0700) == 0 && can_open(path, O_WRONLY | O_CREAT) && rename(path, to) == 0;
}

/* A blob gets its name that way. ABI 2 is the first that can allow it. */
static void files_move_between_folders_from_abi_2_on(void **state)
{
    need_landlock();
    for (int abi = 1; abi <= 2; abi++) {
        struct sandbox_policy p = *sandbox_policy(SANDBOX_QUEUE);
        p.landlock_abi_max = abi;
        sandbox_allow_path(&p, world.state, true);
        pid_t pid = fork();
        if (pid == 0) {
            struct sandbox_report r;
            _exit(sandbox_enter(&p, &r) != 0 ? 2 : can_rename_between_folders(&world));
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), abi >= 2);
        remove_moved();
    }
}

static void kernel_without_landlock_is_reported_and_worked_with(void **state)
{
    struct sandbox_policy p = *sandbox_policy(SANDBOX_CONVERT_WORKER);
    p.landlock_abi_max = -1;
    struct result r = probe(&p, &world);
    assert_int_equal(r.error, 0);
    assert_true(r.report.missing & SANDBOX_NO_LANDLOCK);
    assert_non_null(strstr(r.report.text, "no Landlock"));
    assert_int_equal(r.can & (CAN(INTERNET) | CAN(EXEC) | CAN(FORK) | CAN(KILL) | CAN(PTRACE)), 0);
}

static void account_is_dropped_for_good(void **state)
{
    if (geteuid() != 0) {
        print_message("skipped: only root can become somebody else\n");
        skip();
    }
    struct sandbox_policy p = *sandbox_policy(SANDBOX_QUEUE);
    p.drop = true;
    p.uid = p.gid = 65534;
    sandbox_allow_path(&p, world.state, true);
    struct result r = probe(&p, &world);
    assert_int_equal(r.error, 0);
    /* The directory is root's, and only its own account may enter it. */
    assert_same("queue as nobody", r.can, 0);
}

/* A limit that is reached ends the process: 1 s of CPU. */
static void limits_hold(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        const struct sandbox_policy p = {.name = "busy", .calls = SANDBOX_CALLS(CORE), .cpu_seconds = 1};
        struct sandbox_report r;
        if (sandbox_enter(&p, &r) != 0)
            _exit(1);
        for (volatile unsigned i = 0;; i++) {
        }
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_true(WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_succeed_outside),
        cmocka_unit_test(each_role_can_do_what_the_table_says),
        cmocka_unit_test(paths_are_allowed_for_reading_or_writing),
        cmocka_unit_test(older_landlock_is_enough),
        cmocka_unit_test(files_move_between_folders_from_abi_2_on),
        cmocka_unit_test(kernel_without_landlock_is_reported_and_worked_with),
        cmocka_unit_test(account_is_dropped_for_good),
        cmocka_unit_test(limits_hold),
    };
    return cmocka_run_group_tests(tests, make_world, clear_world);
}
