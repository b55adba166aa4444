/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The neighbours of a role. Other code names them by role and instance; which life of the process is behind
 * that name and whether it is there at this moment is this file's business:
 *
 *   - an ask is kept until its answer came and is sent again, in order, to each new life of the peer;
 *   - an answer to an ask that is not open (a second answer, an answer to our own former life) is dropped;
 *   - a tell to an absent peer is lost;
 *   - a message the table does not allow between these two roles is a bug: panic.
 *
 * It also listens to the parent: `peer` messages connect, `stop` calls on_stop, `certificate` on_certificate,
 * `await_quiet` on_await_quiet, and the parent's end is ours.
 */
#pragma once

#include "ipc/message.h"
#include "net/loop.h"

struct peers;

struct peers_opts {
    struct loop *loop;
    enum role self;
    int parent_fd; /* taken */
    const struct message_handlers *handlers;
    void *context;
    /* A (new life of a) neighbour is connected; open asks go to it after this returns. May be NULL. */
    void (*on_peer)(void *context, enum role role, unsigned instance, uint64_t generation);
    void (*on_stop)(void *context);
    /* NULL: this role is granted none. */
    void (*on_certificate)(void *context, const struct msg_certificate *m);
    void (*on_await_quiet)(void *context, const struct msg_await_quiet *m); /* queue's alone */
};

struct peers *peers_new(const struct peers_opts *opts) MUST_USE;
void peers_free(struct peers *p);

/* Returns the request number, which the answer's `struct sender` carries. m->request is ignored. */
uint64_t peers_ask(struct peers *p, enum role to, unsigned instance, const struct message *m);
/* Nobody waits for this answer any more. An unknown number is fine. */
void peers_withdraw(struct peers *p, uint64_t request);
void peers_tell(struct peers *p, enum role to, unsigned instance, const struct message *m);
void peers_tell_parent(struct peers *p, const struct message *m);
void peers_answer(struct peers *p, const struct sender *to, const struct message *m);

/* From cork on, what is sent stays here; uncork sends it in order. The queue corks for the length of a
 * transaction: nothing it says leaves before what it says is durable. */
void peers_cork(struct peers *p);
void peers_uncork(struct peers *p);

/* Is that process connected at this moment? */
bool peers_connected(const struct peers *p, enum role role, unsigned instance);
/* How many instances of the role have been seen (0, 1, ...). */
unsigned peers_count(const struct peers *p, enum role role);
