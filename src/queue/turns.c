/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/turns.h"

#include <string.h>

static int compare(struct id a, struct id b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

static bool goes_before(const struct turn *a, const struct turn *b, struct id last)
{
    bool a_later = compare(a->tenant, last) <= 0, b_later = compare(b->tenant, last) <= 0;
    int order = compare(a->tenant, b->tenant);
    if (a->load != b->load)
        return a->load < b->load;
    if (a_later != b_later)
        return b_later;
    if (order != 0)
        return order < 0;
    if (a->priority != b->priority)
        return a->priority > b->priority;
    return a->next_ms < b->next_ms;
}

size_t turn_choose(const struct turn *list, size_t n, struct id last)
{
    size_t best = n;
    for (size_t i = 0; i < n; i++)
        if (!list[i].none && (best == n || goes_before(&list[i], &list[best], last)))
            best = i;
    return best;
}
