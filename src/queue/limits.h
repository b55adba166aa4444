/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many calls there may be at once (S2.1, S2.2): in the installation, of a tenant, of a box, over a trunk.
 * A caller beyond a limit hears busy, a fax waits. */
#pragma once

#include "queue/queue.h"
#include "store/attempts.h"

/* The calls of this moment. */
struct call_load {
    struct open_call *calls; /* the batch's */
    size_t count, room;
};

void load_take(struct queue *q, struct call_load *l);
/* One was begun; at most as many as load_take was told by LOAD_ROOM. */
enum { LOAD_ROOM = 64 };
void load_add(struct call_load *l, const struct open_call *call);

unsigned load_of_tenant(const struct call_load *l, struct id tenant, bool out);
bool load_is_full(struct queue *q, const struct call_load *l, bool out); /* the installation's limit */
bool load_tenant_is_full(const struct call_load *l, const struct tenant *t, bool out);
bool load_box_is_full(const struct call_load *l, const struct faxbox *b, bool out);
bool load_trunk_is_full(const struct call_load *l, const struct trunk *t);
