/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/root.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/panic.h"
#include "line/sofia.h"

enum { LONGEST_WAIT_MS = 60 * 1000 };

struct line_root {
    su_root_t *su;
    struct loop *loop;
    su_wait_t wait[1];
    bool stopping;
};

static void say_nothing(void *stream, const char *format, va_list args)
{
}

/* Our loop has something due: line_root_step looks after it once su_root has finished its round. */
static int on_loop_ready(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *context)
{
    return 0;
}

/* P-Asserted-Identity and Privacy are among the headers that sofia reads only where it is asked to. */
static void read_all_headers(void)
{
    static bool done;
    if (!done && sip_update_default_mclass(sip_extend_mclass(NULL)) < 0)
        panic("sofia does not take its own headers");
    done = true;
}

struct line_root *line_root_new(struct loop *l)
{
    struct line_root *r = mem_zalloc(sizeof(*r));
    r->loop = l;
    if (su_init() < 0)
        panic("sofia does not start");
    su_log_redirect(su_log_default, say_nothing, NULL);
    read_all_headers();
    r->su = su_root_create(NULL);
    if (!r->su)
        panic("sofia has no event loop");
    (void)su_root_threading(r->su, 0); /* everything in our one thread */
    if (su_wait_create(r->wait, loop_fd(l), SU_WAIT_IN) < 0 ||
        su_root_register(r->su, r->wait, on_loop_ready, NULL, 0) < 0)
        panic("sofia refuses our event loop");
    return r;
}

void line_root_free(struct line_root *r)
{
    if (!r)
        return;
    (void)su_root_unregister(r->su, r->wait, on_loop_ready, NULL);
    (void)su_wait_destroy(r->wait);
    su_root_destroy(r->su);
    su_deinit();
    free(r);
}

void line_root_step(struct line_root *r, int wait_ms)
{
    /* Ours goes first: it also arms the timers that sofia's callbacks started since the last round. */
    loop_step(r->loop, 0);
    if (!r->stopping)
        (void)su_root_step(r->su, wait_ms);
}

void line_root_run(struct line_root *r)
{
    while (!r->stopping)
        line_root_step(r, LONGEST_WAIT_MS);
    r->stopping = false;
}

void line_root_stop(struct line_root *r)
{
    r->stopping = true;
}

struct loop *line_root_loop(const struct line_root *r)
{
    return r->loop;
}

void *line_root_su(const struct line_root *r)
{
    return r->su;
}
