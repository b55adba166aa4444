/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/media_path.h"

static bool is_same(const struct endpoint *a, const struct endpoint *b)
{
    return a->len > 0 && b->len > 0 && endpoint_equal(a, b);
}

static bool is_host(const struct endpoint *of, const struct endpoint *from)
{
    return of->len > 0 && endpoint_equal_host(of, from);
}

void media_path_name(struct media_path *p, const struct endpoint *named, const struct endpoint *peer)
{
    if (is_same(&p->named, named))
        return;
    *p = (struct media_path){.to = *named, .named = *named};
    if (named->len > 0)
        p->peer = *peer;
}

bool media_path_may_hear(const struct media_path *p, const struct endpoint *from)
{
    return is_host(&p->named, from) || is_host(p->open ? &p->to : &p->peer, from);
}

static void open_to(struct media_path *p, const struct endpoint *to)
{
    p->to = *to;
    p->open = true;
}

/* One more from a place that was not named: is it where the far side is? */
static bool is_there(struct media_path *p, const struct endpoint *from)
{
    p->other_count = is_same(&p->other, from) ? p->other_count + 1 : 1;
    p->other = *from;
    return p->other_count >= MEDIA_PATH_PACKETS;
}

bool media_path_take(struct media_path *p, const struct endpoint *from)
{
    if (is_same(&p->named, from))
        open_to(p, from);
    else if (!p->open && p->peer.len > 0 && is_there(p, from))
        open_to(p, from);
    return is_host(&p->named, from) || (p->open && is_host(&p->to, from));
}
