/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"

/* getaddrinfo with nss modules needs more than a few pages, less than the default of 8 MB. */
enum { THREAD_STACK_BYTES = 512 * 1024 };

/* Seen by both threads; whoever lets go last frees it. */
struct lookup {
    atomic_int holders;
    int done_fd; /* eventfd, written once the result stands */
    char *host;
    uint16_t port;
    struct resolve_result result;
};

struct resolve {
    struct lookup *lookup;
    struct watch watch;
    void (*on_done)(void *context, const struct resolve_result *result);
    void *context;
};

static void let_go(struct lookup *k)
{
    if (atomic_fetch_sub(&k->holders, 1) > 1)
        return;
    (void)close(k->done_fd);
    free(k->host);
    free(k);
}

static void keep_addresses(struct lookup *k, const struct addrinfo *list)
{
    struct resolve_result *r = &k->result;
    for (; list && r->count < RESOLVE_ADDRESSES_MAX; list = list->ai_next) {
        if (list->ai_family != AF_INET && list->ai_family != AF_INET6)
            continue;
        struct endpoint *e = &r->address[r->count++];
        memcpy(&e->address, list->ai_addr, list->ai_addrlen);
        e->len = list->ai_addrlen;
        endpoint_set_port(e, k->port);
    }
}

static void look_up(struct lookup *k)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    const struct addrinfo any = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int error = getaddrinfo(k->host, NULL, &hints, &list);
    /* A machine with nothing but loopback has no "configured" address; it still knows localhost. */
    if (error == EAI_NONAME || error == EAI_ADDRFAMILY || error == EAI_NODATA)
        error = getaddrinfo(k->host, NULL, &any, &list);
    if (!error) {
        keep_addresses(k, list);
        freeaddrinfo(list);
    }
    if (k->result.count > 0)
        return;
    const char *why = error == EAI_SYSTEM ? strerror(errno) : error ? gai_strerror(error) : "no address";
    k->result.temporary = error == EAI_AGAIN || error == EAI_SYSTEM || error == EAI_MEMORY;
    (void)str_format(k->result.error, sizeof(k->result.error), "cannot find the address of %.160s: %s",
                     k->host, why);
}

static void *thread_main(void *arg)
{
    struct lookup *k = arg;
    look_up(k);
    uint64_t one = 1;
    if (write(k->done_fd, &one, sizeof(one)) < 0)
        panic("eventfd refuses: errno %d", errno);
    let_go(k);
    return NULL;
}

static void on_ready(void *context, uint32_t events)
{
    struct resolve *r = context;
    struct resolve_result result = r->lookup->result;
    void (*on_done)(void *, const struct resolve_result *) = r->on_done;
    void *whose = r->context;
    resolve_cancel(r);
    on_done(whose, &result);
}

/* Signals stay with the loop's thread. False where the system has no thread left. */
static bool start_thread(struct lookup *k)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&thread, &attr, thread_main, k) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    return started;
}

/* An address needs no look-up, so no thread. */
static bool is_literal(struct lookup *k)
{
    char text[ENDPOINT_TEXT_LEN];
    bool bare_v6 = k->host[0] != '[' && strchr(k->host, ':');
    if (!str_format(text, sizeof(text), bare_v6 ? "[%s]:%u" : "%s:%u", k->host, k->port))
        return false;
    if (!endpoint_parse(text, &k->result.address[0]))
        return false;
    k->result.count = 1;
    return true;
}

struct resolve *resolve_start(struct loop *l, const char *host, uint16_t port,
                              void (*on_done)(void *context, const struct resolve_result *result),
                              void *context)
{
    struct lookup *k = mem_zalloc(sizeof(*k));
    struct resolve *r = mem_zalloc(sizeof(*r));
    k->host = mem_strdup(host);
    k->port = port;
    k->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (k->done_fd < 0)
        panic("no descriptor for a look-up: errno %d", errno);
    atomic_init(&k->holders, 2);
    *r = (struct resolve){
        .lookup = k, .watch = {.on_ready = on_ready, .context = r}, .on_done = on_done, .context = context};
    watch_start(&r->watch, l, k->done_fd, EPOLLIN);
    bool literal = is_literal(k);
    if (!literal && start_thread(k))
        return r;
    if (!literal) {
        k->result.temporary = true;
        (void)str_copy(k->result.error, sizeof(k->result.error), "no thread left to look up a name");
    }
    uint64_t one = 1;
    if (write(k->done_fd, &one, sizeof(one)) < 0)
        panic("eventfd refuses: errno %d", errno);
    let_go(k);
    return r;
}

void resolve_cancel(struct resolve *r)
{
    if (!r)
        return;
    watch_stop(&r->watch);
    let_go(r->lookup);
    free(r);
}
