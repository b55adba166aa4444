/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/children.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "ipc/channel.h"
#include "role/boot.h"

/* Who speaks with whom: one socket pair each. */
static const struct {
    enum role a, b;
} wires[] = {
    {ROLE_MAILIN, ROLE_QUEUE},  {ROLE_CONVERT, ROLE_QUEUE}, {ROLE_LINE, ROLE_QUEUE},
    {ROLE_CALL, ROLE_QUEUE},    {ROLE_MAILOUT, ROLE_QUEUE}, {ROLE_WEB, ROLE_QUEUE},
    {ROLE_LINE, ROLE_CALL},     {ROLE_PICKUP, ROLE_QUEUE},  {ROLE_FETCH, ROLE_QUEUE},
    {ROLE_FETCH, ROLE_WEB},     {ROLE_CONVERT, ROLE_WEB},   {ROLE_DIRECTORY, ROLE_QUEUE},
    {ROLE_DIRECTORY, ROLE_WEB}, {ROLE_ARCHIVE, ROLE_QUEUE}, {ROLE_MAILIN, ROLE_DIRECTORY},
};

/* The order of first start: who is asked stands before who asks. */
static const enum role start_order[] = {ROLE_QUEUE,     ROLE_CONVERT, ROLE_CALL,   ROLE_LINE,
                                        ROLE_MAILOUT,   ROLE_MAILIN,  ROLE_PICKUP, ROLE_FETCH,
                                        ROLE_DIRECTORY, ROLE_ARCHIVE, ROLE_WEB};

/* Of several nodes: others may take over what a node has under way NODE_LEASE_MS (queue/nodes.h) after queue
 * said so last. What could still call or send is told to end before, so that lines are hung up, and killed
 * then. */
enum { LEASE_STOP_MS = 5500, LEASE_KILL_MS = 7000, LEASE_LOOK_MS = 250 };

/* A process that ends soon after its start waits longer before each new one. */
enum { FIRST_DELAY_MS = 20, LONGEST_DELAY_MS = 10000, HEALTHY_LIFE_MS = 10000, STOP_PATIENCE_MS = 8000 };

struct child {
    struct children *all;
    enum role role;
    unsigned instance;
    uint64_t generation;
    pid_t pid; /* 0: not running */
    struct channel channel;
    bool ready, was_ready;
    int64_t started_ms;
    int64_t delay_ms;
    struct timer restart;
    unsigned falls; /* in a row, each before it was ready or soon after its start */
    struct timer well;
    char bound[BOOT_BOUND_LEN];
};

struct children {
    struct children_opts opts;
    struct child *list;
    size_t count;
    bool announced, stopping, awaits_quiet;
    unsigned open_s;
    int exit_code;
    struct timer patience;
    struct timer lease;
    int64_t lease_from_ms; /* clock_boot_ms; 0: nobody else could take anything over */
    bool lease_stopped;
};

/* ---- run/roles and run/ports, for `faxpost status`, scripts and tests ---- */

static void write_run_files(const struct children *c)
{
    SCOPED_BUF struct buf roles, ports;
    buf_init(&roles, 1 << 20);
    buf_init(&ports, 1 << 20);
    listeners_describe(c->opts.listeners, &ports);
    for (size_t i = 0; i < c->count; i++) {
        const struct child *k = &c->list[i];
        (void)buf_printf(&roles, "%s %u %" PRIu64 " %d\n", role_name(k->role), k->instance, k->generation,
                         (int)k->pid);
        (void)buf_append_str(&ports, k->bound);
    }
    statedir_write_run_file(c->opts.state, "roles", buf_text(&roles));
    statedir_write_run_file(c->opts.state, "ports", buf_text(&ports));
}

/* ---- first words ---- */

static void grant(struct child *k, const char *name, int fd)
{
    struct message m = {.type = MSG_grant, .grant = {.name = name, .fd = fd}};
    channel_send(&k->channel, &m);
}

/* Opened anew each time: a descriptor that was handed out before stands at its end. -1 with a log line. */
static int open_for(const struct child *k, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        log_error(NULL, "cannot open %s for %s: %s", path, role_name(k->role), strerror(errno));
    return fd;
}

static void grant_file(struct child *k, const char *name, const char *path)
{
    SCOPED_FD int fd = open_for(k, path);
    if (fd >= 0)
        grant(k, name, fd);
}

static void grant_key(struct child *k, const char *name, const char *file)
{
    char path[PATH_MAX];
    if (str_format(path, sizeof(path), "%s/keys/%s", k->all->opts.state->path, file))
        grant_file(k, name, path);
}

static bool has_gateways(const struct child *k)
{
    return k->role == ROLE_FETCH && k->all->opts.listeners->gateway[0] >= 0;
}

static bool has_sip_tls(const struct child *k)
{
    return k->role == ROLE_LINE && k->all->opts.conf->sip_tls_listen.count > 0;
}

static bool has_certificate(const struct child *k)
{
    return k->role == ROLE_MAILIN || has_gateways(k) || has_sip_tls(k);
}

static void renew_certificate(struct child *k)
{
    const struct certificate *c = k->all->opts.certificate;
    bool shows = has_certificate(k);
    SCOPED_FD int chain = open_for(k, c->chain_path);
    SCOPED_FD int key = shows ? open_for(k, c->key_path) : -1;
    struct message m = {.type = MSG_certificate, .certificate = {.chain = chain, .key = key}};
    if (chain >= 0 && (key >= 0 || !shows))
        channel_send(&k->channel, &m);
}

void children_renew_certificate(struct children *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].pid != 0 && (has_certificate(&c->list[i]) || c->list[i].role == ROLE_QUEUE))
            renew_certificate(&c->list[i]);
}

static void grant_all(struct child *k)
{
    const struct children_opts *o = &k->all->opts;
    if (k->role == ROLE_QUEUE || k->role == ROLE_WEB)
        grant(k, "lock", o->state->lock_fd);
    bool first_web =
        k->role == ROLE_WEB && k->instance == 0; /* it keeps who is in the wizard (doc/adr/019) */
    if (first_web)
        grant(k, "api", o->listeners->api);
    for (unsigned i = 0; k->role == ROLE_WEB && i < o->listeners->http_count; i++)
        grant(k, "http", o->listeners->http[i]); /* all alike: they are taken one by one */
    for (unsigned i = 0; first_web && i < o->listeners->setup_count; i++)
        grant(k, "setup", o->listeners->setup[i]);
    if (k->role == ROLE_QUEUE) {
        grant_key(k, "key.queue", "queue.key");
        grant_file(k, "tls.certificate", o->certificate->chain_path); /* when does it end? */
    }
    if (k->role == ROLE_LINE)
        grant_key(k, "key.line", "line.key");
    if (k->role == ROLE_MAILOUT)
        grant_key(k, "key.mailout", "mailout.key");
    if (k->role == ROLE_CONVERT)
        grant_key(k, "key.pgp", "pgp.key");
    if (k->role == ROLE_FETCH)
        grant_key(k, "key.fetch", "fetch.key");
    if (k->role == ROLE_DIRECTORY)
        grant_key(k, "key.directory", "directory.key");
    if (k->role == ROLE_ARCHIVE)
        grant_key(k, "key.archive", "archive.key");
    if (has_gateways(k)) {
        grant(k, "gateway.commands", o->listeners->gateway[0]);
        grant(k, "gateway.mails", o->listeners->gateway[1]);
    }
    if (has_gateways(k) && *o->conf->gateway_ca)
        grant_file(k, "gateway.ca", o->conf->gateway_ca);
    if (has_sip_tls(k) && *o->conf->sip_ca)
        grant_file(k, "sip.ca", o->conf->sip_ca);
    if (has_certificate(k)) {
        grant_file(k, "tls.certificate", o->certificate->chain_path);
        grant_file(k, "tls.key", o->certificate->key_path);
    }
    for (unsigned i = 0; k->role == ROLE_MAILIN && i < o->listeners->mail_count; i++) {
        char name[LISTENERS_NAME_LEN];
        listeners_name(&o->listeners->mail[i], name);
        grant(k, name, o->listeners->mail[i].fd);
    }
}

static void greet(struct child *k)
{
    const struct children_opts *o = &k->all->opts;
    bool state = role_account(k->role) == ACCOUNT_STATE;
    struct message init = {.type = MSG_init,
                           .init = {.conf = o->conf_text,
                                    .conf_name = o->conf_name,
                                    .instance = k->instance,
                                    .drop = o->drop,
                                    .uid = state ? o->state_uid : o->net_uid,
                                    .gid = state ? o->state_gid : o->net_gid,
                                    .bound = k->bound}};
    struct message go = {.type = MSG_go};
    channel_send(&k->channel, &init);
    grant_all(k);
    channel_send(&k->channel, &go);
}

/* ---- wiring ---- */

static void tell_peer(struct child *to, const struct child *about, int fd)
{
    struct message m = {
        .type = MSG_peer,
        .peer = {
            .role = about->role, .instance = about->instance, .generation = about->generation, .fd = fd}};
    channel_send(&to->channel, &m);
    (void)close(fd);
}

static bool wired(enum role a, enum role b)
{
    for (size_t i = 0; i < ARRAY_LEN(wires); i++)
        if ((wires[i].a == a && wires[i].b == b) || (wires[i].a == b && wires[i].b == a))
            return true;
    return false;
}

static void wire(struct child *k)
{
    for (size_t i = 0; i < k->all->count; i++) {
        struct child *other = &k->all->list[i];
        if (other == k || other->pid == 0 || !wired(k->role, other->role))
            continue;
        int fds[2];
        int error = channel_pair(fds);
        if (error)
            panic("no socket pair: %s", strerror(error));
        tell_peer(k, other, fds[0]);
        tell_peer(other, k, fds[1]);
    }
}

/* ---- starting ---- */

/* Role programs lie beside ours. */
static bool program_path(enum role role, char path[PATH_MAX])
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n <= 0)
        return false;
    self[n] = 0;
    char *slash = strrchr(self, '/');
    return slash && str_format(path, PATH_MAX, "%.*s/faxpost-%s", (int)(slash - self), self, role_name(role));
}

static void NORETURN exec_role(enum role role, int control)
{
    char path[PATH_MAX], name[64], wire[24];
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    /* control may be the very descriptor 3; dup2 would then leave close-on-exec set. */
    int error = control == BOOT_PARENT_FD           ? fd_set_cloexec(control, 0)
                : dup2(control, BOOT_PARENT_FD) < 0 ? errno
                                                    : 0;
    (void)str_format(name, sizeof(name), "faxpost-%s", role_name(role));
    (void)str_format(wire, sizeof(wire), "%016" PRIx64, message_wire());
    (void)setenv(BOOT_WIRE, wire, 1);
    if (!error && program_path(role, path))
        (void)execl(path, name, (char *)NULL);
    log_error(NULL, "cannot start %s: %s", name, strerror(error ? error : errno));
    _exit(ROLE_EXIT_CONFIG);
}

/* ---- several nodes ---- */

/* queue stands still, or it would have said something. */
static bool works_on_lease(const struct child *k)
{
    return k->pid != 0 && (k->role == ROLE_QUEUE || k->role == ROLE_LINE || k->role == ROLE_CALL ||
                           k->role == ROLE_MAILOUT || k->role == ROLE_ARCHIVE);
}

static void on_lease_look(void *context)
{
    struct children *c = context;
    const struct message stop = {.type = MSG_stop};
    int64_t past_ms = clock_boot_ms() - c->lease_from_ms;
    bool end = past_ms >= LEASE_KILL_MS, warn = past_ms >= LEASE_STOP_MS && !c->lease_stopped;
    if (warn)
        log_error(NULL,
                  "queue has not reached the store for %d s: calls, mails and copies end here, for another "
                  "node may take them over",
                  LEASE_STOP_MS / 1000);
    c->lease_stopped = c->lease_stopped || warn;
    for (size_t i = 0; i < c->count && (end || warn) && !c->stopping; i++) {
        if (!works_on_lease(&c->list[i]))
            continue;
        if (end)
            (void)kill(c->list[i].pid, SIGKILL);
        else if (c->list[i].role != ROLE_QUEUE)
            channel_send(&c->list[i].channel, &stop);
    }
    if (end)
        c->lease_from_ms = 0; /* until a new queue has one */
    else
        timer_start(&c->lease, c->opts.loop, LEASE_LOOK_MS);
}

static void note_lease(struct children *c, int64_t from_ms)
{
    bool runs = c->lease_from_ms != 0;
    c->lease_from_ms = from_ms;
    c->lease_stopped = false;
    if (!runs)
        timer_start(&c->lease, c->opts.loop, LEASE_LOOK_MS);
}

/* ---- what no alarm can tell ---- */

/* Alarms are queue's, and kept in the store. Where it cannot live, for its disk takes nothing, nobody else
 * would tell it but the log. */
enum { FALLS_ALERT = 4 };

static void note_fall(struct child *k)
{
    k->falls++;
    if (k->role == ROLE_QUEUE && k->falls == FALLS_ALERT)
        log_alert(
            NULL,
            "ALARM queue-down: queue has ended %u times in a row before it could work, so no fax is "
            "sent and no mail or call taken. The lines above say why: most often a disk that takes "
            "nothing, or a PostgreSQL that is away. Mend that; it is tried all the time. `faxpost doctor` "
            "looks at both",
            k->falls);
}

static void on_well(void *context)
{
    struct child *k = context;
    if (k->role == ROLE_QUEUE && k->falls >= FALLS_ALERT)
        log_alert(NULL, "over: queue-down: queue lives again");
    k->falls = 0;
}

static void on_child_message(void *context, struct message *m)
{
    struct child *k = context;
    if (m->type == MSG_calls_left) {
        k->all->opts.on_calls_left(k->all->opts.context, m->calls_left.calls);
        return;
    }
    if (m->type == MSG_lease && k->role == ROLE_QUEUE) {
        note_lease(k->all, m->lease.from_ms);
        return;
    }
    if (m->type == MSG_updating) {
        if (!k->all->announced)
            k->all->opts.on_updating(k->all->opts.context, m->updating.text);
        return;
    }
    if (m->type != MSG_ready)
        panic("%s sent %s to the parent", role_name(k->role), message_name(m->type));
    (void)str_copy(k->bound, sizeof(k->bound), m->ready.bound);
    k->ready = k->was_ready = true;
    timer_start(&k->well, k->all->opts.loop, HEALTHY_LIFE_MS);
    write_run_files(k->all);
    for (size_t i = 0; i < k->all->count; i++)
        if (!k->all->list[i].was_ready)
            return;
    if (!k->all->announced) {
        k->all->announced = true;
        k->all->opts.on_all_ready(k->all->opts.context);
    }
}

static void on_child_closed(void *context)
{
    /* SIGCHLD tells the rest. */
}

static void start(struct child *k)
{
    int fds[2];
    int error = channel_pair(fds);
    if (error)
        panic("no socket pair: %s", strerror(error));
    pid_t pid = fork();
    if (pid == 0)
        exec_role(k->role, fds[1]);
    (void)close(fds[1]);
    if (pid < 0)
        panic("cannot fork: %s", strerror(errno));
    k->pid = pid;
    k->ready = false;
    k->generation++;
    k->started_ms = clock_mono_ms();
    channel_start(&k->channel, k->all->opts.loop, fds[0]);
    greet(k);
    wire(k);
}

static void await_quiet(struct child *k)
{
    struct message m = {.type = MSG_await_quiet, .await_quiet = {.open_s = k->all->open_s}};
    if (k->role == ROLE_QUEUE && k->all->awaits_quiet)
        channel_send(&k->channel, &m);
}

void children_await_quiet(struct children *c, unsigned open_s)
{
    c->awaits_quiet = true;
    c->open_s = open_s;
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].pid != 0)
            await_quiet(&c->list[i]);
}

const char *children_line_bound(const struct children *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].role == ROLE_LINE)
            return c->list[i].bound;
    return "";
}

static void on_restart(void *context)
{
    struct child *k = context;
    start(k);
    await_quiet(k);
    write_run_files(k->all);
}

static size_t instances(const struct conf *c, enum role role)
{
    if (!role_is_wanted(c->roles, role))
        return 0;
    if (role == ROLE_WEB)
        return conf_web_processes(c);
    if (role != ROLE_CALL)
        return 1;
    return (size_t)((c->max_calls + c->calls_per_process - 1) / c->calls_per_process);
}

static void on_patience_ends(void *context)
{
    struct children *c = context;
    for (size_t i = 0; i < c->count; i++) {
        if (c->list[i].pid == 0)
            continue;
        log_warning(NULL, "%s.%u does not end; killing it", role_name(c->list[i].role), c->list[i].instance);
        (void)kill(c->list[i].pid, SIGKILL);
    }
}

struct children *children_start(const struct children_opts *opts)
{
    struct children *c = mem_zalloc(sizeof(*c));
    c->opts = *opts;
    c->patience = (struct timer){.on_due = on_patience_ends, .context = c};
    c->lease = (struct timer){.on_due = on_lease_look, .context = c};
    for (size_t r = 0; r < ARRAY_LEN(start_order); r++)
        c->count += instances(opts->conf, start_order[r]);
    c->list = mem_zalloc(c->count * sizeof(*c->list));
    size_t at = 0;
    for (size_t r = 0; r < ARRAY_LEN(start_order); r++)
        for (unsigned n = 0; n < instances(opts->conf, start_order[r]); n++)
            c->list[at++] = (struct child){.all = c, .role = start_order[r], .instance = n};
    for (size_t i = 0; i < c->count; i++) {
        struct child *k = &c->list[i];
        k->channel = (struct channel){
            .fd = -1, .on_message = on_child_message, .on_closed = on_child_closed, .context = k};
        list_init(&k->channel.unsent);
        k->restart = (struct timer){.on_due = on_restart, .context = k};
        k->well = (struct timer){.on_due = on_well, .context = k};
        if (k->role == ROLE_LINE)
            (void)str_copy(k->bound, sizeof(k->bound), opts->line_bound);
        start(k);
    }
    write_run_files(c);
    return c;
}

/* ---- ending ---- */

static void describe_end(const struct child *k, int status)
{
    if (WIFSIGNALED(status))
        log_warning(NULL, "%s.%u was ended by signal %d (%s); starting it again", role_name(k->role),
                    k->instance, WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        log_warning(NULL, "%s.%u ended with code %d; starting it again", role_name(k->role), k->instance,
                    WEXITSTATUS(status));
}

static void check_all_gone(struct children *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].pid != 0)
            return;
    timer_stop(&c->patience);
    timer_stop(&c->lease);
    c->opts.on_all_gone(c->opts.context, c->exit_code);
}

static void on_ended(struct child *k, int status)
{
    k->pid = 0;
    channel_stop(&k->channel);
    timer_stop(&k->well);
    if (k->all->stopping) {
        check_all_gone(k->all);
        return;
    }
    if (!k->was_ready && WIFEXITED(status) && WEXITSTATUS(status) == ROLE_EXIT_CONFIG) {
        children_stop(k->all, ROLE_EXIT_CONFIG);
        return;
    }
    bool passing = WIFEXITED(status) && WEXITSTATUS(status) == ROLE_EXIT_PASSING; /* it said why */
    if (!passing)
        describe_end(k, status);
    if (WIFEXITED(status) && WEXITSTATUS(status) == ROLE_EXIT_OTHER)
        k->all->opts.on_other_version(k->all->opts.context);
    bool healthy = passing || clock_mono_ms() - k->started_ms >= HEALTHY_LIFE_MS;
    if (!healthy || (!k->ready && !passing)) /* a PostgreSQL that does not answer is waited for */
        note_fall(k);
    k->delay_ms = healthy || k->delay_ms == 0 ? FIRST_DELAY_MS : k->delay_ms * 2;
    if (k->delay_ms > LONGEST_DELAY_MS)
        k->delay_ms = LONGEST_DELAY_MS;
    timer_start(&k->restart, k->all->opts.loop, k->delay_ms);
    write_run_files(k->all);
}

void children_reap(struct children *c)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < c->count; i++)
            if (c->list[i].pid == pid)
                on_ended(&c->list[i], status);
}

void children_stop(struct children *c, int exit_code)
{
    if (c->stopping)
        return;
    c->stopping = true;
    c->exit_code = exit_code;
    struct message stop = {.type = MSG_stop};
    for (size_t i = 0; i < c->count; i++) {
        timer_stop(&c->list[i].restart);
        timer_stop(&c->list[i].well);
        channel_send(&c->list[i].channel, &stop);
    }
    timer_start(&c->patience, c->opts.loop, STOP_PATIENCE_MS);
    check_all_gone(c);
}

void children_free(struct children *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->count; i++)
        channel_stop(&c->list[i].channel);
    free(c->list);
    free(c);
}
