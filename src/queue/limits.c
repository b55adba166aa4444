/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/limits.h"

#include <string.h>

#include "base/panic.h"
#include "base/str.h"

void load_take(struct queue *q, struct call_load *l)
{
    struct open_call *calls;
    l->count = attempt_open_calls(&q->store, &q->arena, &calls);
    l->room = l->count + LOAD_ROOM;
    l->calls = arena_alloc(&q->arena, l->room * sizeof(*calls));
    memcpy(l->calls, calls, l->count * sizeof(*calls));
}

void load_add(struct call_load *l, const struct open_call *call)
{
    if (l->count == l->room)
        panic("more than %d calls begun in a round", LOAD_ROOM);
    l->calls[l->count++] = *call;
}

unsigned load_of_tenant(const struct call_load *l, struct id tenant, bool out)
{
    unsigned n = 0;
    for (size_t i = 0; i < l->count; i++)
        n += l->calls[i].out == out && id_equal(l->calls[i].tenant, tenant);
    return n;
}

static bool reached(unsigned limit, unsigned calls)
{
    return limit > 0 && calls >= limit;
}

static unsigned setting(struct queue *q, const char *name)
{
    uint64_t n;
    return str_to_u64(store_meta(&q->store, &q->arena, name), UINT32_MAX, &n) ? (unsigned)n : 0;
}

bool load_is_full(struct queue *q, const struct call_load *l, bool out)
{
    unsigned of_kind = 0;
    for (size_t i = 0; i < l->count; i++)
        of_kind += l->calls[i].out == out;
    return reached(setting(q, "calls_total"), (unsigned)l->count) ||
           reached(setting(q, out ? "calls_out" : "calls_in"), of_kind);
}

bool load_tenant_is_full(const struct call_load *l, const struct tenant *t, bool out)
{
    return reached(out ? t->calls_out : t->calls_in, load_of_tenant(l, t->id, out));
}

bool load_box_is_full(const struct call_load *l, const struct faxbox *b, bool out)
{
    unsigned n = 0;
    for (size_t i = 0; i < l->count; i++)
        n += l->calls[i].out == out && str_equal(l->calls[i].faxbox, b->id);
    return reached(out ? b->calls_out : b->calls_in, n);
}

bool load_trunk_is_full(const struct call_load *l, const struct trunk *t)
{
    unsigned n = 0;
    for (size_t i = 0; i < l->count; i++)
        n += str_equal(l->calls[i].trunk, t->name);
    return reached(t->calls, n);
}
