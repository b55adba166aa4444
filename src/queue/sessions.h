/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A session of a browser begins, however its user has logged in. */
#pragma once

#include "base/span.h"
#include "model/id.h"
#include "model/outcome.h"

struct queue;

struct new_session {
    struct span hash;
    struct id id, user, replaces;
    const char *client_ip, *agent;
    const char *source;   /* who else has judged his login; "": we did */
    const char *provider; /* that, where his browser has been there and can log out there; "" */
};
void session_begin(struct queue *q, const struct new_session *n);

struct login_verdict;
struct sender;
/* To who asked for it: it has begun, of v->user; or why not. */
void session_answer(struct queue *q, const struct sender *to, const struct login_verdict *v);

/* Why none begins, in words. */
void login_is_wrong(struct queue *q, struct outcome *o);
void lockout_says(unsigned wait_s, struct outcome *o);
