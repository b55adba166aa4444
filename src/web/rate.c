/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/rate.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "base/str.h"

enum { ROWS_MAX = 2048, WHO_LEN = 64 };

struct bucket {
    struct list node;
    char who[WHO_LEN];
    int64_t millis; /* what is in it, in thousandths of a request */
    int64_t seen_ms;
};

struct rates {
    struct list rows; /* who asked last is the last */
    unsigned count;
};

struct rates *rates_new(void)
{
    struct rates *r = mem_zalloc(sizeof(*r));
    list_init(&r->rows);
    return r;
}

static void drop(struct rates *r, struct bucket *b)
{
    list_remove(&b->node);
    r->count--;
    free(b);
}

void rates_free(struct rates *r)
{
    if (!r)
        return;
    list_each_safe (it, &r->rows)
        drop(r, CONTAINER_OF(it, struct bucket, node));
    free(r);
}

/* From the end: who asks now has mostly asked just before. */
static struct bucket *find(struct rates *r, const char *who)
{
    for (struct list *it = r->rows.prev; it != &r->rows; it = it->prev)
        if (str_equal(CONTAINER_OF(it, struct bucket, node)->who, who))
            return CONTAINER_OF(it, struct bucket, node);
    return NULL;
}

static struct bucket *bucket_of(struct rates *r, const char *who, const struct rate *limit, int64_t now_ms)
{
    char name[WHO_LEN];
    (void)str_copy(name, sizeof(name), who);
    struct bucket *b = find(r, name);
    if (!b && r->count == ROWS_MAX)
        drop(r, CONTAINER_OF(r->rows.next, struct bucket, node));
    if (!b) {
        b = mem_zalloc(sizeof(*b));
        *b = (struct bucket){.millis = (int64_t)limit->burst * 1000, .seen_ms = now_ms};
        (void)str_copy(b->who, sizeof(b->who), name);
        r->count++;
    } else {
        list_remove(&b->node);
    }
    list_append(&r->rows, &b->node);
    return b;
}

unsigned rate_wait_s(struct rates *r, const char *who, const struct rate *limit, int64_t now_ms)
{
    struct bucket *b = bucket_of(r, who, limit, now_ms);
    int64_t full = (int64_t)limit->burst * 1000;
    b->millis += (now_ms - b->seen_ms) * limit->per_second;
    b->seen_ms = now_ms;
    if (b->millis > full)
        b->millis = full;
    if (b->millis < 1000)
        return (unsigned)((1000 - b->millis) / 1000 / limit->per_second + 1);
    b->millis -= 1000;
    return 0;
}
