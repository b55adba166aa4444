/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What role archive does at the same time: each place has a thread, and another one for what somebody waits
 * for, so that a place that hangs keeps nothing waiting but itself. */
#pragma once

#include "ipc/peers.h"
#include "model/archive.h"
#include "role/secret.h"

struct archive_lanes;

/* key and root (where local places lie) are borrowed. */
struct archive_lanes *archive_lanes_new(struct loop *l, struct peers *peers, const struct secret_key *key,
                                        const char *root) MUST_USE;
/* Breaks off what is under way and waits for the threads. */
void archive_lanes_free(struct archive_lanes *l);
/* Answers with archive_done. The same again while it is under way: its answer goes to who asked last. */
void archive_lanes_do(struct archive_lanes *l, const struct sender *from, struct msg_archive_do *m);
