/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Secrets are sealed for keys that lie beside the store, in each node's state directory: all of them have to
 * have the same ones. */
#pragma once

#include "queue/queue.h"

/* Outside of a batch, before this node joins and again when it has. The store has a fingerprint of each key;
 * the first node leaves it there. 0 with SQLite; EINVAL with a text where one of ours is another key. */
int node_keys_agree(struct queue *q, char error[STORE_ERROR_LEN]) MUST_USE;
