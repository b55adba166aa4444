/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* From a mail's plan to submissions: all numbers of one box that get the same pages are one (D2), and a mail
 * that comes again is faxed once (A6). */
#pragma once

#include "model/part_set.h"
#include "model/pgp_facts.h"
#include "queue/queue.h"
#include "queue/routing.h"
#include "store/mails.h"

struct incoming {
    const struct mail_in *mail;
    const struct msg_unpacked *m;
    const struct part_set *parts;
    const char *own; /* the sender's own words (mail_text_own) */
    const struct pgp_facts *pgp;
};

void submit_plan(struct queue *q, const struct incoming *in, const struct plan *p);

/* A cover page for that target of a submission. */
struct cover_words;
void submit_cover(struct queue *q, struct id submission, int target, const struct route *r,
                  const struct cover_words *words);

/* Is this mail used for that the first time within 30 days? use: a word of the caller; box, number: "" where
 * it is about none; submission: to which the use belongs, or ID_NONE. */
struct use {
    const char *what, *box, *number;
    struct id submission;
};
bool submit_first_use(struct queue *q, const struct incoming *in, const struct use *use);
/* Is `what` due for its author, who has it once in so many ms at most? */
bool submit_seldom(struct queue *q, const struct incoming *in, const char *what, int64_t every_ms);
/* Is its mail refused for that reason (code) the first time within 30 days? What came by no mail always is.
 */
bool submit_first_refusal(struct queue *q, const struct submission *s, const char *code);
