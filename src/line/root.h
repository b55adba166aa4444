/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sofia's loop carrying ours: this role waits in su_root, which watches our loop's one descriptor. */
#pragma once

#include "base/attr.h"
#include "base/endpoint.h"
#include "base/list.h"
#include "line/tls_fault.h"
#include "net/loop.h"

struct line_root;

/* Starts sofia and makes it silent: its own messages name headers and bodies of calls, so they never go to
 * our log. The loop must outlive the root. */
struct line_root *line_root_new(struct loop *l) MUST_USE;
/* After every user agent on it is closed; NULL is fine. */
void line_root_free(struct line_root *r);

void line_root_run(struct line_root *r);  /* until line_root_stop */
void line_root_stop(struct line_root *r); /* from a callback */
/* One round of both loops: waits at most wait_ms. */
void line_root_step(struct line_root *r, int wait_ms);

struct loop *line_root_loop(const struct line_root *r);
/* Runs sofia alone until done() says so, for most_ms at most: nothing of our loop is called, and what waits
 * there does not shorten the time. */
void line_root_run_sofia(struct line_root *r, int most_ms, bool (*done)(void *context), void *context);

/* A TLS connection of ours to that peer did not come about. Called from within sofia: to be remembered, no
 * more. */
struct tls_watch {
    struct list node;
    void (*on_fault)(void *context, const struct endpoint *peer, enum tls_fault f);
    void *context;
};

void tls_watch_start(struct tls_watch *w, struct line_root *r);
void tls_watch_stop(struct tls_watch *w);

/* The su_root_t, for this room. */
void *line_root_su(const struct line_root *r);
