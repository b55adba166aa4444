/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/srv.h"

enum { FIXED_LEN = 6 };

static uint16_t u16_at(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

bool srv_parse(struct span rdata, struct srv *s)
{
    if (rdata.len <= FIXED_LEN)
        return false;
    *s = (struct srv){
        .priority = u16_at(rdata.data), .weight = u16_at(rdata.data + 2), .port = u16_at(rdata.data + 4)};
    return dns_read_name(span_of(rdata.data + FIXED_LEN, rdata.len - FIXED_LEN), s->target) && s->port != 0;
}

static void swap(struct srv *a, struct srv *b)
{
    const struct srv kept = *a;
    *a = *b;
    *b = kept;
}

/* The one of list[0..n), all of one priority, on which the lot falls; a weight of 0 has a small chance too.
 */
static size_t draw(const struct srv *list, size_t n, uint32_t (*random)(uint32_t below))
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += list[i].weight + 1U;
    uint32_t lot = random(sum);
    for (size_t i = 0; i + 1 < n; i++) {
        if (lot <= list[i].weight)
            return i;
        lot -= list[i].weight + 1U;
    }
    return n - 1;
}

void srv_order(struct srv *list, size_t n, uint32_t (*random)(uint32_t below))
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = i; k > 0 && list[k].priority < list[k - 1].priority; k--)
            swap(&list[k], &list[k - 1]);
    for (size_t i = 0; i + 1 < n; i++) {
        size_t equals = 1;
        while (i + equals < n && list[i + equals].priority == list[i].priority)
            equals++;
        swap(&list[i], &list[i + draw(list + i, equals, random)]);
    }
}
