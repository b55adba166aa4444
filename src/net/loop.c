/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/panic.h"

enum { EVENTS_A_ROUND = 128, LONGEST_WAIT_MS = 60 * 1000 };

struct loop {
    int epoll_fd;
    int timer_fd;
    bool stopping;
    unsigned pace_ms; /* 0: none */
    int64_t armed_ms; /* what timer_fd is set to; INT64_MAX: nothing */
    struct timer **heap;
    size_t timers, heap_room;
    struct epoll_event round[EVENTS_A_ROUND];
    bool round_full;         /* there may be more that is ready */
    bool round_ends;         /* loop_end_round */
    int round_len, round_at; /* events of the running round; from at on those that are not called yet */
};

struct loop *loop_new(void)
{
    struct loop *l = mem_zalloc(sizeof(*l));
    l->armed_ms = INT64_MAX;
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (l->epoll_fd < 0 || l->timer_fd < 0)
        panic("no descriptor for the event loop: errno %d", errno);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->timer_fd, &e) < 0)
        panic("epoll refuses the timer: errno %d", errno);
    return l;
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    (void)close(l->timer_fd);
    (void)close(l->epoll_fd);
    free(l->heap);
    free(l);
}

int loop_fd(const struct loop *l)
{
    return l->epoll_fd;
}

/* ---- watches ---- */

void watch_start(struct watch *w, struct loop *l, int fd, uint32_t events)
{
    w->loop = l;
    w->fd = fd;
    struct epoll_event e = {.events = events, .data.ptr = w};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0)
        panic("epoll refuses descriptor %d: errno %d", fd, errno);
}

void watch_change(struct watch *w, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = w};
    if (epoll_ctl(w->loop->epoll_fd, EPOLL_CTL_MOD, w->fd, &e) < 0)
        panic("epoll has lost descriptor %d: errno %d", w->fd, errno);
}

void watch_stop(struct watch *w)
{
    struct loop *l = w->loop;
    if (!l)
        return;
    (void)epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
    for (int i = l->round_at; i < l->round_len; i++)
        if (l->round[i].data.ptr == w)
            l->round[i].events = 0;
    w->loop = NULL;
}

/* ---- timers: a binary heap, the earliest first ---- */

static void heap_put(struct loop *l, size_t place, struct timer *t)
{
    l->heap[place] = t;
    t->place = place;
}

static void heap_settle(struct loop *l, size_t place)
{
    struct timer *t = l->heap[place];
    while (place > 0 && l->heap[(place - 1) / 2]->due_ms > t->due_ms) {
        heap_put(l, place, l->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * place + 1;
        if (child + 1 < l->timers && l->heap[child + 1]->due_ms < l->heap[child]->due_ms)
            child++;
        if (child >= l->timers || l->heap[child]->due_ms >= t->due_ms)
            break;
        heap_put(l, place, l->heap[child]);
        place = child;
    }
    heap_put(l, place, t);
}

void timer_start(struct timer *t, struct loop *l, int64_t delay_ms)
{
    t->due_ms = clock_mono_ms() + (delay_ms > 0 ? delay_ms : 0);
    if (t->loop) {
        heap_settle(l, t->place);
        return;
    }
    if (l->timers == l->heap_room) {
        l->heap_room = l->heap_room ? 2 * l->heap_room : 16;
        l->heap = mem_resize(l->heap, l->heap_room * sizeof(struct timer *));
    }
    t->loop = l;
    heap_put(l, l->timers++, t);
    heap_settle(l, t->place);
}

void timer_start_by(struct timer *t, struct loop *l, int64_t delay_ms)
{
    if (!t->loop || t->due_ms > clock_mono_ms() + delay_ms)
        timer_start(t, l, delay_ms);
}

void timer_stop(struct timer *t)
{
    struct loop *l = t->loop;
    if (!l)
        return;
    t->loop = NULL;
    struct timer *last = l->heap[--l->timers];
    if (last == t)
        return;
    heap_put(l, t->place, last);
    heap_settle(l, last->place);
}

static void arm(struct loop *l)
{
    int64_t due = l->timers ? l->heap[0]->due_ms : INT64_MAX;
    if (due == l->armed_ms)
        return;
    struct itimerspec when = {0};
    if (due != INT64_MAX) {
        when.it_value.tv_sec = (time_t)(due / 1000);
        when.it_value.tv_nsec = (long)(due % 1000) * 1000000L;
        if (due <= 0)
            when.it_value.tv_nsec = 1;
    }
    if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) < 0)
        panic("timerfd refuses %lld ms: errno %d", (long long)due, errno);
    l->armed_ms = due;
}

/* Timers that are started while these run wait for the next round, so that one that restarts itself with 0 ms
 * cannot starve the descriptors. */
static void call_due_timers(struct loop *l)
{
    int64_t now = clock_mono_ms();
    for (size_t budget = l->timers; budget > 0 && l->timers > 0 && l->heap[0]->due_ms <= now; budget--) {
        struct timer *t = l->heap[0];
        timer_stop(t);
        t->on_due(t->context);
    }
}

static void on_timer_fd(struct loop *l)
{
    uint64_t expirations;
    ssize_t ignored = read(l->timer_fd, &expirations, sizeof(expirations));
    (void)ignored;
    l->armed_ms = INT64_MAX - 1; /* unknown: arm again */
    call_due_timers(l);
}

static void ask_epoll(struct loop *l, int wait_ms)
{
    int n = epoll_wait(l->epoll_fd, l->round, EVENTS_A_ROUND, wait_ms);
    if (n < 0 && errno != EINTR)
        panic("epoll_wait: errno %d", errno);
    l->round_at = 0;
    l->round_len = n > 0 ? n : 0;
    l->round_full = n == EVENTS_A_ROUND;
}

/* True where there was something to do. What a round that was ended left comes first: epoll would begin with
 * the same ones again, and who always has something ready would keep all behind him waiting. */
static bool take_events(struct loop *l, int wait_ms)
{
    if (l->round_at == l->round_len)
        ask_epoll(l, wait_ms);
    bool any = l->round_len > 0;
    l->round_ends = false;
    while (l->round_at < l->round_len && !l->round_ends) {
        struct epoll_event e = l->round[l->round_at++];
        struct watch *w = e.data.ptr;
        if (!w)
            on_timer_fd(l);
        else if (e.events)
            w->on_ready(w->context, e.events);
    }
    return any;
}

void loop_end_round(struct loop *l)
{
    l->round_ends = true;
}

bool loop_round_ends(const struct loop *l)
{
    return l->round_ends;
}

bool loop_step(struct loop *l, int wait_ms)
{
    arm(l);
    bool busy = take_events(l, wait_ms);
    arm(l); /* for who carries us by loop_fd */
    return busy;
}

void loop_pace(struct loop *l, unsigned round_ms)
{
    l->pace_ms = round_ms;
}

static void await_next_round(const struct loop *l)
{
    int64_t next = (clock_mono_ms() / l->pace_ms + 1) * l->pace_ms;
    const struct timespec when = {.tv_sec = (time_t)(next / 1000), .tv_nsec = (long)(next % 1000) * 1000000L};
    /* Cut short by a signal, it is a round more. */
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}

/* By the patience of epoll_wait: each setting of a timerfd is a system call, and here nearly each round has
 * another moment that is due. */
static void paced_step(struct loop *l)
{
    int64_t wait = l->timers ? l->heap[0]->due_ms - clock_mono_ms() : LONGEST_WAIT_MS;
    wait = wait < 0 ? 0 : wait > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait;
    (void)take_events(l, (int)wait);
    if (l->timers && l->heap[0]->due_ms <= clock_mono_ms())
        call_due_timers(l);
}

void loop_run(struct loop *l)
{
    while (!l->stopping && l->pace_ms == 0)
        (void)loop_step(l, -1);
    while (!l->stopping) {
        paced_step(l);
        if (!l->round_full)
            await_next_round(l);
    }
    l->stopping = false;
}

void loop_stop(struct loop *l)
{
    l->stopping = true;
}
