/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A queue with a store in a temporary folder and scripted siblings, all in one process, joined by real socket
 * pairs. A sibling notes what it hears; tests say what it answers. */
#pragma once

#include "test.h"

#include "queue/queue.h"

enum { HEARD_MAX = 64 };

/* One message a sibling heard: what tests look at. */
struct heard {
    enum message_type type;
    struct sender from;
    struct id id;      /* first id of the message */
    uint32_t a, b, c;  /* what the handler in queue_house.c says */
    uint32_t t38, ecm; /* where the message has them */
    char text[512], more[512];
    char
        envelope[512]; /* deliver: envelope sender, and in more the name of the server; of a mail: Reply-To */
};

struct sibling {
    enum role role;
    struct peers *peers;
    int parent_end;
    struct heard heard[HEARD_MAX];
    size_t heard_count;
};

struct house {
    char dir[64];
    struct conf conf;
    struct loop *loop;
    struct queue queue;
    int queue_parent_end;
    struct sibling mailin, convert, line, call, mailout, web, fetch, archive;
    struct id tenant;
};

int house_setup(void **state);
int house_teardown(void **state);

/* Lets everybody work until nothing moves; commits what the queue has begun. */
void house_run(struct house *h);
/* The oldest message of that type the sibling heard, taken out; fails where there is none. */
struct heard house_take(struct house *h, struct sibling *s, enum message_type type);
bool house_heard(struct house *h, struct sibling *s, enum message_type type);
/* That process ends and a new one takes its place. */
void house_restart(struct house *h, struct sibling *s);
/* The queue process ends without a word and a new one opens the same store. */
void house_restart_queue(struct house *h);

void house_ask(struct house *h, struct sibling *s, const struct message *m);
void house_tell(struct house *h, struct sibling *s, const struct message *m);
void house_answer(struct house *h, struct sibling *s, const struct heard *to, const struct message *m);

/* A descriptor with `count` small pages; the caller closes it. */
int house_page_set(size_t count);
