/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The role `mailout` as a process, with this program as its parent and queue: mailout-peer FAXPOST-MAILOUT
 * CONF-FILE
 *
 * Commands on standard input, one a line:
 *     server JSON          the settings that the following mails carry; "-" for none
 *     secret TEXT          their password, sealed for the role's key; "-" for none
 *     foreign TEXT         the same, sealed for another installation
 *     tls_seen 1           the server of the following mails spoke TLS once
 *     maildir DIR          the folder that they carry; "-" for none
 *     deliver N ADDRESS FILE
 *     restart              as after kill -9 of the queue: a new pair of sockets, open questions are asked
 * again kill                 kill -9 of the role; its next life is asked again what is open stop end in order
 * On standard output: "ready", "N verdict code fault text", "ended STATUS". */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "ipc/channel.h"

enum { MOST_MAILS = 1000, LINE_LEN = 8192 };

struct mail {
    bool used, open;
    struct id id;
    char recipient[512], maildir[512], server[2048];
    uint32_t tls_seen;
    uint8_t secret[1024];
    size_t secret_len;
    int fd;
};

struct world {
    struct loop *loop;
    const char *program;
    struct buf conf;
    pid_t pid;
    struct channel parent, queue;
    uint64_t generation;
    bool stopping;
    unsigned char public[crypto_box_PUBLICKEYBYTES], key[crypto_box_SECRETKEYBYTES];
    int key_fd;
    struct mail now; /* what the next mail carries */
    struct mail mails[MOST_MAILS];
    struct watch input;
    struct buf line;
};

static void say(const char *format, ...) PRINTF_LIKE(1, 2);
static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)fflush(stdout);
}

/* ---- as queue ---- */

static void ask(struct world *w, unsigned n)
{
    const struct mail *k = &w->mails[n];
    struct message m = {.type = MSG_deliver,
                        .request = 1000 + n,
                        .deliver = {.mail = k->id,
                                    .maildir = k->maildir,
                                    .name = *k->server ? "main" : "",
                                    .server = k->server,
                                    .tls_seen = k->tls_seen,
                                    .secret = span_of(k->secret, k->secret_len),
                                    .sender = "bounce@fax.example.com",
                                    .recipient = k->recipient,
                                    .mail_bytes = k->fd}};
    channel_send(&w->queue, &m);
}

static void on_queue_message(void *context, struct message *m)
{
    static const char *const verdicts[] = {"done", "retry", "give-up"};
    struct world *w = context;
    size_t n = m->request - 1000;
    if (m->type != MSG_delivered || n >= MOST_MAILS || !id_equal(w->mails[n].id, m->delivered.mail))
        panic("the queue was told %s", message_name(m->type));
    if (!w->mails[n].open)
        return; /* the second answer to a question that was asked twice */
    w->mails[n].open = false;
    say("%zu %s %s %u %s\n", n, verdicts[m->delivered.verdict], m->delivered.code, m->delivered.fault,
        m->delivered.reason);
}

static void on_queue_closed(void *context)
{
}

static void connect_queue(struct world *w)
{
    int fds[2];
    if (channel_pair(fds) != 0)
        panic("no socket pair");
    struct message peer = {.type = MSG_peer,
                           .peer = {.role = ROLE_QUEUE, .generation = ++w->generation, .fd = fds[1]}};
    channel_send(&w->parent, &peer);
    (void)close(fds[1]);
    w->queue = (struct channel){
        .fd = -1, .on_message = on_queue_message, .on_closed = on_queue_closed, .context = w};
    channel_start(&w->queue, w->loop, fds[0]);
    for (unsigned n = 0; n < MOST_MAILS; n++)
        if (w->mails[n].open)
            ask(w, n);
}

/* ---- as parent ---- */

static void on_parent_message(void *context, struct message *m)
{
    say("%s\n", message_name(m->type));
}

static void start(struct world *w);

static void on_role_ended(void *context)
{
    struct world *w = context;
    int status = 0;
    (void)waitpid(w->pid, &status, 0);
    channel_stop(&w->queue);
    if (w->stopping) {
        say("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
        loop_stop(w->loop);
        return;
    }
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        panic("the role ended by itself with status %d", status);
    start(w);
}

static void start(struct world *w)
{
    int fds[2];
    if (channel_pair(fds) != 0)
        panic("no socket pair");
    w->pid = fork();
    if (w->pid == 0) {
        if (dup2(fds[1], 3) == 3)
            (void)execl(w->program, w->program, (char *)NULL);
        _exit(127);
    }
    (void)close(fds[1]);
    w->parent =
        (struct channel){.fd = -1, .on_message = on_parent_message, .on_closed = on_role_ended, .context = w};
    channel_start(&w->parent, w->loop, fds[0]);
    struct message init = {.type = MSG_init,
                           .init = {.conf = buf_text(&w->conf), .conf_name = "conf", .bound = ""}};
    struct message key = {.type = MSG_grant, .grant = {.name = "key.mailout", .fd = w->key_fd}};
    struct message go = {.type = MSG_go};
    channel_send(&w->parent, &init);
    channel_send(&w->parent, &key);
    channel_send(&w->parent, &go);
    connect_queue(w);
}

/* ---- commands ---- */

static void seal(struct mail *to, const char *text, const unsigned char *public)
{
    size_t len = strlen(text);
    to->secret_len = str_equal(text, "-") ? 0 : len + crypto_box_SEALBYTES;
    if (to->secret_len > sizeof(to->secret) ||
        (to->secret_len && crypto_box_seal(to->secret, (const unsigned char *)text, len, public) != 0))
        panic("cannot seal");
}

static void deliver(struct world *w, char *words)
{
    char *end;
    unsigned long n = strtoul(words, &end, 10);
    char *recipient = end + (*end == ' '), *file = strchr(recipient, ' ');
    if (n >= MOST_MAILS || !file)
        panic("deliver N ADDRESS FILE");
    *file++ = 0;
    struct mail *k = &w->mails[n];
    struct id id = k->used ? k->id : id_new();
    *k = w->now;
    k->id = id;
    k->used = k->open = true;
    (void)str_copy(k->recipient, sizeof(k->recipient), recipient);
    k->fd = open(file, O_RDONLY | O_CLOEXEC);
    if (k->fd < 0)
        panic("%s: %s", file, strerror(errno));
    ask(w, (unsigned)n);
}

static void stop(struct world *w)
{
    struct message m = {.type = MSG_stop};
    w->stopping = true;
    channel_send(&w->parent, &m);
}

static void obey(struct world *w, char *line)
{
    char *rest = strchr(line, ' ');
    rest = rest ? rest + 1 : line + strlen(line);
    const char *value = str_equal(rest, "-") ? "" : rest;
    if (str_starts(line, "server "))
        (void)str_copy(w->now.server, sizeof(w->now.server), value);
    else if (str_starts(line, "maildir "))
        (void)str_copy(w->now.maildir, sizeof(w->now.maildir), value);
    else if (str_starts(line, "tls_seen "))
        w->now.tls_seen = 1;
    else if (str_starts(line, "secret "))
        seal(&w->now, rest, w->public);
    else if (str_starts(line, "foreign ")) {
        unsigned char public[crypto_box_PUBLICKEYBYTES], key[crypto_box_SECRETKEYBYTES];
        (void)crypto_box_keypair(public, key);
        seal(&w->now, rest, public);
    } else if (str_starts(line, "deliver "))
        deliver(w, rest);
    else if (str_equal(line, "restart")) {
        channel_stop(&w->queue);
        connect_queue(w);
    } else if (str_equal(line, "kill"))
        (void)kill(w->pid, SIGKILL);
    else if (str_equal(line, "stop"))
        stop(w);
    else
        panic("what is \"%s\"?", line);
}

static void on_input(void *context, uint32_t events)
{
    struct world *w = context;
    char chunk[4096];
    ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));
    if (n <= 0) {
        watch_stop(&w->input);
        stop(w);
        return;
    }
    (void)buf_append(&w->line, chunk, (size_t)n);
    for (char *end; (end = w->line.data ? strchr((char *)w->line.data, '\n') : NULL);) {
        char line[LINE_LEN];
        size_t len = (size_t)(end - (char *)w->line.data);
        (void)str_copy_span(line, sizeof(line), span_of(w->line.data, len));
        buf_consume(&w->line, len + 1);
        obey(w, line);
    }
}

int main(int argc, char **argv)
{
    static struct world w;
    log_open("mailout-peer", LOG_LEVEL_INFO);
    if (argc != 3 || sodium_init() < 0)
        panic("mailout-peer FAXPOST-MAILOUT CONF-FILE");
    (void)crypto_box_keypair(w.public, w.key);
    w.key_fd = fd_sealed_memory("key", span_of(w.key, sizeof(w.key)));
    buf_init(&w.conf, 65536);
    buf_init(&w.line, 1 << 20);
    int fd = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fd_read_rest(fd, &w.conf) != 0)
        panic("cannot read %s", argv[2]);
    (void)close(fd);
    w.program = argv[1];
    w.loop = loop_new();
    start(&w);
    w.input = (struct watch){.on_ready = on_input, .context = &w};
    watch_start(&w.input, w.loop, STDIN_FILENO, EPOLLIN);
    loop_run(w.loop);
    watch_stop(&w.input);
    channel_stop(&w.parent);
    loop_free(w.loop);
    buf_clear(&w.conf);
    buf_clear(&w.line);
    return 0;
}
