/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A zygote whose workers are shut in as in the real role, given work as the queue gives it, and its answers.
 */
#pragma once

#include <limits.h>

#include "test.h"

#include "base/buf.h"
#include "convert/zygote.h"
#include "model/outcome.h"
#include "model/page_set.h"

struct bench {
    struct loop *loop;
    struct zygote *zygote;
    unsigned answers, done;
    enum message_type type;
    struct outcome outcome; /* of the last answer */
    uint64_t request;
    uint32_t pages;
    char subject[200],        /* or the name of a file */
        from[100], text[300]; /* or what a document really is */
    struct buf payload;
    uint8_t sealed[4096]; /* a secret key that was made */
    size_t sealed_len;
};

/* Makes an empty one. */
void bench_folder(char path[PATH_MAX]);
int bench_set_up(void **state); /* of a group */
int bench_tear_down(void **state);

/* The zygote's on_answer. */
void bench_on_answer(void *context, const struct sender *to, const struct message *a);
void give(struct bench *b, const struct message *ask, uint64_t request);
void give_of(struct bench *b, enum role role, const struct message *ask, uint64_t request);
/* Gives it and waits for its answer. */
void do_now(struct bench *b, const struct message *ask);
void wait_for(struct bench *b, unsigned answers);
/* Gives a document and waits for its answer. */
void render(struct bench *b, const char *name, struct span bytes);
