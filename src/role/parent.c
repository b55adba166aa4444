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
#include "role/renewal.h"
#include "role/service_manager.h"

struct arguments {
    const char *conf_file;
    const char *state_dir;
    bool print_config;
};

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
    const struct arguments *arguments;
    struct renewal renewal;
    struct inherited inherited;
    struct timer renew_now;          /* whatever is in the way */
    bool renewing, hurried, leaving; /* calls are waited for; only for a moment; all are being stopped */
    int signal_fd;
    int exit_code;
    bool done;
};

/* How long a renewed certificate waits to be seen: twice that. */
enum { CERTIFICATE_LOOK_MS = 30 * 1000 };

/* Beginning anew waits for a moment without calls. Ours wait for it at once; after ten minutes those of
 * others are refused, and after an hour what is left is hung up, to go on at the first page that was not
 * confirmed. */
enum { REFUSE_CALLS_S = 600, RENEW_MOST_MS = 3600 * 1000, OTHER_VERSION_MS = 1000 };

static void NORETURN fail_with(int code, const char *text)
{
    (void)fprintf(stderr, "faxpost: %s\n", text);
    exit(code);
}

static void NORETURN fail(const char *text)
{
    fail_with(ROLE_EXIT_CONFIG, text);
}

/* Of a disk, and it may be over in a minute. */
static bool passes(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EROFS || error == EIO;
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
static bool load_conf(const struct arguments *a, struct conf *conf, struct buf *text,
                      char error[CONF_ERROR_LEN])
{
    SCOPED_FD int fd = open(a->conf_file, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 ? errno : fd_read_rest(fd, text);
    /* Who has no configuration yet asks what could stand in one. */
    bool only_defaults = a->print_config && failed == ENOENT && a->conf_file == standard_conf;
    if (failed && !only_defaults) {
        (void)str_format(error, CONF_ERROR_LEN,
                         "cannot read the configuration %.300s: %s; name another with --conf", a->conf_file,
                         strerror(failed));
        return false;
    }
    if (a->state_dir && !buf_printf(text, "\nstate_dir = %s\n", a->state_dir)) {
        (void)str_copy(error, CONF_ERROR_LEN, "the configuration is too long");
        return false;
    }
    return conf_parse(conf, buf_text(text), a->conf_file, error) == 0;
}

static void read_conf(struct parent *p, const struct arguments *a)
{
    char error[CONF_ERROR_LEN];
    buf_init(&p->conf_text, CONF_BYTES_MAX);
    p->conf_name = a->conf_file;
    p->arguments = a;
    if (!load_conf(a, &p->conf, &p->conf_text, error))
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

static void drop_run_file(const struct parent *p, const char *name)
{
    char path[4096];
    if (str_format(path, sizeof(path), "%s/run/%s", p->conf.state_dir, name))
        (void)unlink(path);
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
    drop_run_file(p, "updating");
    renewal_show(&p->renewal, &p->state, "current");
    service_manager_tell(&p->manager, "READY=1\nSTATUS=Serving.");
}

/* The service manager would else end a start that lasts longer than usual, again and again. */
static void on_updating(void *context, const char *text)
{
    const struct parent *p = context;
    char lines[400];
    (void)str_format(lines, sizeof(lines), "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=%s", text);
    service_manager_tell(&p->manager, lines);
    statedir_write_run_file(&p->state, "updating", text);
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

/* ---- beginning anew ---- */

static void leave(struct parent *p)
{
    log_info(NULL, "beginning anew");
    p->leaving = true;
    service_manager_tell(&p->manager, "STATUS=Beginning anew.");
    children_stop(p->children, ROLE_EXIT_DONE);
}

static void on_renew_now(void *context)
{
    struct parent *p = context;
    log_warning(
        NULL,
        "no moment without calls came; those that are left are hung up, and their faxes go on afterwards");
    leave(p);
}

static void on_calls_left(void *context, unsigned calls)
{
    struct parent *p = context;
    char text[100];
    if (!p->renewing || p->leaving)
        return;
    (void)str_format(text, sizeof(text), "waiting for %u call%s", calls, calls == 1 ? "" : "s");
    renewal_show(&p->renewal, &p->state, text);
    if (calls == 0) {
        leave(p);
        return;
    }
    log_info(NULL, "to begin anew: %s", text);
}

/* Ours was replaced on the disk and a role died: it cannot be started again beside us. */
static void on_other_version(void *context)
{
    struct parent *p = context;
    if (p->hurried || p->leaving)
        return;
    log_warning(NULL,
                "other programs lie on the disk than we are; beginning anew with them now, and calls end");
    p->renewing = p->hurried = true;
    timer_start(&p->renew_now, p->loop, OTHER_VERSION_MS);
}

/* What a file that was altered would make of us; *changed: something else. False where it cannot be used. */
static bool judge_conf(const struct parent *p, bool *changed, char error[CONF_ERROR_LEN])
{
    struct conf conf;
    SCOPED_BUF struct buf text;
    buf_init(&text, CONF_BYTES_MAX);
    if (!load_conf(p->arguments, &conf, &text, error))
        return false;
    bool same_place = str_equal(conf.state_dir, p->conf.state_dir);
    *changed = !str_equal(buf_text(&text), buf_text(&p->conf_text));
    conf_clear(&conf);
    if (!same_place)
        (void)str_copy(error, CONF_ERROR_LEN, "another state_dir counts from the next start only");
    return same_place;
}

static void begin_anew(struct parent *p)
{
    char error[CONF_ERROR_LEN], text[CONF_ERROR_LEN + 20];
    bool changed = false, good = judge_conf(p, &changed, error);
    p->renewal.asked++;
    if (!good) {
        log_error(NULL, "the configuration cannot be used, so the old one goes on: %s", error);
        (void)str_format(text, sizeof(text), "refused %s", error);
        renewal_show(&p->renewal, &p->state, text);
    } else if (p->renewing) {
        renewal_show(&p->renewal, &p->state, "waiting");
    } else if (!changed && !renewal_has_programs(&p->renewal)) {
        renewal_show(&p->renewal, &p->state, "current");
    } else {
        p->renewing = true;
        log_info(NULL, "there is another %s: beginning anew as soon as no call is in the way",
                 changed ? "configuration" : "version");
        service_manager_tell(&p->manager, "STATUS=Serving; begins anew when no call is in the way.");
        renewal_show(&p->renewal, &p->state, "waiting");
        timer_start(&p->renew_now, p->loop, RENEW_MOST_MS);
        children_await_quiet(p->children, REFUSE_CALLS_S);
    }
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
            begin_anew(p);
        } else {
            p->leaving = false;
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
    int failed = statedir_open(&p->state, p->conf.state_dir, o->drop ? o->state_uid : 0,
                               o->drop ? o->state_gid : 0, inherited_named(&p->inherited, "lock"), error);
    if (failed)
        fail_with(passes(failed) ? ROLE_EXIT_PASSING : ROLE_EXIT_CONFIG, error);
    check_reachable(p, o);
    if (!*p->conf.archive_dir)
        statedir_make_archive(&p->state, o->drop ? o->net_uid : 0, o->drop ? o->net_gid : 0);
    drop_run_file(p, "ready");
    drop_run_file(p, "updating");
}

/* The new program finds our lock and our sockets open: nobody gets in between, and nobody is turned away. */
static void take_our_place(struct parent *p, char **argv)
{
    struct inherited to = {0};
    bool fits = inherited_leave(&to, "lock", p->state.lock_fd) && listeners_leave(&p->listeners, &to);
    if (!fits)
        log_warning(NULL, "there are too many sockets to keep; some are opened anew");
    (void)str_copy(to.bound, sizeof(to.bound), children_line_bound(p->children));
    service_manager_leave(&p->manager);
    int error = renewal_execute(&p->renewal, &to, argv);
    log_error(NULL, "cannot begin anew: %s; install Faxpost again, and start it", strerror(error));
    p->exit_code = ROLE_EXIT_FAILED;
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
    renewal_open(&p.renewal, &p.inherited);
    struct children_opts opts = {.conf = &p.conf,
                                 .conf_text = buf_text(&p.conf_text),
                                 .conf_name = p.conf_name,
                                 .state = &p.state,
                                 .listeners = &p.listeners,
                                 .certificate = &p.certificate,
                                 .on_all_ready = on_all_ready,
                                 .on_updating = on_updating,
                                 .on_all_gone = on_all_gone,
                                 .on_calls_left = on_calls_left,
                                 .on_other_version = on_other_version,
                                 .line_bound = p.inherited.bound,
                                 .context = &p};
    choose_accounts(&p, &opts);
    open_state(&p, &opts);
    if (certificate_prepare(&p.certificate, &p.conf, &p.state, certificate_error) != 0)
        fail(certificate_error);
    if (listeners_open(&p.listeners, &p.conf, p.conf.state_dir, &p.inherited, error) != 0)
        fail(error);
    inherited_end(&p.inherited);
    p.loop = loop_new();
    opts.loop = p.loop;
    watch_signals(&p);
    service_manager_watch(&p.manager, p.loop);
    p.children = children_start(&opts);
    p.renew_now = (struct timer){.on_due = on_renew_now, .context = &p};
    p.look = (struct timer){.on_due = on_look, .context = &p};
    timer_start(&p.look, p.loop, CERTIFICATE_LOOK_MS);
    if (!p.done)
        loop_run(p.loop);
    timer_stop(&p.look);
    timer_stop(&p.renew_now);
    if (p.leaving && p.exit_code == ROLE_EXIT_DONE)
        take_our_place(&p, argv);
    children_free(p.children);
    watch_stop(&p.signals);
    service_manager_close(&p.manager);
    loop_free(p.loop);
    conf_clear(&p.conf);
    buf_clear(&p.conf_text);
    return p.exit_code;
}
