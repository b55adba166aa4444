/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The parent: reads the configuration, prepares the state directory, binds what needs its rights, starts all
 * other roles and keeps them alive.
 *
 * SECURITY: it may run as root for as long as it lives. It reads the configuration file, which belongs to the
 * administrator, and `ready` of its children, one bounded text; nothing that comes from a network or a
 * document. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "role/boot.h"
#include "role/children.h"
#include "role/service_manager.h"

struct parent {
    struct loop *loop;
    struct conf conf;
    struct buf conf_text;
    const char *conf_name;
    struct statedir state;
    struct listeners listeners;
    struct certificate certificate;
    struct children *children;
    struct service_manager manager;
    struct watch signals;
    struct timer look; /* for a renewed certificate */
    int signal_fd;
    int exit_code;
    bool done;
};

/* How long a renewed certificate waits to be seen: twice that. */
enum { CERTIFICATE_LOOK_MS = 30 * 1000 };

struct arguments {
    const char *conf_file;
    const char *state_dir;
    bool print_config;
};

static void NORETURN fail(const char *text)
{
    (void)fprintf(stderr, "faxpost: %s\n", text);
    exit(ROLE_EXIT_CONFIG);
}

/* A descriptor 0, 1 or 2 that is closed would be given to the next file or socket, which then is standard
 * output to somebody and "none" to the messages. */
static void open_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        (void)close(fd);
}

static const char standard_conf[] = "/etc/faxpost/faxpost.conf";

static void read_arguments(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {{"conf", required_argument, NULL, 'c'},
                                            {"state", required_argument, NULL, 's'},
                                            {"print-config", no_argument, NULL, 'p'},
                                            {0}};
    *a = (struct arguments){.conf_file = standard_conf, .state_dir = getenv("FAXPOST_STATE")};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'c')
            a->conf_file = optarg;
        else if (option == 's')
            a->state_dir = optarg;
        else if (option == 'p')
            a->print_config = true;
        else
            exit(64); /* EX_USAGE; getopt has said what is wrong */
    }
    if (optind < argc) {
        (void)fprintf(stderr, "faxpost: serve takes no argument \"%s\"; see `faxpost serve --help`\n",
                      argv[optind]);
        exit(64);
    }
}

/* The file's text, then --state as one more line, so that every child reads the same thing. */
static void read_conf(struct parent *p, const struct arguments *a)
{
    char error[CONF_ERROR_LEN], text[600];
    buf_init(&p->conf_text, CONF_BYTES_MAX);
    p->conf_name = a->conf_file;
    SCOPED_FD int fd = open(a->conf_file, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 ? errno : fd_read_rest(fd, &p->conf_text);
    /* Who has no configuration yet asks what could stand in one. */
    bool only_defaults = a->print_config && failed == ENOENT && a->conf_file == standard_conf;
    if (failed && !only_defaults) {
        (void)str_format(text, sizeof(text),
                         "cannot read the configuration %.300s: %s; name another with --conf", a->conf_file,
                         strerror(failed));
        fail(text);
    }
    if (a->state_dir && !buf_printf(&p->conf_text, "\nstate_dir = %s\n", a->state_dir))
        fail("the configuration is too long");
    if (conf_parse(&p->conf, buf_text(&p->conf_text), a->conf_file, error) != 0)
        fail(error);
}

static const struct passwd *account(const char *name)
{
    const struct passwd *pw = getpwnam(name);
    if (!pw)
        log_warning(NULL,
                    "there is no user \"%s\"; all roles keep running as root. Make it with: "
                    "useradd --system --no-create-home --shell /usr/sbin/nologin %s",
                    name, name);
    return pw;
}

/* Where we are root, the accounts the children drop to; where that cannot work, one line says why. */
static void choose_accounts(struct parent *p, struct children_opts *o)
{
    if (geteuid() != 0)
        return;
    const struct passwd *pw = account(p->conf.user);
    if (!pw)
        return;
    o->state_uid = pw->pw_uid;
    o->state_gid = pw->pw_gid;
    pw = account(p->conf.net_user);
    if (!pw)
        return;
    o->net_uid = pw->pw_uid;
    o->net_gid = pw->pw_gid;
    o->drop = true;
}

static void check_reachable(const struct parent *p, struct children_opts *o)
{
    if (!o->drop || statedir_reachable(p->conf.state_dir, o->state_uid, o->state_gid))
        return;
    log_warning(
        NULL,
        "user %s cannot reach %s; the roles keep running as root. Open the folders above it (chmod o+x)",
        p->conf.user, p->conf.state_dir);
    o->drop = false;
}

static void on_all_ready(void *context)
{
    const struct parent *p = context;
    SCOPED_BUF struct buf b;
    buf_init(&b, 4096);
    listeners_describe(&p->listeners, &b);
    for (size_t i = 0; i < b.len; i++)
        if (b.data[i] == '\n')
            b.data[i] = ' ';
    log_info(NULL, "ready: %sstate %s", buf_text(&b), p->conf.state_dir);
    char pid[32];
    (void)str_format(pid, sizeof(pid), "%d\n", (int)getpid());
    statedir_write_run_file(&p->state, "ready", pid);
    service_manager_tell(&p->manager, "READY=1\nSTATUS=Serving.");
}

static void on_all_gone(void *context, int exit_code)
{
    struct parent *p = context;
    p->exit_code = exit_code;
    p->done = true;
    loop_stop(p->loop);
}

static void renew_certificate(struct parent *p)
{
    log_info(NULL, "the certificate %s is read again", p->certificate.chain_path);
    children_renew_certificate(p->children);
}

static void on_look(void *context)
{
    struct parent *p = context;
    if (certificate_renewed(&p->certificate))
        renew_certificate(p);
    timer_start(&p->look, p->loop, CERTIFICATE_LOOK_MS);
}

static void on_signal(void *context, uint32_t events)
{
    struct parent *p = context;
    struct signalfd_siginfo info;
    while (read(p->signal_fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGCHLD) {
            children_reap(p->children);
        } else if (info.ssi_signo == SIGHUP && info.ssi_code != SI_KERNEL) { /* that: our terminal is gone */
            certificate_use(&p->certificate);
            renew_certificate(p);
        } else {
            log_info(NULL, "ending (%s)", strsignal((int)info.ssi_signo));
            service_manager_tell(&p->manager, "STOPPING=1\nSTATUS=Ending.");
            children_stop(p->children, ROLE_EXIT_DONE);
        }
    }
}

static void watch_signals(struct parent *p)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGCHLD);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    p->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (p->signal_fd < 0)
        fail("the kernel gives no signalfd");
    p->signals = (struct watch){.on_ready = on_signal, .context = p};
    watch_start(&p->signals, p->loop, p->signal_fd, EPOLLIN);
}

static void open_state(struct parent *p, struct children_opts *o)
{
    char error[STATEDIR_ERROR_LEN];
    if (statedir_open(&p->state, p->conf.state_dir, o->drop ? o->state_uid : 0, o->drop ? o->state_gid : 0,
                      error))
        fail(error);
    check_reachable(p, o);
    char path[4096];
    if (str_format(path, sizeof(path), "%s/run/ready", p->conf.state_dir))
        (void)unlink(path);
}

int main(int argc, char **argv)
{
    struct parent p = {.signal_fd = -1};
    struct arguments a;
    char error[LISTENERS_ERROR_LEN], certificate_error[CERTIFICATE_ERROR_LEN];
    open_standard_descriptors();
    log_open("parent", LOG_LEVEL_INFO);
    read_arguments(argc, argv, &a);
    read_conf(&p, &a);
    if (a.print_config) {
        conf_print(&p.conf, stdout);
        return ROLE_EXIT_DONE;
    }
    log_open("parent", conf_log_level(&p.conf));
    service_manager_open(&p.manager);
    struct children_opts opts = {.conf = &p.conf,
                                 .conf_text = buf_text(&p.conf_text),
                                 .conf_name = p.conf_name,
                                 .state = &p.state,
                                 .listeners = &p.listeners,
                                 .certificate = &p.certificate,
                                 .on_all_ready = on_all_ready,
                                 .on_all_gone = on_all_gone,
                                 .context = &p};
    choose_accounts(&p, &opts);
    open_state(&p, &opts);
    if (certificate_prepare(&p.certificate, &p.conf, &p.state, certificate_error) != 0)
        fail(certificate_error);
    if (listeners_open(&p.listeners, &p.conf, p.conf.state_dir, error) != 0)
        fail(error);
    p.loop = loop_new();
    opts.loop = p.loop;
    watch_signals(&p);
    service_manager_watch(&p.manager, p.loop);
    p.children = children_start(&opts);
    p.look = (struct timer){.on_due = on_look, .context = &p};
    timer_start(&p.look, p.loop, CERTIFICATE_LOOK_MS);
    if (!p.done)
        loop_run(p.loop);
    timer_stop(&p.look);
    children_free(p.children);
    watch_stop(&p.signals);
    service_manager_close(&p.manager);
    loop_free(p.loop);
    conf_clear(&p.conf);
    buf_clear(&p.conf_text);
    return p.exit_code;
}
