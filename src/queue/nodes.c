/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "queue/batches.h"
#include "queue/node_keys.h"
#include "store/claims.h"

/* Those that wait for news hear them so often at most. */
enum { TELL_MS = 300 };

bool nodes_run_role(const struct queue *q, enum role role)
{
    return role_is_wanted(q->conf->roles, role);
}

bool nodes_lead(const struct queue *q)
{
    return !store_is_shared(&q->store) || q->nodes.leads;
}

bool nodes_lead_with(const struct queue *q, enum role role)
{
    return !store_is_shared(&q->store) || (q->nodes.leads_with & 1u << role) != 0;
}

bool nodes_may_call(const struct queue *q)
{
    return !q->nodes.drains;
}

/* ---- joining ---- */

static const char *own_name(const struct queue *q)
{
    return *q->conf->node ? q->conf->node : q->host_name;
}

const char *nodes_name(const struct queue *q)
{
    return store_is_shared(&q->store) ? own_name(q) : "";
}

bool alarm_is_ours(struct queue *q, const char *node)
{
    struct node n;
    if (str_equal(node, nodes_name(q)))
        return true;
    return nodes_lead(q) && (!*node || !node_find(&q->store, &q->arena, node, &n) || n.taken);
}

static const char *own_roles(struct queue *q)
{
    const char *list = "";
    for (int r = 0; r < ROLE_COUNT; r++)
        if (r != ROLE_PARENT && nodes_run_role(q, (enum role)r))
            list = arena_format(&q->arena, "%s%s%s", list, *list ? " " : "", role_name((enum role)r));
    return list;
}

/* What we had begun with roles that we do not have any more is for others. */
static void give_up_claims(struct queue *q)
{
    static const struct {
        int kind;
        enum role role;
    } kinds[] = {{CLAIM_UNPACK, ROLE_CONVERT}, {CLAIM_RENDER, ROLE_CONVERT}, {CLAIM_COMPOSE, ROLE_CONVERT},
                 {CLAIM_READ, ROLE_CONVERT},   {CLAIM_LOOK, ROLE_CONVERT},   {CLAIM_DELIVER, ROLE_MAILOUT},
                 {CLAIM_HOOKS, ROLE_MAILOUT},  {CLAIM_PRINT, ROLE_MAILOUT}};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (!nodes_run_role(q, kinds[i].role))
            claims_drop_kind(&q->store, kinds[i].kind);
}

static void on_heard(void *context, uint32_t events)
{
    struct queue *q = context;
    if (q->in_batch || !sql_heard(q->store.sql))
        return; /* at its end we look */
    queue_enter(q);
    queue_wants(q, WORK_ALL & ~(unsigned)WORK_SETTINGS);
}

/* Two that begin at once see nobody before they have joined. */
static int join(struct queue *q, const struct node *n, char error[STORE_ERROR_LEN])
{
    int failed = node_keys_agree(q, error);
    if (!failed)
        failed = node_join(&q->store, q->conf->state_dir, n, error);
    if (failed || !store_is_shared(&q->store))
        return failed;
    failed = node_keys_agree(q, error);
    if (failed) {
        store_begin(&q->store);
        node_stop(&q->store);
        store_commit(&q->store);
    }
    return failed;
}

int nodes_start(struct queue *q, char error[STORE_ERROR_LEN])
{
    const struct node n = {
        .name = own_name(q), .version = FAXPOST_VERSION, .roles = own_roles(q), .lease_ms = NODE_LEASE_MS};
    int failed = join(q, &n, error);
    arena_clear(&q->arena);
    if (failed || !store_is_shared(&q->store))
        return failed;
    store_begin(&q->store);
    give_up_claims(q);
    (void)str_copy(q->nodes.settings, sizeof(q->nodes.settings),
                   store_meta(&q->store, &q->arena, SETTINGS_STAMP));
    q->nodes.clock_shifts_ms = strtoll(store_meta(&q->store, &q->arena, "clock.shifts_ms"), NULL, 10);
    store_commit(&q->store);
    arena_clear(&q->arena);
    q->wall_clock = NULL; /* the database's is everybody's */
    q->nodes.heard = (struct watch){.on_ready = on_heard, .context = q};
    watch_start(&q->nodes.heard, q->loop, sql_socket(q->store.sql), EPOLLIN);
    log_info(NULL, "this is the node %s", n.name);
    return 0;
}

void nodes_stop(struct queue *q)
{
    watch_stop(&q->nodes.heard);
}

void nodes_leave(struct queue *q)
{
    if (store_is_shared(&q->store))
        node_stop(&q->store);
}

/* ---- the others ---- */

/* Exactly what our own crash leads to, for calls and for work under way. */
static void take_over(struct queue *q, const struct node *n)
{
    struct id ids[OPEN_ATTEMPTS_MAX];
    size_t calls = attempt_open_of_node(&q->store, n->id, ids, OPEN_ATTEMPTS_MAX);
    log_warning(NULL, "node %s %s; its work goes on here and elsewhere, and %zu calls of it are given up",
                n->name, n->stopped ? "has ended" : "has not been heard of", calls);
    for (size_t i = 0; i < calls; i++)
        attempt_lost(q, ids[i]);
    node_set_taken(&q->store, n->id);
    q->look_now = true;
    q->nodes.tell = true;
    queue_wants(q, WORK_ALL & ~(unsigned)WORK_SETTINGS);
}

/* A living node writes a new one each second. Our own clock tells how long none came: the database's may be
 * set, or be another's after a standby took its place. */
static int64_t stands_since(const struct queue *q, const struct node *n)
{
    for (size_t i = 0; i < q->nodes.seen_count; i++)
        if (id_equal(q->nodes.seen[i].id, n->id) && q->nodes.seen[i].lease_ms == n->lease_ms)
            return q->nodes.seen[i].since_ms;
    return q->steady_ms;
}

static void watch_others(struct queue *q, const struct node *list, size_t count)
{
    struct lease_seen seen[NODES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (!list[i].taken && !id_equal(list[i].id, q->store.node))
            seen[n++] = (struct lease_seen){list[i].id, list[i].lease_ms, stands_since(q, &list[i])};
    memcpy(q->nodes.seen, seen, n * sizeof(*seen));
    q->nodes.seen_count = n;
}

static bool is_gone(const struct queue *q, const struct node *n)
{
    return !n->taken && !id_equal(n->id, q->store.node) && q->steady_ms - stands_since(q, n) >= NODE_LEASE_MS;
}

/* The living one with the lowest id does what has to be done once. */
static void choose_leaders(struct queue *q, const struct node *list, size_t count, int64_t now_ms)
{
    unsigned before = q->nodes.leads_with;
    q->nodes.leads = true;
    q->nodes.leads_with = ~0u;
    q->nodes.others = 0;
    for (size_t i = 0; i < count; i++) {
        const struct node *n = &list[i];
        if (id_equal(n->id, q->store.node) || n->taken || n->stopped || n->lease_ms <= now_ms)
            continue;
        q->nodes.others++;
        if (memcmp(n->id.bytes, q->store.node.bytes, sizeof(n->id.bytes)) > 0)
            continue;
        q->nodes.leads = false;
        for (int r = 0; r < ROLE_COUNT; r++)
            if (role_is_listed(n->roles, (enum role)r))
                q->nodes.leads_with &= ~(1u << r);
    }
    for (int r = 0; r < ROLE_COUNT; r++)
        if (!nodes_run_role(q, (enum role)r))
            q->nodes.leads_with &= ~(1u << r);
    if (q->nodes.leads_with != before)
        queue_wants(q, WORK_SETTINGS); /* who registers, who reads mailboxes */
}

/* In each batch: what a node begins, it begins by what the others have set before. */
static void hear_others(struct queue *q)
{
    struct node_news news;
    node_hear(&q->store, &q->arena, &news);
    q->nodes.drains = news.drains;
    if (str_equal(news.settings, q->nodes.settings))
        return;
    (void)str_copy(q->nodes.settings, sizeof(q->nodes.settings), news.settings);
    queue_use_settings(q);
}

/* Somebody cancelled it where the call is not. */
static void drop_cancelled(struct queue *q)
{
    struct id ids[OPEN_ATTEMPTS_MAX];
    size_t n = attempt_cancelled_ones(&q->store, ids, OPEN_ATTEMPTS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct live_call *c = live_find(q, ids[i]);
        struct message drop = {.type = MSG_drop, .drop = {.attempt = ids[i]}};
        if (!c || c->dropped || !batch_is_cancelled(q, ids[i]))
            continue;
        c->dropped = true;
        peers_tell(q->peers, ROLE_LINE, 0, &drop);
    }
}

static void look(struct queue *q, int64_t now_ms)
{
    struct node *list;
    size_t n = nodes_all(&q->store, &q->arena, &list);
    q->nodes.several = n > 1;
    choose_leaders(q, list, n, now_ms);
    watch_others(q, list, n);
    for (size_t i = 0; i < n; i++)
        if (is_gone(q, &list[i]))
            take_over(q, &list[i]);
    drop_cancelled(q);
    attempts_of_others(q);
}

/* ---- batches ---- */

static void NORETURN die(void)
{
    log_error(NULL, "another node has taken our work over, for we were not heard of for %d s; beginning anew",
              NODE_LEASE_MS / 1000);
    exit(1);
}

/* Our clock was read before the database's, so its answer may be as late as it likes. */
static void renew(struct queue *q, int64_t steady_ms)
{
    int64_t now_ms = sql_now_ms(q->store.sql);
    if (!node_renew(&q->store, now_ms + NODE_LEASE_MS))
        die();
    q->nodes.lease_ms = now_ms + NODE_LEASE_MS;
    q->nodes.renewed_ms = steady_ms;
    q->nodes.renewed = true;
    look(q, now_ms);
}

void nodes_enter(struct queue *q)
{
    if (!store_is_shared(&q->store))
        return;
    int64_t steady_ms = q->steady_clock();
    if (q->nodes.lease_ms == 0 || sql_began_ms(q->store.sql) >= q->nodes.lease_ms ||
        steady_ms - q->nodes.renewed_ms >= NODE_RENEW_MS)
        renew(q, steady_ms);
    hear_others(q);
}

void nodes_tell_others(struct queue *q)
{
    q->nodes.tell = true;
}

void nodes_settings_changed(struct queue *q)
{
    if (!store_is_shared(&q->store))
        return;
    (void)str_copy(q->nodes.settings, sizeof(q->nodes.settings), id_text(id_new()));
    store_set_meta(&q->store, SETTINGS_STAMP, q->nodes.settings);
    q->nodes.tell = true;
}

void nodes_before_commit(struct queue *q)
{
    if (!q->nodes.tell || q->nodes.others == 0 || q->steady_ms - q->nodes.told_ms < TELL_MS)
        return;
    q->nodes.tell = false;
    q->nodes.told_ms = q->steady_ms;
    sql_tell_others(q->store.sql);
}

void nodes_after_commit(struct queue *q)
{
    if (!store_is_shared(&q->store))
        return;
    if (q->nodes.renewed) {
        const struct message m = {.type = MSG_lease, .lease = {.from_ms = q->nodes.renewed_ms}};
        peers_tell_parent(q->peers, &m);
    }
    q->nodes.renewed = false;
    if (sql_heard(q->store.sql)) /* within the batch: no watch wakes us for it */
        timer_start(&q->due, q->loop, 0);
}
