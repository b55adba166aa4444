/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One warm process (fonts, MuPDF, GMime made ready) that forks a worker for each piece of work. The worker
 * keeps its input and two empty memory files for its answer, loses everything else, is shut in and limited,
 * and dies with its answer. A worker that crashes or takes too long costs its own document only.
 *
 * What a worker leaves behind is not believed: it is checked here before anyone else sees it. */
#pragma once

#include <sys/types.h>

#include "convert/render.h"
#include "ipc/message.h"
#include "net/loop.h"
#include "sandbox/sandbox.h"

struct zygote;

struct zygote_opts {
    struct loop *loop;
    unsigned workers_max;              /* at once; further work waits in order */
    const struct sandbox_policy *shut; /* what a worker is shut in by; NULL: nothing (tests) */
    /* The same for one that runs LibreOffice, and the folder, ours alone, in which each gets one of its own;
     * absolute. NULL: office documents are refused. */
    const struct sandbox_policy *shut_office;
    const char *office_folder;
    /* The answer to an ask given to zygote_work. Its texts and descriptor live until this returns. */
    void (*on_answer)(void *context, const struct sender *to, const struct message *answer);
    void *context;
    unsigned kill_wait_ms; /* before a worker killed from outside begins again, doubling; 0: a second */
    unsigned seconds_max;  /* overrides the longest time of each work; 0: as in its table */
};

struct zygote *zygote_new(const struct zygote_opts *o) MUST_USE;
void zygote_free(struct zygote *z); /* kills what still works */

/* from may be answered long after this returns, or before. Descriptors of ask stay the caller's. What web
 * asks for is looked at by somebody: it waits behind everything else, and one worker is kept free of it. */
void zygote_work(struct zygote *z, const struct sender *from, const struct message *ask);

/* Ends all work of that role (ROLE_COUNT: of all), running or waiting, without an answer: nobody is there any
 * more who asked for it. */
void zygote_drop(struct zygote *z, enum role of);

/* For tests: the process of a worker, 0 where there is none. */
pid_t zygote_worker(const struct zygote *z, unsigned index);
