/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/root.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/panic.h"
#include "line/sofia.h"

enum { LONGEST_WAIT_MS = 60 * 1000, SOFIA_STEP_MS = 20 };

/* Of sofia's log: where it says why a handshake failed, and which. */
enum { HANDSHAKE_LEVEL = 5 };

/* Of the library, in none of its headers. */
extern su_log_t tport_log[];

struct line_root {
    su_root_t *su;
    struct loop *loop;
    su_wait_t wait[1];
    bool stopping;
    enum tls_fault tls_fault; /* of the connection that is closed next */
    struct list tls_watches;
};

static void say_nothing(void *stream, const char *format, va_list args)
{
}

/* Never to our log, see above: only what it says of a handshake, and whose it was when that is closed. */
static void on_transport_line(void *stream, const char *format, va_list args)
{
    struct line_root *r = stream;
    char line[512];
    (void)vsnprintf(line, sizeof(line), format, args);
    enum tls_fault f = tls_fault_of_line(line);
    struct endpoint peer;
    if (f != TLS_FAULT_NONE)
        r->tls_fault = f;
    if (r->tls_fault == TLS_FAULT_NONE || !tls_fault_peer_of_line(line, &peer))
        return;
    list_each (node, &r->tls_watches) {
        const struct tls_watch *w = CONTAINER_OF(node, struct tls_watch, node);
        w->on_fault(w->context, &peer, r->tls_fault);
    }
    r->tls_fault = TLS_FAULT_NONE;
}

void tls_watch_start(struct tls_watch *w, struct line_root *r)
{
    list_append(&r->tls_watches, &w->node);
}

void tls_watch_stop(struct tls_watch *w)
{
    list_remove(&w->node);
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

static void carry_our_loop(struct line_root *r)
{
    if (su_root_register(r->su, r->wait, on_loop_ready, NULL, 0) < 0)
        panic("sofia refuses our event loop");
}

struct line_root *line_root_new(struct loop *l)
{
    struct line_root *r = mem_zalloc(sizeof(*r));
    r->loop = l;
    list_init(&r->tls_watches);
    if (su_init() < 0)
        panic("sofia does not start");
    su_log_redirect(su_log_default, say_nothing, NULL);
    su_log_redirect(tport_log, on_transport_line, r);
    su_log_set_level(tport_log, HANDSHAKE_LEVEL);
    read_all_headers();
    r->su = su_root_create(NULL);
    if (!r->su)
        panic("sofia has no event loop");
    (void)su_root_threading(r->su, 0); /* everything in our one thread */
    if (su_wait_create(r->wait, loop_fd(l), SU_WAIT_IN) < 0)
        panic("sofia refuses our event loop");
    carry_our_loop(r);
    return r;
}

void line_root_free(struct line_root *r)
{
    if (!r)
        return;
    su_log_redirect(tport_log, say_nothing, NULL);
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

void line_root_run_sofia(struct line_root *r, int most_ms, bool (*done)(void *context), void *context)
{
    int64_t until = clock_mono_ms() + most_ms;
    (void)su_root_unregister(r->su, r->wait, on_loop_ready, NULL);
    while (!done(context) && clock_mono_ms() < until)
        (void)su_root_step(r->su, SOFIA_STEP_MS);
    carry_our_loop(r);
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
