/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Trunks as line has to know them, and what it tells of them. */
#include <jansson.h>

#include "base/hex.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/queue.h"
#include "store/config.h"
#include "store/trunk_health.h"

enum { TRUNKS_MAX = 256, TRUNKS_A_MESSAGE = 12 };

static json_t *trunk_json(struct queue *q, const struct trunk *t)
{
    char *secret = arena_alloc(&q->arena, 2 * t->secret.len + 1);
    hex_format(t->secret.data, t->secret.len, secret);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:i, s:s}", "id", id_text(t->id), "name", t->name,
                     "peer", t->peer, "transport", t->transport, "user", t->username, "t38", (int)t->t38,
                     "register", (int)t->registers, "register_seconds", (int)t->register_s, "secret", secret);
}

void tell_trunks(struct queue *q)
{
    struct trunk trunks[TRUNKS_MAX];
    size_t n = config_trunks(&q->store, &q->arena, trunks, TRUNKS_MAX), at = 0;
    do {
        json_t *list = json_array();
        for (size_t i = 0; i < TRUNKS_A_MESSAGE && at < n; i++)
            (void)json_array_append_new(list, trunk_json(q, &trunks[at++]));
        SCOPED_FREE char *text = json_dumps(list, JSON_COMPACT);
        json_decref(list);
        struct message m = {.type = MSG_trunks, .trunks = {.trunks = text, .more = at < n}};
        peers_tell(q->peers, ROLE_LINE, 0, &m);
    } while (at < n);
}

bool find_trunk(struct queue *q, const char *name, struct trunk *t)
{
    struct trunk all[TRUNKS_MAX];
    size_t n = config_trunks(&q->store, &q->arena, all, TRUNKS_MAX);
    for (size_t i = 0; i < n; i++) {
        if (!name || str_equal(name, all[i].name)) {
            *t = all[i];
            return true;
        }
    }
    return false;
}

void on_trunk_health(void *context, const struct sender *from, struct msg_trunk_health *m)
{
    struct queue *q = context;
    struct trunk trunk;
    queue_enter(q);
    if (m->state >= TRUNK_STATE_COUNT || !find_trunk(q, m->trunk, &trunk))
        return; /* it was taken away meanwhile */
    const struct stored_health h = {.trunk = trunk.name,
                                    .state = (enum trunk_state)m->state,
                                    .text = queue_text(q, m->text),
                                    .since_ms = q->now_ms,
                                    .next_ms = m->next_s ? q->now_ms + (int64_t)m->next_s * 1000 : 0};
    (void)trunk_health_set(&q->store, &h);
}
