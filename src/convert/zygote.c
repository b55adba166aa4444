/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/document_title.h"
#include "convert/office.h"
#include "convert/office_folder.h"
#include "convert/sniff.h"
#include "convert/unpack.h"
#include "convert/vault.h"
#include "convert/work.h"
#include "ipc/channel.h"
#include "model/page_set.h"

/* Most bytes MuPDF may hold for one document. */
enum { RENDER_MEMORY_MAX = 400 * 1024 * 1024 };
/* A worker that somebody else kills (a machine without memory, an operator) is started again, so often. */
enum { KILLS_MAX = 5, KILL_WAIT_MS = 1000 };
/* More people than have browsers open at once; what comes beyond is told to try again. */
enum { SCREEN_TASKS_MAX = 64 };
enum { LEAST_PRIORITY = 19 };
/* How a worker ends that would not be safe. */
enum { EXIT_NO_SANDBOX = 5 };

/* An office document takes three workers: one that sees what it is, one with LibreOffice, one that renders
 * its PDF. */
/* Who waits for it: a fax or mail; somebody who looks at a fax, behind all of those; nobody. The last has a
 * single worker, beside all others and behind them. */
enum lane { LANE_FAX, LANE_SCREEN, LANE_SLOW, LANES };

enum stage { STAGE_FIRST, STAGE_OFFICE, STAGE_PDF };

struct task {
    struct list node; /* in waiting or running */
    enum stage stage;
    char folder[PATH_MAX]; /* in STAGE_OFFICE: the worker's own; "" where there is none */
    struct zygote *zygote;
    struct sender from;
    struct packet *ask;
    pid_t pid;
    int pidfd;
    int answer, payload; /* memory files the worker fills */
    struct watch ended;
    struct timer deadline;
    bool late;
    enum lane lane;
    unsigned kills;    /* by others, so far */
    char misnamed[32]; /* of an office document: what the first worker saw */
    struct timer again;
};

struct zygote {
    struct zygote_opts o;
    struct render *render;
    struct list waiting[LANES], running, resting; /* resting: killed, to be started again */
    unsigned working[LANES], count[LANES];        /* count: of all tasks */
    struct timer next;                            /* starts what waits, outside of any caller */
    unsigned folders;                             /* made so far */
};

/* ---- in the worker ---- */

/* Closes everything but standard error and these. */
static void keep_only(const int *fds, size_t count)
{
    unsigned from = 0;
    for (;;) {
        unsigned next = UINT32_MAX;
        for (size_t i = 0; i < count; i++)
            if (fds[i] >= 0 && (unsigned)fds[i] >= from && (unsigned)fds[i] < next)
                next = (unsigned)fds[i];
        if (STDERR_FILENO >= from && STDERR_FILENO < next)
            next = STDERR_FILENO;
        if (next > from)
            (void)close_range(from, next == UINT32_MAX ? UINT32_MAX : next - 1, 0);
        if (next == UINT32_MAX)
            return;
        from = next + 1;
    }
}

static void leave_parent(const struct task *t, pid_t parent)
{
    sigset_t none;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    /* A handler of the parent's would run in a child that is not the parent. */
    static const int signals[] = {SIGPIPE, SIGSEGV, SIGBUS, SIGFPE, SIGILL,
                                  SIGABRT, SIGTERM, SIGINT, SIGXCPU};
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        (void)signal(signals[i], SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    int keep[MESSAGE_FDS_MAX + 2] = {t->answer, t->payload};
    for (size_t i = 0; i < MESSAGE_FDS_MAX; i++)
        keep[2 + i] = i < t->ask->fd_count ? t->ask->fds[i] : -1;
    keep_only(keep, ARRAY_LEN(keep));
}

static void shut_in(const struct sandbox_policy *policy)
{
    struct sandbox_report report;
    if (!policy)
        return;
    if (sandbox_enter(policy, &report) != 0)
        _exit(2);
}

/* LibreOffice opens whatever file a document names: where the kernel cannot forbid that, it is not run. */
static void shut_office_in(const struct task *t)
{
    struct sandbox_policy policy = *t->zygote->o.shut_office;
    struct sandbox_report report;
    sandbox_allow_path(&policy, t->folder, true);
    if (sandbox_enter(&policy, &report) != 0)
        _exit(2);
    if (report.missing & (SANDBOX_NO_LANDLOCK | SANDBOX_NO_SECCOMP))
        _exit(EXIT_NO_SANDBOX);
}

static int write_answer(const struct task *t, struct work *w)
{
    SCOPED_BUF struct buf b;
    int fds[MESSAGE_FDS_MAX];
    buf_init(&b, MESSAGE_BYTES_MAX);
    work_attach(&w->answer, w->payload.len > 0 ? t->payload : -1);
    (void)message_encode(&w->answer, &b, fds);
    int error = fd_write_all(t->payload, buf_span(&w->payload));
    return error ? error : fd_write_all(t->answer, buf_span(&b));
}

static void NORETURN run_worker(const struct task *t, pid_t parent)
{
    struct message ask;
    struct work w;
    leave_parent(t, parent);
    if (!message_decode(t->ask->bytes, t->ask->fds, t->ask->fd_count, &ask))
        _exit(3);
    if (t->stage == STAGE_OFFICE) {
        office_open();
        shut_office_in(t);
        work_office(&w, &ask, t->folder);
        _exit(write_answer(t, &w) ? 4 : 0);
    }
    if (t->lane == LANE_SLOW)
        (void)setpriority(PRIO_PROCESS, 0, LEAST_PRIORITY);
    work_open(&ask);
    shut_in(t->zygote->o.shut);
    work_do(&w, t->zygote->render, &ask);
    _exit(write_answer(t, &w) ? 4 : 0);
}

/* ---- outside ---- */

static void start_waiting(void *context);

static void wait_turn(struct task *t)
{
    list_append(&t->zygote->waiting[t->lane], &t->node);
}

/* What the task holds beside its ask, its place among the working ones too. */
static void end_run(struct task *t)
{
    list_remove(&t->node);
    watch_stop(&t->ended);
    timer_stop(&t->deadline);
    if (t->pidfd >= 0)
        t->zygote->working[t->lane]--;
    if (t->pid > 0) {
        (void)pidfd_send_signal(t->pidfd, SIGKILL, NULL, 0);
        (void)waitpid(t->pid, NULL, 0);
    }
    const int fds[] = {t->pidfd, t->answer, t->payload};
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    t->pid = 0;
    t->pidfd = t->answer = t->payload = -1;
    if (t->folder[0])
        office_folder_remove(t->folder);
    t->folder[0] = 0;
}

static void task_free(struct task *t)
{
    end_run(t);
    timer_stop(&t->again);
    t->zygote->count[t->lane]--;
    packet_free(t->ask);
    free(t);
}

/* Of several documents the sender has to know which one it was. */
static void explain(const struct task *t, const struct message *ask, int status, struct outcome *o)
{
    char title[DOCUMENT_TITLE_LEN];
    bool killed = WIFSIGNALED(status);
    bool cpu_limit =
        killed && (WTERMSIG(status) == SIGXCPU || (WTERMSIG(status) == SIGKILL && t->kills == 0));
    document_title(title, ask->type == MSG_render ? ask->render.name : "");
    if (t->late || cpu_limit)
        outcome_set(
            o, VERDICT_GIVE_UP, "document-timeout",
            "%s takes too long to be made into fax pages. Send it in parts or at a lower resolution, or "
            "print it to a new PDF and send that.",
            title);
    else if (!killed && WEXITSTATUS(status) == EXIT_NO_SANDBOX)
        outcome_set(o, VERDICT_GIVE_UP, "office-unsafe",
                    "%s is an office document, and this fax server cannot open those safely: its system has "
                    "no Landlock. Save it as PDF and send that.",
                    title);
    else if (!killed && WEXITSTATUS(status) == OFFICE_EXIT_LOCKED && t->stage == STAGE_OFFICE)
        outcome_set(o, VERDICT_GIVE_UP, "document-encrypted",
                    "%s is protected by a password. Save it without one and send it again.", title);
    else if (killed && WTERMSIG(status) == SIGKILL)
        outcome_set(o, VERDICT_GIVE_UP, "worker-killed",
                    "%s could not be read: its reader on the fax server was stopped %u times, as a rule for "
                    "lack of memory. Send it again later, or in parts; the administrator finds more in the "
                    "server's log.",
                    title, t->kills);
    else
        outcome_set(o, VERDICT_GIVE_UP, "document-crash",
                    "%s is built in a way that broke our reader. Print it to a new PDF and send that.",
                    title);
    log_warning(NULL, "a worker ended without an answer (%s %d): %s", killed ? "signal" : "status",
                killed ? WTERMSIG(status) : WEXITSTATUS(status), o->code);
}

static bool read_answer_text(const struct task *t, struct buf *storage)
{
    return lseek(t->answer, 0, SEEK_SET) >= 0 && fd_read_rest(t->answer, storage) == 0 &&
           lseek(t->payload, 0, SEEK_SET) >= 0 &&
           fcntl(t->payload, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) >= 0;
}

/* The answer as the worker left it; its texts live in storage. The payload is sealed: nobody changes it
 * later. */
static bool read_answer(const struct task *t, const struct message *ask, struct buf *storage,
                        struct message *answer)
{
    if (!read_answer_text(t, storage))
        return false;
    /* The codec closes what it is given where the answer is no message: give it a copy. */
    int fd = fcntl(t->payload, F_DUPFD_CLOEXEC, 3);
    if (message_decode(buf_span(storage), &fd, 1, answer)) {
        if (work_answer_good(ask, answer))
            return true;
        message_close_fds(answer);
        return false;
    }
    if (!message_decode(buf_span(storage), NULL, 0, answer))
        return false;
    return work_answer_good(ask, answer);
}

/* The ask of a task once more, without its descriptors. */
static void decode_ask(const struct task *t, struct message *ask)
{
    int copies[MESSAGE_FDS_MAX];
    for (size_t i = 0; i < t->ask->fd_count; i++)
        copies[i] = fcntl(t->ask->fds[i], F_DUPFD_CLOEXEC, 3);
    if (!message_decode(t->ask->bytes, copies, t->ask->fd_count, ask))
        panic("a kept ask does not decode");
    message_close_fds(ask);
}

static void on_again(void *context)
{
    struct task *t = context;
    list_remove(&t->node);
    wait_turn(t);
    start_waiting(t->zygote);
}

/* The worker did not end by itself, and not by a limit that we set it: that says nothing of its document. */
static bool killed_by_others(const struct task *t, int status, const struct rusage *used)
{
    const struct sandbox_policy *limits =
        t->stage == STAGE_OFFICE ? t->zygote->o.shut_office : t->zygote->o.shut;
    uint64_t seconds = (uint64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec);
    bool cpu_limit = limits && limits->cpu_seconds && seconds + 1 >= limits->cpu_seconds;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !t->late && !cpu_limit;
}

static void start_later(struct task *t)
{
    struct zygote *z = t->zygote;
    unsigned wait_ms = (z->o.kill_wait_ms ? z->o.kill_wait_ms : KILL_WAIT_MS) << (t->kills - 1);
    log_error(NULL, "a worker was killed from outside, perhaps for lack of memory; it begins again in %u ms",
              wait_ms);
    end_run(t);
    for (size_t i = 0; i < t->ask->fd_count; i++)
        (void)lseek(t->ask->fds[i], 0, SEEK_SET);
    list_append(&z->resting, &t->node);
    timer_start(&t->again, z->o.loop, wait_ms);
    timer_start(&z->next, z->o.loop, 0);
}

/* What LibreOffice's worker leaves: an outcome, or a PDF that is then a document like any other. */
static bool read_office_answer(const struct task *t, const struct message *ask, struct buf *storage,
                               struct message *answer)
{
    uint64_t size;
    if (!read_answer_text(t, storage))
        return false;
    int fd = fcntl(t->payload, F_DUPFD_CLOEXEC, 3);
    bool with_pdf = message_decode(buf_span(storage), &fd, 1, answer);
    if (!with_pdf && !message_decode(buf_span(storage), NULL, 0, answer))
        return false;
    bool done, good = work_office_answer_good(ask, answer, &done) &&
                      (!done ||
                       (with_pdf && fd_checked_size(t->payload, PAGE_SET_BYTES_MAX, &size) == 0 && size > 0));
    if (!good)
        message_close_fds(answer);
    return good;
}

/* The same task with the next worker; its place among the working ones becomes free until then. */
static void go_on(struct task *t, enum stage stage)
{
    struct zygote *z = t->zygote;
    if (stage == STAGE_PDF) {
        (void)close(t->ask->fds[0]);
        t->ask->fds[0] = fcntl(t->payload, F_DUPFD_CLOEXEC, 3);
    }
    end_run(t);
    t->stage = stage;
    t->kills = 0;
    for (size_t i = 0; i < t->ask->fd_count; i++)
        (void)lseek(t->ask->fds[i], 0, SEEK_SET);
    wait_turn(t);
    timer_start(&z->next, z->o.loop, 0);
}

static bool needs_another(const struct task *t, const struct message *ask, const struct message *answer,
                          enum stage *stage)
{
    const struct zygote *z = t->zygote;
    bool done;
    *stage = t->stage == STAGE_OFFICE ? STAGE_PDF : STAGE_OFFICE;
    if (t->stage == STAGE_OFFICE)
        return work_office_answer_good(ask, answer, &done) && done;
    return t->stage == STAGE_FIRST && z->o.shut_office && z->o.office_folder && work_wants_office(answer) &&
           office_installed();
}

/* The PDF that was made of it has its name. */
static void note_misnamed(struct task *t, const struct message *answer)
{
    if (t->stage == STAGE_FIRST && answer->type == MSG_rendered &&
        document_word_known(answer->rendered.misnamed))
        (void)str_copy(t->misnamed, sizeof(t->misnamed), answer->rendered.misnamed);
}

static void finish(struct task *t, int status)
{
    struct zygote *z = t->zygote;
    char misnamed[sizeof(t->misnamed)];
    struct message ask, answer;
    struct outcome outcome;
    SCOPED_BUF struct buf storage;
    buf_init(&storage, MESSAGE_BYTES_MAX);
    decode_ask(t, &ask);
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
                (t->stage == STAGE_OFFICE ? read_office_answer(t, &ask, &storage, &answer)
                                          : read_answer(t, &ask, &storage, &answer));
    enum stage next;
    if (good && needs_another(t, &ask, &answer, &next)) {
        message_close_fds(&answer);
        note_misnamed(t, &answer);
        go_on(t, next);
        return;
    }
    if (!good) {
        explain(t, &ask, status, &outcome);
        work_fail(&ask, &outcome, &answer);
    }
    const struct sender to = t->from;
    (void)str_copy(misnamed, sizeof(misnamed), t->misnamed);
    if (t->stage == STAGE_PDF && good && answer.type == MSG_rendered)
        answer.rendered.misnamed = misnamed;
    task_free(t);
    z->o.on_answer(z->o.context, &to, &answer);
    message_close_fds(&answer);
    timer_start(&z->next, z->o.loop, 0);
}

static void on_ended(void *context, uint32_t events)
{
    struct task *t = context;
    int status = 0;
    struct rusage used;
    if (wait4(t->pid, &status, 0, &used) != t->pid)
        panic("a worker was waited for by somebody else");
    t->pid = 0;
    bool killed = killed_by_others(t, status, &used);
    t->kills += killed;
    if (killed && t->kills < KILLS_MAX)
        start_later(t);
    else
        finish(t, status);
}

static void on_deadline(void *context)
{
    struct task *t = context;
    t->late = true;
    (void)pidfd_send_signal(t->pidfd, SIGKILL, NULL, 0);
}

static int open_memory(const char *name)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        panic("no memory file: %s", strerror(errno));
    return fd;
}

/* fork() with a descriptor of the child, by which alone we may signal it: our sandbox has neither kill nor
 * pidfd_open, which would reach our siblings. libc is not told; with a single thread nothing in it misses
 * that.
 */
static pid_t fork_with_pidfd(int *pidfd)
{
    return (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, pidfd, NULL, NULL);
}

static void start_task(struct task *t)
{
    struct zygote *z = t->zygote;
    struct message ask;
    decode_ask(t, &ask);
    unsigned seconds = z->o.seconds_max ? z->o.seconds_max : work_seconds_max(ask.type);
    t->answer = open_memory("answer");
    t->payload = open_memory("payload");
    if (t->stage == STAGE_OFFICE && !office_folder_make(z->o.office_folder, z->folders++, t->folder))
        log_error(NULL, "no folder for an office document below %s", z->o.office_folder);
    if (t->stage == STAGE_OFFICE)
        office_warm();
    t->late = false;
    pid_t parent = getpid();
    if (work_secret(&ask).len > 0)
        vault_lay_out(work_secret(&ask));
    /* No signal may find our handlers in the child before it has put them away. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    t->pid = fork_with_pidfd(&t->pidfd);
    if (t->pid == 0)
        run_worker(t, parent);
    vault_put_away();
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (t->pid < 0)
        panic("cannot fork: %s", strerror(errno));
    watch_start(&t->ended, z->o.loop, t->pidfd, EPOLLIN);
    timer_start(&t->deadline, z->o.loop, (int64_t)seconds * 1000);
    z->working[t->lane]++;
}

static bool may_start(const struct zygote *z, enum lane lane)
{
    unsigned working = z->working[LANE_FAX] + z->working[LANE_SCREEN];
    if (list_empty(&z->waiting[lane]))
        return false;
    if (lane == LANE_SLOW)
        return z->working[LANE_SLOW] == 0;
    /* One worker is kept for faxes, where there is more than one. */
    unsigned most = lane == LANE_SCREEN && z->o.workers_max > 1 ? z->o.workers_max - 1 : z->o.workers_max;
    return working < most && (lane == LANE_FAX || list_empty(&z->waiting[LANE_FAX]));
}

static void start_waiting(void *context)
{
    struct zygote *z = context;
    for (int lane = 0; lane < LANES; lane++)
        while (may_start(z, (enum lane)lane)) {
            struct task *t = CONTAINER_OF(z->waiting[lane].next, struct task, node);
            list_remove(&t->node);
            list_append(&z->running, &t->node);
            start_task(t);
        }
}

static void refuse_busy(const struct zygote *z, const struct sender *to, const struct message *ask)
{
    struct message answer;
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, "busy", "Too many pages are being shown at this moment.");
    work_fail(ask, &o, &answer);
    z->o.on_answer(z->o.context, to, &answer);
}

void zygote_work(struct zygote *z, const struct sender *from, const struct message *ask)
{
    if (work_seconds_max(ask->type) == 0)
        panic("%s is no work of convert", message_name(ask->type));
    enum lane lane = work_is_slow(ask->type) ? LANE_SLOW : from->role == ROLE_WEB ? LANE_SCREEN : LANE_FAX;
    if (lane == LANE_SCREEN && z->count[lane] >= SCREEN_TASKS_MAX) {
        refuse_busy(z, from, ask);
        return;
    }
    struct task *t = mem_zalloc(sizeof(*t));
    t->zygote = z;
    t->from = *from;
    t->lane = lane;
    z->count[lane]++;
    t->ask = packet_new(ask);
    t->pidfd = t->answer = t->payload = -1;
    t->ended = (struct watch){.on_ready = on_ended, .context = t};
    t->again = (struct timer){.on_due = on_again, .context = t};
    t->deadline = (struct timer){.on_due = on_deadline, .context = t};
    wait_turn(t);
    start_waiting(z);
}

struct zygote *zygote_new(const struct zygote_opts *o)
{
    struct zygote *z = mem_zalloc(sizeof(*z));
    z->o = *o;
    for (int lane = 0; lane < LANES; lane++)
        list_init(&z->waiting[lane]);
    list_init(&z->running);
    list_init(&z->resting);
    z->next = (struct timer){.on_due = start_waiting, .context = z};
    if (o->office_folder)
        office_folder_sweep(o->office_folder);
    unpack_prepare();
    z->render = render_new(RENDER_MEMORY_MAX);
    return z;
}

void zygote_drop(struct zygote *z, enum role of)
{
    struct list *lists[] = {&z->running, &z->resting, &z->waiting[LANE_FAX], &z->waiting[LANE_SCREEN],
                            &z->waiting[LANE_SLOW]};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        list_each_safe (it, lists[i]) {
            struct task *t = CONTAINER_OF(it, struct task, node);
            if (of == ROLE_COUNT || t->from.role == of)
                task_free(t);
        }
    timer_start(&z->next, z->o.loop, 0); /* others may have waited for them */
}

void zygote_free(struct zygote *z)
{
    zygote_drop(z, ROLE_COUNT);
    timer_stop(&z->next);
    render_free(z->render);
    free(z);
}

pid_t zygote_worker(const struct zygote *z, unsigned index)
{
    list_each (it, &z->running) {
        if (index-- == 0)
            return CONTAINER_OF(it, struct task, node)->pid;
    }
    return 0;
}
