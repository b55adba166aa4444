/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* web: HTTP and the API. Reads the store; every change is a question to queue.
 *
 * SECURITY: over TCP any client may connect, and every byte of it is hostile. This process holds
 * no secret and cannot write the store: passwords pass through it on their way to queue, which seals them. */
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/str.h"
#include "queue/report.h"
#include "role/boot.h"
#include "web/server.h"

struct web {
    struct loop *loop;
    struct server *server;
    struct watch watch;
    struct timer timer;
    struct timer away, last; /* of a life without a store */
};

/* PostgreSQL cannot be reached, and no way leads to it from inside the sandbox: we say so to all who ask for
 * a while, let nobody in for a moment in which who is here is answered, and begin anew. */
enum { AWAY_MS = 2500, LAST_MS = 500 };

static void run_server(struct web *w)
{
    server_run(w->server);
    int64_t wait_ms = server_wait_ms(w->server);
    if (wait_ms >= 0)
        timer_start(&w->timer, w->loop, wait_ms);
    else
        timer_stop(&w->timer);
}

static void on_ready(void *context, uint32_t events)
{
    run_server(context);
}

static void on_due(void *context)
{
    run_server(context);
}

static void on_answered(void *context)
{
    struct web *w = context;
    timer_start(&w->timer, w->loop, 0);
}

static struct web web;

static void on_last_moment(void *context)
{
    loop_stop(web.loop);
}

static void on_away_long(void *context)
{
    server_shut_doors(web.server);
    timer_start(&web.last, web.loop, LAST_MS);
}

static void on_stop(void *context)
{
    loop_stop(web.loop);
}

/* False: PostgreSQL cannot be reached. The store has to be open before the doors close behind us: no path
 * leads to it from inside the sandbox, and none to the keys beside it. queue, which makes it, was started
 * before us. */
static bool await_store(void)
{
    enum { TRIES = 200, PAUSE_MS = 50 };
    for (int i = 0; i < TRIES; i++) {
        if (server_has_store(web.server))
            return true;
        if (server_store_is_away(web.server))
            return false;
        (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
    log_error(NULL, "there is no store; is queue running?");
    exit(ROLE_EXIT_FAILED);
}

/* Of several processes each takes its part. */
static unsigned share_of_clients(const struct conf *c)
{
    unsigned processes = conf_web_processes(c);
    return ((unsigned)c->http_max_clients + processes - 1) / processes;
}

int main(void)
{
    struct boot boot;
    boot_begin(&boot, ROLE_WEB);
    (void)signal(SIGPIPE, SIG_IGN);
    boot_drop(&boot);
    tzset();             /* reads the zone while there still are files */
    json_object_seed(0); /* and /dev/urandom: else the clock alone spreads a stranger's keys in our tables */
    struct server_opts opts = {.listen_fd = boot_take(&boot, "api"),
                               .proxies = boot.conf.http_proxies,
                               .clients_max = share_of_clients(&boot.conf),
                               .per_address_max = (unsigned)boot.conf.http_max_per_client,
                               .state_dir = boot.conf.state_dir,
                               .store = boot.conf.store,
                               .maildir = !str_equal(boot.conf.deliver, "smtp"),
                               .report = report_of_jobs,
                               .on_answered = on_answered,
                               .context = &web};
    int fd;
    while (opts.http_count < SERVER_HTTP_MAX && (fd = boot_take(&boot, "http")) >= 0)
        opts.http_fds[opts.http_count++] = fd;
    while (opts.setup_count < SERVER_HTTP_MAX && (fd = boot_take(&boot, "setup")) >= 0)
        opts.setup_fds[opts.setup_count++] = fd;
    web.loop = loop_new();
    web.server = server_new(&opts);
    if (!web.server)
        return ROLE_EXIT_FAILED;
    bool has_store = await_store();
    if (has_store)
        server_announce(web.server);
    boot_shut_in(&boot);
    web.watch = (struct watch){.on_ready = on_ready, .context = &web};
    web.timer = (struct timer){.on_due = on_due, .context = &web};
    web.away = (struct timer){.on_due = on_away_long};
    web.last = (struct timer){.on_due = on_last_moment};
    const struct peers_opts peers_opts = {.loop = web.loop,
                                          .self = ROLE_WEB,
                                          .parent_fd = BOOT_PARENT_FD,
                                          .handlers = &server_handlers,
                                          .context = web.server,
                                          .on_stop = on_stop};
    struct peers *peers = peers_new(&peers_opts);
    server_set_peers(web.server, peers);
    watch_start(&web.watch, web.loop, server_fd(web.server), EPOLLIN);
    if (has_store)
        boot_ready("");
    else
        timer_start(&web.away, web.loop, AWAY_MS);
    run_server(&web);
    loop_run(web.loop);
    watch_stop(&web.watch);
    timer_stop(&web.timer);
    timer_stop(&web.away);
    timer_stop(&web.last);
    server_free(web.server);
    peers_free(peers);
    loop_free(web.loop);
    conf_clear(&boot.conf);
    return has_store ? ROLE_EXIT_DONE : ROLE_EXIT_PASSING;
}
