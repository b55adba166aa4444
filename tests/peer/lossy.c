/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lossy.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { REORDER_DEFAULT_MS = 40, DUPLICATE_WITHIN_MS = 20 };

struct packet {
    struct list node;
    int64_t due_ms;
    size_t len;
    uint8_t data[];
};

void lossy_init(struct lossy *l, const struct lossy_opts *opts)
{
    *l = (struct lossy){.opts = *opts, .random = opts->seed};
    if (l->opts.burst < 1)
        l->opts.burst = 1;
    if (l->opts.reorder_ms == 0)
        l->opts.reorder_ms = REORDER_DEFAULT_MS;
    list_init(&l->queue);
}

static void drop_packet(struct lossy *l, struct packet *p)
{
    list_remove(&p->node);
    l->queued--;
    free(p);
}

void lossy_clear(struct lossy *l)
{
    list_each_safe (it, &l->queue)
        drop_packet(l, CONTAINER_OF(it, struct packet, node));
}

/* SplitMix64: every seed is good, and it is the same everywhere. */
static uint64_t next_random(struct lossy *l)
{
    uint64_t x = l->random += 0x9E3779B97F4A7C15;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
    x = (x ^ x >> 27) * 0x94D049BB133111EB;
    return x ^ x >> 31;
}

static bool chance(struct lossy *l, double share)
{
    return (double)(next_random(l) >> 11) * 0x1p-53 < share;
}

static int64_t up_to(struct lossy *l, int64_t most)
{
    return most > 0 ? (int64_t)(next_random(l) % (uint64_t)(most + 1)) : 0;
}

/* Gilbert's model: a burst ends with 1 / burst, and begins so often that on average `loss` of all are lost.
 */
static bool is_lost(struct lossy *l)
{
    double begin = l->opts.loss / (l->opts.burst * (1 - l->opts.loss));
    if (l->opts.burst > 1)
        l->losing = l->losing ? !chance(l, 1 / l->opts.burst) : chance(l, begin);
    else
        l->losing = chance(l, l->opts.loss);
    return l->losing;
}

static void queue_packet(struct lossy *l, const void *data, size_t len, int64_t due_ms)
{
    if (l->queued == LOSSY_QUEUE_MAX) {
        l->counts.lost++;
        return;
    }
    struct packet *p = mem_alloc(sizeof(*p) + len);
    p->due_ms = due_ms;
    p->len = len;
    memcpy(p->data, data, len);
    struct list *before = l->queue.prev;
    while (before != &l->queue && CONTAINER_OF(before, struct packet, node)->due_ms > due_ms)
        before = before->prev;
    list_append(before->next, &p->node);
    l->queued++;
}

void lossy_put(struct lossy *l, const void *packet, size_t len, int64_t now_ms)
{
    l->counts.in++;
    if (is_lost(l) || len > LOSSY_PACKET_MAX) {
        l->counts.lost++;
        return;
    }
    int64_t due_ms = now_ms + l->opts.delay_ms + up_to(l, l->opts.jitter_ms);
    if (due_ms < l->last_due_ms)
        due_ms = l->last_due_ms;
    if (chance(l, l->opts.reorder)) {
        l->counts.reordered++;
        due_ms += l->opts.reorder_ms;
    } else {
        l->last_due_ms = due_ms;
    }
    queue_packet(l, packet, len, due_ms);
    if (chance(l, l->opts.duplicate)) {
        l->counts.duplicated++;
        queue_packet(l, packet, len, due_ms + up_to(l, DUPLICATE_WITHIN_MS));
    }
}

int64_t lossy_due_ms(const struct lossy *l)
{
    return list_empty(&l->queue) ? -1 : CONTAINER_OF(l->queue.next, struct packet, node)->due_ms;
}

bool lossy_take(struct lossy *l, int64_t now_ms, uint8_t to[LOSSY_PACKET_MAX], size_t *len)
{
    if (list_empty(&l->queue))
        return false;
    struct packet *p = CONTAINER_OF(l->queue.next, struct packet, node);
    if (p->due_ms > now_ms)
        return false;
    memcpy(to, p->data, p->len);
    *len = p->len;
    l->counts.out++;
    drop_packet(l, p);
    return true;
}
