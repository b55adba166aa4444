/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A passkey proves who somebody is, and not that his directory still lets him in: it is asked before his
 * session begins. Where it does not say so in time, nobody is let in: who was locked there an hour ago would
 * come in by making it silent. */
#pragma once

#include "ipc/peers.h"
#include "queue/logins.h"

struct queue;

/* v: the key was right. False: no directory knows him. Else `from` has its answer, or it follows. */
bool directory_look_begin(struct queue *q, const struct sender *from, const struct msg_session_open *m,
                          const struct login_verdict *v, const char *source) MUST_USE;
/* The same question again, from web's next life, while the directory is asked. */
bool directory_look_again(struct queue *q, const struct sender *from, struct id session);
void directory_looks_forget(struct queue *q);
