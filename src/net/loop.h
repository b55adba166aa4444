/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The event loop of every role: epoll and one timerfd, one thread, no callback from inside a call that starts
 * something. A loop is itself one descriptor that becomes readable when anything is due, so that another
 * library's loop (sofia's su_root in `line`) can carry it.
 *
 * Watches and timers live inside the caller's structs; stopping one inside any callback is safe, even one
 * that is due in the same round. They must be stopped before their memory goes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/attr.h"

struct loop;

struct loop *loop_new(void) MUST_USE; /* panics where the kernel gives no descriptors */
void loop_free(struct loop *l);       /* NULL is fine */

void loop_run(struct loop *l);  /* until loop_stop */
void loop_stop(struct loop *l); /* from a callback or before loop_run */
/* One round: waits at most wait_ms (-1: without end) and calls what is due. False where nothing was. */
bool loop_step(struct loop *l, int wait_ms);
/* From a callback: this round ends with it, and the next one begins with what else was ready. Who reads many
 * things in one callback looks whether it ends. */
void loop_end_round(struct loop *l);
bool loop_round_ends(const struct loop *l);
int loop_fd(const struct loop *l);
/* loop_run begins rounds on multiples of round_ms only: what becomes ready in between is taken together then.
 * For many small regular events, where waking up costs more than the work; 0, the default: at once. */
void loop_pace(struct loop *l, unsigned round_ms);

struct watch {
    struct loop *loop; /* NULL while stopped */
    int fd;
    void (*on_ready)(void *context, uint32_t events); /* EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP */
    void *context;
};

/* Level-triggered. The descriptor stays the caller's, who stops the watch before closing it. */
void watch_start(struct watch *w, struct loop *l, int fd, uint32_t events);
void watch_change(struct watch *w, uint32_t events);
void watch_stop(struct watch *w); /* stopped already: nothing happens */

struct timer {
    struct loop *loop; /* NULL while stopped */
    int64_t due_ms;    /* clock_mono_ms */
    size_t place;      /* in the loop's heap */
    void (*on_due)(void *context);
    void *context;
};

/* Once, after delay_ms (0: in the next round). Started again while running: the new time counts. */
void timer_start(struct timer *t, struct loop *l, int64_t delay_ms);
/* The same, but what runs already and ends sooner counts: who is busy all the time cannot put it off for
 * ever. */
void timer_start_by(struct timer *t, struct loop *l, int64_t delay_ms);
void timer_stop(struct timer *t);
static inline bool timer_running(const struct timer *t)
{
    return t->loop != NULL;
}
