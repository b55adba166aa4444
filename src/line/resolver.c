/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/resolver.h"

#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "line/address.h"

/* Providers move their names within minutes; a name that fails is asked for sooner. */
enum { AGAIN_MS = 5 * 60 * 1000, AGAIN_AFTER_FAILURE_MS = 15 * 1000 };

struct resolver {
    struct loop *loop;
    struct trunks *trunks;
    struct watch answers;
    int write_fd; /* each thread writes one pointer to its answer; a pipe takes that whole */
    struct timer again;
    unsigned under_way;
    bool once_more; /* the trunks changed meanwhile */
    void (*on_found)(void *context);
    void *context;
};

/* Made by the loop, filled by the thread, freed by the loop. */
struct look_up {
    char host[TRUNK_HOST_LEN];
    int write_fd; /* owned */
    int error;    /* of getaddrinfo */
    struct endpoint addresses[TRUNK_ADDRESSES_MAX];
    size_t count;
};

static void keep(struct look_up *u, const struct addrinfo *found)
{
    if (u->count == TRUNK_ADDRESSES_MAX || found->ai_addrlen > sizeof(u->addresses[0].address))
        return;
    struct endpoint *e = &u->addresses[u->count++];
    memcpy(&e->address, found->ai_addr, found->ai_addrlen);
    e->len = found->ai_addrlen;
}

static void *look_up(void *context)
{
    struct look_up *u = context;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *list = NULL;
    u->error = getaddrinfo(u->host, NULL, &hints, &list);
    for (const struct addrinfo *a = list; u->error == 0 && a; a = a->ai_next)
        keep(u, a);
    if (list)
        freeaddrinfo(list);
    int fd = u->write_fd;
    if (write(fd, &u, sizeof(u)) != sizeof(u)) /* the resolver is gone */
        free(u);
    (void)close(fd);
    return NULL;
}

static void look_up_start(struct resolver *r, const char *host)
{
    struct look_up *u = mem_zalloc(sizeof(*u));
    pthread_t thread;
    pthread_attr_t attributes;
    (void)str_copy(u->host, sizeof(u->host), host);
    u->write_fd = fcntl(r->write_fd, F_DUPFD_CLOEXEC, 0);
    if (u->write_fd < 0)
        panic("no descriptor for a look-up");
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, look_up, u) != 0)
        panic("no thread for a look-up");
    (void)pthread_attr_destroy(&attributes);
    r->under_way++;
}

static void on_answer(void *context, uint32_t events)
{
    struct resolver *r = context;
    struct look_up *u;
    if (read(r->answers.fd, &u, sizeof(u)) != sizeof(u))
        return;
    r->under_way--;
    if (u->error) {
        log_warning(NULL, "the trunk host %s cannot be looked up: %s", u->host, gai_strerror(u->error));
        timer_start(&r->again, r->loop, AGAIN_AFTER_FAILURE_MS);
    } else {
        trunks_set_addresses(r->trunks, u->host, u->addresses, u->count);
        r->on_found(r->context);
    }
    free(u);
    if (r->under_way == 0 && r->once_more)
        resolver_look_up(r);
}

static void on_again(void *context)
{
    resolver_look_up(context);
}

struct resolver *resolver_new(struct loop *l, struct trunks *t, void (*on_found)(void *context),
                              void *context)
{
    struct resolver *r = mem_zalloc(sizeof(*r));
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
        panic("no pipe for look-ups");
    /* A thread that answers after our end must not end the process. */
    (void)signal(SIGPIPE, SIG_IGN);
    r->loop = l;
    r->trunks = t;
    r->on_found = on_found;
    r->context = context;
    r->write_fd = fds[1];
    r->answers = (struct watch){.on_ready = on_answer, .context = r};
    r->again = (struct timer){.on_due = on_again, .context = r};
    watch_start(&r->answers, l, fds[0], EPOLLIN);
    return r;
}

void resolver_free(struct resolver *r)
{
    if (!r)
        return;
    struct look_up *u;
    while (read(r->answers.fd, &u, sizeof(u)) == sizeof(u))
        free(u);
    int fd = r->answers.fd;
    timer_stop(&r->again);
    watch_stop(&r->answers);
    (void)close(fd);
    (void)close(r->write_fd);
    free(r);
}

void resolver_look_up(struct resolver *r)
{
    struct endpoint literal;
    bool names = false;
    r->once_more = r->under_way > 0;
    if (r->once_more)
        return;
    list_each (node, &r->trunks->peers) {
        const struct trunk *t = &CONTAINER_OF(node, struct trunk_peer, node)->trunk;
        if (address_of_host(t->host, 0, &literal))
            continue;
        names = true;
        look_up_start(r, t->host);
    }
    if (names)
        timer_start(&r->again, r->loop, AGAIN_MS);
    else
        timer_stop(&r->again);
}
