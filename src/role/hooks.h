/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Webhooks, for mailout: each question of the queue is one POST, and its answer what came of it.
 *
 * SECURITY: the URL is a tenant administrator's and its name may lead anywhere, so the address is judged when
 * it is dialled; the answer's status alone is told, never its content. */
#pragma once

#include "base/list.h"
#include "ipc/peers.h"
#include "role/secret.h"

struct hooks {
    struct loop *loop;
    struct peers *peers;
    const struct secret_key *key;
    struct list calls; /* under way */
};

void hooks_init(struct hooks *h);
void hooks_clear(struct hooks *h);
void hooks_call(struct hooks *h, const struct sender *from, const struct msg_hook_call *m);
