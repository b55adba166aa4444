/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stands in for a role program: started by the parent under the role's name, it goes the role's way into its
 * sandbox and then, at SIGUSR1, tries what no role or only some may do. One line of JSON on stderr says what
 * worked. tests/e2e/test_sandbox.py is the other half.
 *
 * Environment: FAXPOST_PROBE_TARGETS a file that will hold pids of siblings, FAXPOST_PROBE_FILE a file that
 * anybody may read, FAXPOST_PROBE_PORT a TCP listener on 127.0.0.1, FAXPOST_PROBE_OPEN: keep account and
 * sandbox off, to see that the attempts can succeed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/scope.h"
#include "base/str.h"
#include "ipc/channel.h"
#include "role/boot.h"

enum { TARGETS_MAX = 32 };

static struct boot boot;
static int targets_fd = -1;
static pid_t targets[TARGETS_MAX]; /* the parent and the siblings */
static size_t target_count;

/* ---- files ---- */

static bool can_open(const char *path, int flags)
{
    SCOPED_FD int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0 && (flags & O_CREAT))
        (void)unlink(path);
    return fd >= 0;
}

static bool can_open_state(const char *name, int flags)
{
    char path[PATH_MAX];
    return str_format(path, sizeof(path), "%s/%s", boot.conf.state_dir, name) && can_open(path, flags);
}

static bool read_store(void)
{
    return can_open_state("faxpost.db", O_RDONLY);
}

static bool write_store(void)
{
    return can_open_state("faxpost.db", O_RDWR);
}

static bool read_blobs(void)
{
    return can_open_state("blobs", O_RDONLY | O_DIRECTORY);
}

static bool make_blob(void)
{
    return can_open_state("blobs/tmp/probe", O_WRONLY | O_CREAT);
}

static bool make_in_state(void)
{
    return can_open_state("probe", O_WRONLY | O_CREAT) || can_open_state("run/probe", O_WRONLY | O_CREAT);
}

static bool read_public_key(void)
{
    return can_open_state("keys/line.pub", O_RDONLY);
}

static bool read_secret_key(void)
{
    return can_open_state("keys/line.key", O_RDONLY) || can_open_state("keys/mailout.key", O_RDONLY);
}

static bool make_key(void)
{
    return can_open_state("keys/probe", O_WRONLY | O_CREAT);
}

static bool make_in_maildir(void)
{
    char path[PATH_MAX];
    return boot_maildir(&boot) && str_format(path, sizeof(path), "%s/probe", boot_maildir(&boot)) &&
           can_open(path, O_WRONLY | O_CREAT);
}

static bool make_in_tmp(void)
{
    char path[64];
    (void)str_format(path, sizeof(path), "/tmp/faxpost-probe-%d", (int)getpid());
    return can_open(path, O_WRONLY | O_CREAT);
}

static bool read_etc(void)
{
    return can_open("/etc/passwd", O_RDONLY);
}

static bool read_other_file(void)
{
    return can_open(getenv("FAXPOST_PROBE_FILE"), O_RDONLY);
}

/* ---- sockets ---- */

static bool can_socket(int family, int type, int protocol)
{
    SCOPED_FD int fd = socket(family, type | SOCK_CLOEXEC, protocol);
    return fd >= 0;
}

static bool internet_socket(void)
{
    return can_socket(AF_INET, SOCK_DGRAM, 0) && can_socket(AF_INET, SOCK_STREAM, 0) &&
           can_socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP) && can_socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
}

static bool part_of_internet_socket(void)
{
    return can_socket(AF_INET, SOCK_DGRAM, 0) || can_socket(AF_INET, SOCK_STREAM, 0) ||
           can_socket(AF_INET6, SOCK_DGRAM, 0) || can_socket(AF_INET6, SOCK_STREAM, 0);
}

static bool raw_socket(void)
{
    return can_socket(AF_INET, SOCK_RAW, IPPROTO_UDP) || can_socket(AF_PACKET, SOCK_RAW, 0);
}

static bool odd_protocol(void)
{
    return can_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE) ||
           can_socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
}

static bool unix_socket(void)
{
    return can_socket(AF_UNIX, SOCK_STREAM, 0) || can_socket(AF_UNIX, SOCK_DGRAM, 0);
}

static bool route_socket(void)
{
    return can_socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

static bool other_netlink_socket(void)
{
    return can_socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
}

static bool connect_out(void)
{
    SCOPED_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)atoi(getenv("FAXPOST_PROBE_PORT"))),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool connect_to_api(void)
{
    SCOPED_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    return fd >= 0 && str_format(to.sun_path, sizeof(to.sun_path), "%s/run/api.sock", boot.conf.state_dir) &&
           connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool bind_datagram(void)
{
    SCOPED_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

static bool listen_for_clients(void)
{
    SCOPED_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && listen(fd, 1) == 0;
}

/* By /etc/hosts, so that no server of names is needed here. */
static bool resolve_name(void)
{
    struct addrinfo *list = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    bool found = getaddrinfo("localhost", "25", &hints, &list) == 0 && list;
    if (found)
        freeaddrinfo(list);
    return found;
}

/* ---- processes ---- */

static bool any_target(bool (*attempt)(pid_t pid))
{
    for (size_t i = 0; i < target_count; i++)
        if (attempt(targets[i]))
            return true;
    return false;
}

static bool open_memory(pid_t pid)
{
    static const char *const names[] = {"mem", "environ", "maps", "fd/3"};
    char path[64];
    bool opened = false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)str_format(path, sizeof(path), "/proc/%d/%s", (int)pid, names[i]);
        opened = opened || can_open(path, O_RDONLY);
    }
    return opened;
}

static bool sibling_memory(void)
{
    return any_target(open_memory);
}

static bool read_vm(pid_t pid)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)&boot, 1};
    /* EFAULT: it was allowed, and there is nothing at that place. */
    return process_vm_readv(pid, &here, 1, &there, 1, 0) == 1 || errno == EFAULT;
}

static bool sibling_vm(void)
{
    return any_target(read_vm);
}

static bool signal_one(pid_t pid)
{
    return kill(pid, 0) == 0;
}

static bool signal_sibling(void)
{
    return any_target(signal_one);
}

static bool signal_thread(pid_t pid)
{
    return syscall(SYS_tgkill, pid, pid, 0) == 0 || syscall(SYS_tkill, pid, 0) == 0;
}

static bool signal_siblings_thread(void)
{
    return any_target(signal_thread);
}

static bool open_pidfd(pid_t pid)
{
    SCOPED_FD int fd = pidfd_open(pid, 0);
    return fd >= 0;
}

static bool sibling_pidfd(void)
{
    return any_target(open_pidfd);
}

static bool trace(pid_t pid)
{
    if (ptrace(PTRACE_ATTACH, pid, 0, 0) != 0)
        return false;
    (void)waitpid(pid, NULL, __WALL);
    return ptrace(PTRACE_DETACH, pid, 0, 0) == 0;
}

static bool trace_sibling(void)
{
    return any_target(trace);
}

static bool read_limit(pid_t pid)
{
    struct rlimit limit;
    return prlimit(pid, RLIMIT_NOFILE, NULL, &limit) == 0;
}

static bool sibling_limits(void)
{
    return any_target(read_limit);
}

/* More than any fax needs; no page of it is touched. */
static bool much_memory(void)
{
    size_t size = (size_t)3 << 30;
    void *start =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return start != MAP_FAILED && munmap(start, size) == 0;
}

static bool start_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

static void *end_at_once(void *context)
{
    return context;
}

static bool start_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, end_at_once, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

/* ---- the kernel ---- */

/* EPERM is seccomp's answer, but also the kernel's to an ordinary user: what counts is that it was not done.
 */
static bool mount_something(void)
{
    return mount("none", "/nowhere", "tmpfs", 0, NULL) == 0 || (errno != EPERM && errno != EACCES);
}

static bool new_namespace(void)
{
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    return (pid > 0 && waitpid(pid, NULL, 0) == pid) || unshare(CLONE_FS) == 0;
}

static bool change_root(void)
{
    return chroot("/nowhere") == 0 || errno == ENOENT;
}

static bool change_account(void)
{
    return setuid(getuid()) == 0;
}

/* ENOTTY: only because there is no terminal here. */
static bool type_into_terminal(void)
{
    return ioctl(STDERR_FILENO, TIOCSTI, "x") == 0 || errno != EPERM;
}

/* Doors to big parts of the kernel; a call that is let through complains about its arguments. */
static bool kernel_doors(void)
{
    static const long calls[] = {SYS_bpf,         SYS_keyctl,           SYS_io_uring_setup,
                                 SYS_userfaultfd, SYS_perf_event_open,  SYS_add_key,
                                 SYS_quotactl,    SYS_name_to_handle_at};
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        if (syscall(calls[i], -1, NULL, -1, -1, -1) >= 0 || (errno != EPERM && errno != ENOSYS))
            return true;
    return false;
}

static const struct {
    const char *name;
    bool (*attempt)(void);
} attempts[] = {
    {"read store", read_store},
    {"write store", write_store},
    {"read blobs", read_blobs},
    {"make blob", make_blob},
    {"make in state", make_in_state},
    {"read public key", read_public_key},
    {"read secret key", read_secret_key},
    {"make key", make_key},
    {"make in maildir", make_in_maildir},
    {"make in tmp", make_in_tmp},
    {"read etc", read_etc},
    {"read other file", read_other_file},
    {"internet socket", internet_socket},
    {"part of internet socket", part_of_internet_socket},
    {"raw socket", raw_socket},
    {"odd protocol", odd_protocol},
    {"unix socket", unix_socket},
    {"route socket", route_socket},
    {"other netlink socket", other_netlink_socket},
    {"connect", connect_out},
    {"connect to api", connect_to_api},
    {"bind", bind_datagram},
    {"listen", listen_for_clients},
    {"resolve name", resolve_name},
    {"sibling memory", sibling_memory},
    {"sibling vm", sibling_vm},
    {"signal sibling", signal_sibling},
    {"signal thread", signal_siblings_thread},
    {"sibling pidfd", sibling_pidfd},
    {"trace sibling", trace_sibling},
    {"sibling limits", sibling_limits},
    {"fork", start_process},
    {"thread", start_thread},
    {"3 GiB", much_memory},
    {"mount", mount_something},
    {"namespace", new_namespace},
    {"chroot", change_root},
    {"setuid", change_account},
    {"type into terminal", type_into_terminal},
    {"kernel doors", kernel_doors},
};

/* One write: the lines of several processes must not mix. */
static void say(const struct buf *line)
{
    if (write(STDERR_FILENO, line->data, line->len) < 0)
        _exit(9);
}

static void try_all(const char *name)
{
    SCOPED_BUF struct buf line;
    buf_init(&line, 8192);
    (void)buf_printf(&line, "{\"probe\": \"%s\", \"uid\": %u", name, (unsigned)geteuid());
    for (size_t i = 0; i < ARRAY_LEN(attempts); i++)
        (void)buf_printf(&line, ", \"%s\": %s", attempts[i].name, attempts[i].attempt() ? "true" : "false");
    (void)buf_printf(&line, "}\n");
    say(&line);
}

/* Last, for it does not come back where it works. */
static void try_exec(const char *name)
{
    char yes[64];
    SCOPED_BUF struct buf no;
    buf_init(&no, 256);
    (void)str_format(yes, sizeof(yes), "{\"exec\": \"%s\", \"worked\": true}", name);
    (void)execl("/bin/sh", "sh", "-c", "echo \"$0\" >&2", yes, (char *)NULL);
    (void)buf_printf(&no, "{\"exec\": \"%s\", \"worked\": false}\n", name);
    say(&no);
}

/* ---- the way of a role ---- */

static void read_targets(void)
{
    char text[4096], role[32];
    ssize_t n = pread(targets_fd, text, sizeof(text) - 1, 0);
    text[n < 0 ? 0 : n] = 0;
    target_count = 0;
    int pid, used;
    for (const char *at = text; target_count < TARGETS_MAX && sscanf(at, "%31s %d%n", role, &pid, &used) == 2;
         at += used)
        if (pid != getpid())
            targets[target_count++] = pid;
}

static void probe_worker(void)
{
    struct sandbox_report report;
    pid_t pid = fork();
    if (pid == 0) {
        if (sandbox_enter(sandbox_policy(SANDBOX_CONVERT_WORKER), &report) != 0)
            _exit(1);
        try_all("convert worker");
        try_exec("convert worker");
        _exit(0);
    }
    (void)waitpid(pid, NULL, 0);
    pid = fork();
    if (pid == 0) {
        if (sandbox_enter(sandbox_policy(SANDBOX_OFFICE_WORKER), &report) != 0)
            _exit(1);
        try_all("office worker");
        try_exec("office worker");
        _exit(0);
    }
    (void)waitpid(pid, NULL, 0);
}

static void wait_for_stop(void)
{
    SCOPED_BUF struct buf storage;
    struct message m = {0};
    buf_init(&storage, MESSAGE_BYTES_MAX);
    while (channel_read(BOOT_PARENT_FD, &storage, &m) == 0 && m.type != MSG_stop)
        message_close_fds(&m);
}

int main(int argc, char **argv)
{
    enum role role;
    sigset_t go;
    const char *name = strrchr(argv[0], '-');
    if (!name || !role_parse(name + 1, &role))
        return ROLE_EXIT_FAILED;
    bool open_house = getenv("FAXPOST_PROBE_OPEN") != NULL;
    (void)sigemptyset(&go);
    (void)sigaddset(&go, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &go, NULL);
    targets_fd = open(getenv("FAXPOST_PROBE_TARGETS"), O_RDONLY | O_CLOEXEC);
    boot_begin(&boot, role);
    if (!open_house) {
        boot_drop(&boot);
        boot_shut_in(&boot);
    }
    boot_ready("");
    (void)sigwaitinfo(&go, NULL);
    read_targets();
    if (role == ROLE_CONVERT && !open_house)
        probe_worker();
    try_all(role_name(role));
    try_exec(role_name(role));
    wait_for_stop();
    return ROLE_EXIT_DONE;
}
