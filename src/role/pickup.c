/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pickup folder (S3.11): mails that other programs on this machine drop as files go out with ours.
 *
 * SECURITY: any local account may drop anything there, as it may with `sendmail` everywhere. This process
 * reads and removes files of that one folder and speaks with the queue; it has no network. A file is removed
 * when the queue has said that its mail is durable; the mail's id comes from the file, so that a file that is
 * read twice, because we or the queue died in between, is one mail.
 *
 * One file after the other, in the order in which they were finished. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "ipc/peers.h"
#include "role/boot.h"
#include "mail/pickup_file.h"

enum { INLINE_MAX = 65536 };
/* For what inotify did not see: files from before our start, or too many at once. */
enum { LOOK_AROUND_MS = 10000 };
enum { FIRST_PAUSE_MS = 500, LONGEST_PAUSE_MS = 30000 };
enum { WAITING_MOST = 10000 }; /* more are found at the next look around */

struct name {
    struct list node;
    bool whole;
    char text[PICKUP_NAME_LEN];
};

struct pickup {
    struct loop *loop;
    struct peers *peers;
    struct pickup_folder folder;
    struct watch events;
    struct timer look_around, pause;
    struct list names;
    size_t name_count;
    bool busy; /* with `file` */
    struct pickup_file file;
    size_t recipient;
    int64_t pause_ms;
};

/* ---- names ---- */

static void add_name(struct pickup *p, const char *text, bool whole)
{
    if ((text[0] == '.' && !pickup_is_claimed(text)) || p->name_count >= WAITING_MOST)
        return;
    if (p->busy && str_equal(p->file.name, text))
        return;
    list_each (it, &p->names)
        if (str_equal(CONTAINER_OF(it, struct name, node)->text, text))
            return;
    struct name *n = mem_zalloc(sizeof(*n));
    if (!str_copy(n->text, sizeof(n->text), text)) {
        free(n);
        return;
    }
    n->whole = whole;
    list_append(&p->names, &n->node);
    p->name_count++;
}

static bool take_name(struct pickup *p, struct name *to)
{
    if (list_empty(&p->names))
        return false;
    struct name *n = CONTAINER_OF(p->names.next, struct name, node);
    *to = *n;
    list_remove(&n->node);
    p->name_count--;
    free(n);
    return true;
}

/* ---- one file ---- */

static void next_file(struct pickup *p);

static const char *recipient(const struct pickup *p)
{
    return p->file.mail.recipients[p->recipient];
}

static void done_with_file(struct pickup *p)
{
    p->busy = false;
    pickup_close(&p->file);
}

/* The file stays, and is found again. */
static void try_again_later(struct pickup *p, int error)
{
    p->pause_ms = p->pause_ms == 0 ? FIRST_PAUSE_MS : p->pause_ms * 2;
    if (p->pause_ms > LONGEST_PAUSE_MS)
        p->pause_ms = LONGEST_PAUSE_MS;
    log_warning(
        NULL,
        "\"%s\" stays in the pickup folder for now, its mail cannot be stored: %s; trying again in %lld s",
        p->file.name, strerror(error), (long long)(p->pause_ms + 999) / 1000);
    struct name *n = mem_zalloc(sizeof(*n));
    (void)str_copy(n->text, sizeof(n->text), p->file.name);
    n->whole = true;
    list_append(p->names.next, &n->node); /* the first again */
    p->name_count++;
    done_with_file(p);
    timer_start(&p->pause, p->loop, p->pause_ms);
}

static void ask_store(struct pickup *p, struct span data, uint64_t spooled)
{
    const struct message m = {.type = MSG_pickup_store,
                              .pickup_store = {.mail = pickup_id(&p->file, recipient(p)),
                                               .sender = p->file.mail.sender,
                                               .recipient = recipient(p),
                                               .spooled = spooled,
                                               .data = data}};
    (void)peers_ask(p->peers, ROLE_QUEUE, 0, &m);
}

/* Small ones travel in the message, others in a file of the queue's. */
static void give_to_recipient(struct pickup *p)
{
    SCOPED_BUF struct buf all;
    buf_init(&all, INLINE_MAX);
    int error = pickup_read(&p->file, &all);
    const struct message spool = {.type = MSG_pickup_spool,
                                  .pickup_spool = {.mail = pickup_id(&p->file, recipient(p))}};
    if (!error)
        ask_store(p, buf_span(&all), 0);
    else if (error == EFBIG)
        (void)peers_ask(p->peers, ROLE_QUEUE, 0, &spool);
    else
        try_again_later(p, error);
}

static void start_file(struct pickup *p, const struct name *n)
{
    struct complaint why;
    char claimed[PICKUP_NAME_LEN];
    enum pickup_result claim = pickup_claim(&p->folder, n->text, n->whole, claimed);
    if (claim == PICKUP_BAD)
        pickup_discard(&p->folder, n->text);
    if (claim != PICKUP_OURS)
        return;
    switch (pickup_open(&p->folder, claimed, &p->file, &why)) {
    case PICKUP_OURS:
        p->busy = true;
        p->recipient = 0;
        give_to_recipient(p);
        return;
    case PICKUP_BAD: pickup_reject(&p->folder, claimed, why.text); return;
    case PICKUP_LATER: return;
    }
}

static void next_file(struct pickup *p)
{
    struct name n;
    while (!p->busy && !timer_running(&p->pause) && take_name(p, &n))
        start_file(p, &n);
}

/* ---- the queue's answers ---- */

/* An answer to what we asked in a former life, or for a file we gave up meanwhile, is nobody's. */
static bool is_ours(const struct pickup *p, struct id mail)
{
    return p->busy && id_equal(mail, pickup_id(&p->file, recipient(p)));
}

static void on_pickup_spooled(void *context, const struct sender *from, struct msg_pickup_spooled *m)
{
    struct pickup *p = context;
    uint64_t size = 0;
    if (!is_ours(p, m->mail))
        return;
    SCOPED_FD int fd = m->error == 0 ? take_fd(&m->fd) : -1;
    int error = m->error != 0 ? (int)m->error : pickup_write(&p->file, fd, &size);
    if (error) {
        try_again_later(p, error);
        next_file(p);
        return;
    }
    ask_store(p, span_of(NULL, 0), size);
}

static void on_pickup_stored(void *context, const struct sender *from, struct msg_pickup_stored *m)
{
    struct pickup *p = context;
    if (!is_ours(p, m->mail))
        return;
    if (m->error != 0) {
        try_again_later(p, (int)m->error);
    } else if (++p->recipient < p->file.mail.recipient_count) {
        p->pause_ms = 0;
        give_to_recipient(p);
    } else {
        p->pause_ms = 0;
        pickup_remove(&p->folder, p->file.name);
        done_with_file(p);
    }
    next_file(p);
}

static const struct message_handlers handlers = {
    .pickup_spooled = on_pickup_spooled,
    .pickup_stored = on_pickup_stored,
};

/* ---- the folder ---- */

struct found {
    struct timespec when;
    char name[PICKUP_NAME_LEN];
};

static int earlier_first(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->when.tv_sec != y->when.tv_sec)
        return x->when.tv_sec < y->when.tv_sec ? -1 : 1;
    if (x->when.tv_nsec != y->when.tv_nsec)
        return x->when.tv_nsec < y->when.tv_nsec ? -1 : 1;
    return strcmp(x->name, y->name);
}

static size_t list_folder(int fd, struct found *found, size_t most)
{
    size_t n = 0;
    int copy = dup(fd);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        if (copy >= 0)
            (void)close(copy);
        return 0;
    }
    rewinddir(dir);
    for (struct dirent *e = readdir(dir); e && n < most; e = readdir(dir)) {
        struct stat s;
        if (fstatat(fd, e->d_name, &s, AT_SYMLINK_NOFOLLOW) < 0 ||
            !str_copy(found[n].name, sizeof(found[n].name), e->d_name))
            continue;
        found[n++].when = s.st_mtim;
    }
    (void)closedir(dir);
    return n;
}

static void on_look_around(void *context)
{
    struct pickup *p = context;
    SCOPED_FREE struct found *found = mem_zalloc(WAITING_MOST * sizeof(*found));
    size_t n = list_folder(p->folder.fd, found, WAITING_MOST);
    qsort(found, n, sizeof(*found), earlier_first);
    for (size_t i = 0; i < n; i++)
        add_name(p, found[i].name, false);
    timer_start(&p->look_around, p->loop, LOOK_AROUND_MS);
    next_file(p);
}

static void on_events(void *context, uint32_t events)
{
    struct pickup *p = context;
    _Alignas(struct inotify_event) char room[16384];
    ssize_t n = read(p->events.fd, room, sizeof(room));
    for (ssize_t at = 0; n > 0 && at + (ssize_t)sizeof(struct inotify_event) <= n;) {
        const struct inotify_event *e = (const struct inotify_event *)(const void *)(room + at);
        if (e->len > 0 && !pickup_is_claimed(e->name)) /* our own renaming is seen too */
            add_name(p, e->name, true);
        at += (ssize_t)(sizeof(*e) + e->len);
    }
    next_file(p);
}

static void on_pause_over(void *context)
{
    next_file(context);
}

/* ---- begin and end ---- */

/* Before the sandbox, which has no inotify. */
static int watch_folder(struct pickup *p, const char *state_dir)
{
    char path[64];
    int error = pickup_folder_open(&p->folder, state_dir);
    if (error)
        return error;
    p->events.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    (void)str_format(path, sizeof(path), "/proc/self/fd/%d", p->folder.fd);
    return p->events.fd < 0 || inotify_add_watch(p->events.fd, path, IN_MOVED_TO | IN_CLOSE_WRITE) < 0 ? errno
                                                                                                       : 0;
}

static void on_stop(void *context)
{
    struct pickup *p = context;
    loop_stop(p->loop);
}

static void run(struct pickup *p, const struct boot *b)
{
    const struct peers_opts opts = {.loop = p->loop,
                                    .self = ROLE_PICKUP,
                                    .parent_fd = BOOT_PARENT_FD,
                                    .handlers = &handlers,
                                    .context = p,
                                    .on_stop = on_stop};
    struct name n;
    p->peers = peers_new(&opts);
    boot_shut_in(b);
    watch_start(&p->events, p->loop, p->events.fd, EPOLLIN);
    timer_start(&p->look_around, p->loop, 0);
    boot_ready("");
    loop_run(p->loop);
    while (take_name(p, &n))
        ;
    if (p->busy)
        done_with_file(p);
    watch_stop(&p->events);
    timer_stop(&p->look_around);
    timer_stop(&p->pause);
    peers_free(p->peers);
}

int main(void)
{
    static struct boot boot;
    static struct pickup p;
    char host[256] = "localhost";
    boot_begin(&boot, ROLE_PICKUP);
    if (gethostname(host, sizeof(host) - 1) != 0)
        (void)str_copy(host, sizeof(host), "localhost");
    p.folder.home = *boot.conf.host_name ? boot.conf.host_name : host;
    p.folder.max_bytes = boot.conf.smtp_max_bytes;
    list_init(&p.names);
    p.events = (struct watch){.fd = -1, .on_ready = on_events, .context = &p};
    p.look_around = (struct timer){.on_due = on_look_around, .context = &p};
    p.pause = (struct timer){.on_due = on_pause_over, .context = &p};
    boot_drop(&boot);
    int error = watch_folder(&p, boot.conf.state_dir);
    if (error) {
        log_error(NULL, "cannot watch the pickup folder %s/spool/pickup: %s", boot.conf.state_dir,
                  strerror(error));
        return ROLE_EXIT_FAILED;
    }
    p.loop = loop_new();
    run(&p, &boot);
    loop_free(p.loop);
    conf_clear(&boot.conf);
    return ROLE_EXIT_DONE;
}
