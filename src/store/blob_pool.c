/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/blob_pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/panic.h"

/* A guess: more than processors, for they wait for the disk most of the time (adr/002). */
enum { THREADS = 6, STACK_BYTES = 512 * 1024 };

struct work {
    struct list node;
    struct blob_ready file;
};

struct blob_pool {
    const struct store *store;
    int event_fd;
    pthread_t threads[THREADS];
    unsigned thread_count; /* of them started */
    pthread_mutex_t lock;  /* of all below */
    pthread_cond_t more;
    struct list waiting, done; /* of struct work */
    unsigned idle;
    bool ending;
};

static struct work *take_first(struct list *from)
{
    struct work *w = CONTAINER_OF(from->next, struct work, node);
    list_remove(&w->node);
    return w;
}

/* The next one to do; NULL at the end. */
static struct work *wait_for_work(struct blob_pool *p)
{
    p->idle++;
    while (list_empty(&p->waiting) && !p->ending)
        (void)pthread_cond_wait(&p->more, &p->lock);
    p->idle--;
    return p->ending ? NULL : take_first(&p->waiting);
}

static void *thread_main(void *arg)
{
    struct blob_pool *p = arg;
    (void)pthread_mutex_lock(&p->lock);
    for (struct work *w = wait_for_work(p); w; w = wait_for_work(p)) {
        (void)pthread_mutex_unlock(&p->lock);
        blob_prepare(p->store, &w->file);
        (void)pthread_mutex_lock(&p->lock);
        list_append(&p->done, &w->node);
        (void)eventfd_write(p->event_fd, 1);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Signals stay with the loop's thread. */
static void start_thread(struct blob_pool *p)
{
    pthread_attr_t attr;
    sigset_t all, before;
    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&p->threads[p->thread_count], &attr, thread_main, p);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attr);
    if (error && p->thread_count == 0)
        panic("no thread to sync files: %s", strerror(error));
    p->thread_count += error == 0;
}

struct blob_pool *blob_pool_new(const struct store *s)
{
    struct blob_pool *p = mem_zalloc(sizeof(*p));
    p->store = s;
    p->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->event_fd < 0)
        panic("no eventfd: %s", strerror(errno));
    list_init(&p->waiting);
    list_init(&p->done);
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->more, NULL);
    return p;
}

static void free_all(struct list *of)
{
    while (!list_empty(of))
        free(take_first(of));
}

void blob_pool_free(struct blob_pool *p)
{
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->ending = true;
    (void)pthread_cond_broadcast(&p->more);
    (void)pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->thread_count; i++)
        (void)pthread_join(p->threads[i], NULL);
    free_all(&p->waiting);
    free_all(&p->done);
    (void)pthread_cond_destroy(&p->more);
    (void)pthread_mutex_destroy(&p->lock);
    (void)close(p->event_fd);
    free(p);
}

int blob_pool_fd(const struct blob_pool *p)
{
    return p->event_fd;
}

void blob_pool_take(struct blob_pool *p, struct id name, uint64_t size)
{
    struct work *w = mem_zalloc(sizeof(*w));
    w->file = (struct blob_ready){.name = name, .size = size};
    (void)pthread_mutex_lock(&p->lock);
    list_append(&p->waiting, &w->node);
    bool busy = p->idle == 0;
    (void)pthread_cond_signal(&p->more);
    (void)pthread_mutex_unlock(&p->lock);
    if (busy && p->thread_count < THREADS)
        start_thread(p);
}

bool blob_pool_next(struct blob_pool *p, struct blob_ready *ready)
{
    eventfd_t count;
    (void)pthread_mutex_lock(&p->lock);
    struct work *w = list_empty(&p->done) ? NULL : take_first(&p->done);
    if (!w)
        (void)eventfd_read(p->event_fd, &count);
    (void)pthread_mutex_unlock(&p->lock);
    if (w)
        *ready = w->file;
    free(w);
    return w != NULL;
}
