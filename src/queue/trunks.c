/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Trunks as line has to know them, and what it tells of them. */
#include <jansson.h>

#include "base/hex.h"
#include "base/scope.h"
#include "base/str.h"
#include "queue/dialling.h"
#include "queue/nodes.h"
#include "queue/trunk_choice.h"
#include "store/config.h"
#include "store/trunk_health.h"

enum { TRUNKS_A_MESSAGE = 12, TRUNK_FAILURES_LOOKED_AT = 100 };

static json_t *trunk_json(struct queue *q, const struct trunk *t)
{
    char *secret = arena_alloc(&q->arena, 2 * t->secret.len + 1);
    hex_format(t->secret.data, t->secret.len, secret);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:i, s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:b, s:s, s:s, s:s}",
        "id", id_text(t->id), "name", t->name, "peer", t->peer, "transport", t->transport, "user",
        t->username, "t38", (int)t->t38, "register", (int)(t->registers && nodes_lead_with(q, ROLE_LINE)),
        "register_seconds", (int)t->register_s, "secret", secret, "addresses", t->addresses, "called_from",
        t->called_from, "caller_from", t->caller_from, "caller_in", t->caller_in, "keepalive",
        trunk_keepalive_s(t->keepalive_s, t->registers), "advertised_address", t->advertised, "symmetric",
        (int)t->symmetric, "outbound_proxy", t->outbound_proxy, "srtp", t->srtp, "t38_correction",
        t->t38_correction);
}

void tell_trunks(struct queue *q)
{
    struct trunk *trunks;
    size_t n = all_trunks(q, &trunks), at = 0;
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

/* When this job's last call failed at each of them. */
static void find_failures(struct queue *q, const struct job *j, const struct trunk *all, size_t n,
                          struct trunk_candidate *list)
{
    struct id ids[TRUNK_FAILURES_LOOKED_AT];
    size_t count = attempt_of_job(&q->store, j->id, ids, ARRAY_LEN(ids));
    for (size_t k = 0; k < count; k++) {
        struct attempt t;
        if (!attempt_find(&q->store, ids[k], &q->arena, &t) || !trunk_is_to_blame(t.code))
            continue;
        for (size_t i = 0; i < n; i++)
            if (str_equal(all[i].name, t.trunk) && t.ended_ms > list[i].failed_ms)
                list[i].failed_ms = t.ended_ms;
    }
}

size_t all_trunks(struct queue *q, struct trunk **list)
{
    *list = arena_alloc(&q->arena, TRUNKS_MAX * sizeof(**list));
    return config_trunks(&q->store, &q->arena, *list, TRUNKS_MAX);
}

/* Those that have room. */
static size_t find_candidates(struct queue *q, const struct call_load *load, const struct job *j,
                              struct trunk **free, struct trunk_candidate *list)
{
    struct trunk *all;
    size_t n = all_trunks(q, &all), kept = 0;
    for (size_t i = 0; i < n; i++) {
        struct stored_health h;
        if (load_trunk_is_full(load, &all[i]))
            continue;
        (void)trunk_health_find(&q->store, &q->arena, all[i].name, &h);
        list[kept] = (struct trunk_candidate){.down = h.state == TRUNK_DOWN};
        all[kept++] = all[i];
    }
    find_failures(q, j, all, kept, list);
    *free = all;
    return kept;
}

const char *wanted_trunk(const char *named, const struct faxbox *box)
{
    return *named ? named : box->trunk;
}

bool expected_trunk(struct queue *q, const char *named, const struct faxbox *box, struct trunk *t)
{
    const char *wanted = wanted_trunk(named, box);
    return find_trunk(q, *wanted ? wanted : NULL, t);
}

enum trunk_choice choose_trunk(struct queue *q, const struct call_load *load, const struct job *j,
                               const char *wanted, struct trunk *t)
{
    struct trunk *free;
    struct trunk_candidate list[TRUNKS_MAX];
    if (*wanted && !find_trunk(q, wanted, t))
        return TRUNK_NONE;
    if (*wanted)
        return load_trunk_is_full(load, t) ? TRUNK_ALL_FULL : TRUNK_CHOSEN;
    size_t n = find_candidates(q, load, j, &free, list);
    if (n == 0)
        return find_trunk(q, NULL, t) ? TRUNK_ALL_FULL : TRUNK_NONE;
    *t = free[trunk_choose(list, n, q->now_ms)];
    return TRUNK_CHOSEN;
}

bool other_trunk(struct queue *q, const struct job *j, const char *code)
{
    struct trunk *free;
    struct call_load load;
    struct trunk_candidate list[TRUNKS_MAX];
    struct faxbox box = {.trunk = ""};
    (void)config_box(&q->store, &q->arena, j->faxbox, &box);
    if (*wanted_trunk(j->trunk, &box) || !trunk_is_to_blame(code))
        return false;
    load_take(q, &load);
    return trunk_may_fail_over(list, find_candidates(q, &load, j, &free, list), q->now_ms);
}

bool find_trunk(struct queue *q, const char *name, struct trunk *t)
{
    struct trunk *all;
    size_t n = all_trunks(q, &all);
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
    if (trunk_health_set(&q->store, &h))
        change_note(&q->store.changes, CHANGE_STATUS, ID_NONE);
}
