/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How it is with each trunk. Its password stands nowhere here. */
#include <microhttpd.h>

#include "store/config.h"
#include "store/trunk_health.h"
#include "web/resources.h"

static json_t *trunk_json(struct request *r, const struct trunk *t)
{
    struct stored_health h;
    (void)trunk_health_find(r->store, &r->arena, t->name, &h);
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:o, s:o, s:o}", "name", t->name, "peer", t->peer,
                     "transport", t->transport, "username", t->username, "register", (int)t->registers,
                     "state", trunk_state_name(h.state), "text", h.text, "since_ms", json_time(h.since_ms),
                     "next_ms", json_time(h.next_ms), "self_tests", json_self_tests(r, t->name));
}

json_t *json_trunks(struct request *r)
{
    struct trunk *trunks = arena_alloc(&r->arena, TRUNKS_MAX * sizeof(*trunks));
    size_t n = config_trunks(r->store, &r->arena, trunks, TRUNKS_MAX);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, trunk_json(r, &trunks[i]));
    return list;
}
