/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The queue: what happens to each mail, job and call, and the only writer of the store.
 *
 * SECURITY: it hears only its siblings. What they pass on from the outside - addresses, texts, sizes - is
 * bounded by the message table; documents stay opaque bytes. A sibling that sends nonsense is a bug of ours:
 * log, die, start again. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/pem.h"
#include "queue/fax_secrets.h"
#include "queue/queue.h"
#include "queue/quiet.h"
#include "role/boot.h"
#include "role/secret.h"

/* More than a full socket of each sibling needs. */
enum { LAST_ROUNDS = 1000, CHAIN_MAX = 1 << 20 };

static bool stopping;

static void on_stop(void *context)
{
    stopping = true;
}

/* Takes what lies ready, then commits: under load many messages share one fsync. */
static void run(struct queue *q)
{
    while (!stopping) {
        bool busy = loop_step(q->loop, q->in_batch ? 0 : -1);
        if (q->in_batch && (!busy || queue_batch_full(q)))
            queue_leave(q);
    }
    queue_leave(q);
    /* What calls said before they were stopped counts: it lies in the sockets. */
    for (int round = 0; round < LAST_ROUNDS && loop_step(q->loop, 0); round++)
        if (queue_batch_full(q)) /* each round of a full one is a message */
            queue_leave(q);
    queue_end_calls(q);
    queue_leave(q);
}

/* Without its key nobody logs in, and all else goes on. */
static void read_key(struct login_vault *v, struct boot *b)
{
    struct secret_key key;
    int fd = boot_take(b, "key.queue");
    int error = fd < 0 ? ENOENT : secret_key_read(&key, fd);
    if (error) {
        log_error(NULL, "cannot read our key, so users cannot log in: %s", strerror(error));
        return;
    }
    v->known = true;
    memcpy(v->secret, key.secret, sizeof(v->secret));
    memcpy(v->public, key.public, sizeof(v->public));
    secret_key_clear(&key);
}

/* So that somebody hears of its end before mail servers do. */
static void note_certificate(struct queue *q, struct buf *pem)
{
    if (!pem_chain_end(buf_text(pem), &q->certificate_until_ms))
        log_warning(NULL, "cannot read when our certificate ends");
}

static void read_certificate(struct queue *q, struct boot *b)
{
    SCOPED_BUF struct buf pem;
    buf_init(&pem, CHAIN_MAX);
    if (boot_read(b, "tls.certificate", &pem))
        note_certificate(q, &pem);
}

static void on_certificate(void *context, const struct msg_certificate *m)
{
    struct queue *q = context;
    SCOPED_BUF struct buf pem;
    buf_init(&pem, CHAIN_MAX);
    int error = fd_read_rest(m->chain, &pem);
    if (error) {
        log_warning(NULL, "cannot read the renewed certificate: %s", strerror(error));
        return;
    }
    queue_enter(q);
    note_certificate(q, &pem);
    q->look_now = true;
    queue_wants(q, WORK_ALARMS);
}

/* A mail has to say who we are, and a node has to have a name. */
static void name_host(struct conf *c)
{
    char host[256] = "";
    if (*c->host_name)
        return;
    free(c->host_name);
    c->host_name = mem_strdup(gethostname(host, sizeof(host) - 1) == 0 && *host ? host : "localhost");
}

int main(void)
{
    static struct boot boot;
    static struct queue queue;
    char error[STORE_ERROR_LEN];
    boot_begin(&boot, ROLE_QUEUE);
    int lock = boot_take(&boot, "lock"); /* held, never used: no second Faxpost starts while we live */
    boot_drop(&boot);
    name_host(&boot.conf);
    (void)umask(077); /* documents of people: for this account alone */
    struct loop *loop = loop_new();
    store_tell_updates(boot_updating);
    if (*boot.conf.store)
        boot_updating("Opening the store in PostgreSQL; where that lasts, the log says why.");
    int failed = queue_start(&queue, &boot.conf, loop, error);
    if (failed) {
        log_error(NULL, "%s", error);
        return failed == EAGAIN ? ROLE_EXIT_FAILED : ROLE_EXIT_CONFIG; /* parent tries again, or gives up */
    }
    read_key(&queue.vault, &boot);
    read_certificate(&queue, &boot);
    fax_secrets_seal_old(&queue);
    const struct peers_opts opts = {.loop = loop,
                                    .self = ROLE_QUEUE,
                                    .parent_fd = BOOT_PARENT_FD,
                                    .handlers = &queue_handlers,
                                    .context = &queue,
                                    .on_peer = queue_on_peer,
                                    .on_stop = on_stop,
                                    .on_certificate = on_certificate,
                                    .on_await_quiet = on_await_quiet};
    queue.peers = peers_new(&opts);
    tzset();             /* reads the zone while there still are files */
    json_object_seed(0); /* and /dev/urandom: else the clock alone spreads a stranger's keys in our tables */
    boot_shut_in(&boot);
    boot_ready("");
    run(&queue);
    queue_stop(&queue);
    peers_free(queue.peers);
    loop_free(loop);
    conf_clear(&boot.conf);
    (void)close(lock);
    return ROLE_EXIT_DONE;
}
