/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The lives of all other processes: started, wired to their neighbours, started again when they end. */
#pragma once

#include <stdbool.h>

#include "conf/conf.h"
#include "net/loop.h"
#include "role/certificate.h"
#include "role/listeners.h"
#include "role/statedir.h"

struct children;

struct children_opts {
    struct loop *loop;
    const struct conf *conf;
    const char *conf_text, *conf_name;
    const struct statedir *state;
    const struct listeners *listeners;
    const struct certificate *certificate;
    bool drop; /* children leave the parent's account for these */
    unsigned state_uid, state_gid, net_uid, net_gid;
    /* All are up for the first time. */
    void (*on_all_ready)(void *context);
    /* queue begins later: it brings a large store up to date, and is so far. */
    void (*on_updating)(void *context, const char *text);
    /* All are gone after children_stop, or one found at first start that it cannot work (exit code then). */
    void (*on_all_gone)(void *context, int exit_code);
    /* Faxpost is to begin anew: so many calls are in the way, by queue. */
    void (*on_calls_left)(void *context, unsigned calls);
    /* A role program is of another version than this one: it was replaced, and Faxpost has to begin anew. */
    void (*on_other_version)(void *context);
    void *context;
    const char *line_bound; /* what line had bound in our former life; "" */
};

struct children *children_start(const struct children_opts *opts) MUST_USE;
/* Asks all to end; after some seconds they are killed. on_all_gone follows. */
void children_stop(struct children *c, int exit_code);
/* Queue looks for a moment without calls: on_calls_left follows, with 0 in the end. Incoming calls are
 * refused after so many seconds. */
void children_await_quiet(struct children *c, unsigned open_s);
/* For our next life. */
const char *children_line_bound(const struct children *c);
/* Our certificate was renewed: who was given it gets it again. */
void children_renew_certificate(struct children *c);
/* A child has ended (SIGCHLD). */
void children_reap(struct children *c);
void children_free(struct children *c);
