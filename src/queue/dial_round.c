/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which of the due jobs are called now: each box's first one stands in line, and turns.h says whose turn it
 * is, until nobody has room or nobody is left. */
#include "base/log.h"
#include "base/str.h"
#include "queue/quiet.h"
#include "queue/dialling.h"
#include "queue/expiring.h"
#include "queue/fax_secrets.h"
#include "queue/limits.h"
#include "queue/nodes.h"
#include "queue/self_tests.h"
#include "queue/send_times.h"
#include "queue/tenant_time.h"
#include "queue/turns.h"
#include "store/destinations.h"

enum { LOOKED_AT_A_ROUND = 2000 };
enum { NO_TRUNK_WAIT_MS = 30000, NEVER_OPEN_WAIT_MS = 24 * 3600 * 1000 };

/* A box in line. */
struct place {
    struct faxbox box;
    struct tenant tenant;
    struct id job; /* its first one */
};

struct round {
    struct queue *q;
    struct place *places;
    struct turn *turns;
    size_t count;
    struct call_load load;
    const char *full; /* trunks, each between line breaks */
};

/* ---- the line ---- */

static void note_full_trunks(struct round *r)
{
    struct queue *q = r->q;
    struct trunk *all;
    size_t n = all_trunks(q, &all);
    r->full = "\n";
    for (size_t i = 0; i < n; i++)
        if (load_trunk_is_full(&r->load, &all[i]))
            r->full = arena_format(&q->arena, "%s%s\n", r->full, all[i].name);
}

/* Who is first in that box now? */
static void look(struct round *r, size_t at)
{
    struct queue *q = r->q;
    struct place *p = &r->places[at];
    struct job j;
    r->turns[at] = (struct turn){.tenant = p->tenant.id, .none = true};
    if (load_tenant_is_full(&r->load, &p->tenant, true) || load_box_is_full(&r->load, &p->box, true))
        return;
    p->job = job_first_due(&q->store, p->box.id, q->now_ms, r->full, p->box.trunk);
    if (id_is_none(p->job) || !job_find(&q->store, p->job, &q->arena, &j))
        return;
    r->turns[at] = (struct turn){.tenant = p->tenant.id,
                                 .load = load_of_tenant(&r->load, p->tenant.id, true),
                                 .priority = j.priority,
                                 .next_ms = j.next_ms};
}

/* A box or a tenant that is gone from the settings: its faxes go all the same. */
static void line_up(struct round *r)
{
    struct queue *q = r->q;
    struct due_box *due;
    r->count = job_due_boxes(&q->store, q->now_ms, &q->arena, &due);
    r->places = arena_alloc(&q->arena, (r->count + 1) * sizeof(*r->places));
    r->turns = arena_alloc(&q->arena, (r->count + 1) * sizeof(*r->turns));
    for (size_t i = 0; i < r->count; i++) {
        struct place *p = &r->places[i];
        if (!config_box(&q->store, &q->arena, due[i].faxbox, &p->box))
            p->box = (struct faxbox){.id = due[i].faxbox, .send_window = "", .bulk_window = "", .trunk = ""};
        if (!config_tenant(&q->store, &q->arena, due[i].tenant, &p->tenant))
            p->tenant = (struct tenant){.id = due[i].tenant, .zone = "UTC"};
        look(r, i);
    }
}

/* A call was begun: for its tenant, and for every box whose first fax goes to the same number. */
static void look_again(struct round *r, struct id tenant)
{
    for (size_t i = 0; i < r->count; i++)
        if (!r->turns[i].none && id_equal(r->places[i].tenant.id, tenant))
            look(r, i);
}

/* ---- one job ---- */

static void park(struct queue *q, const struct place *p, const struct job *j, int64_t at_ms)
{
    struct outcome o;
    char when[TENANT_TIME_LEN];
    if (j->deadline_ms > 0 && at_ms > j->deadline_ms) {
        job_expire(q, j, "its deadline passes before its box sends again");
        return;
    }
    if (at_ms == INT64_MAX)
        at_ms = q->now_ms + NEVER_OPEN_WAIT_MS;
    tenant_time_format(p->tenant.zone, at_ms, when);
    outcome_set(&o, VERDICT_RETRY, "window", "Its box sends at these times only: %.200s. Next: %s (%.64s).",
                send_window_of(&p->box, j->priority), when, p->tenant.zone);
    job_park(&q->store, j->id, q->now_ms, at_ms, &o);
}

static void hold_for_lock(struct queue *q, const struct job *j, const struct destination *d)
{
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, DESTINATION_LOCKED,
                "This number is locked by %.100s%s%.200s. The fax waits until an administrator unlocks it.",
                d->locked_by, *d->lock_reason ? ": " : "", d->lock_reason);
    job_hold(&q->store, j->id, &o);
    log_info(id_text(j->id), "job to %s held: %s", j->number, o.text);
}

/* Without it the fax would lie open at the far machine. */
static void hold_for_password(struct queue *q, const struct job *j)
{
    struct outcome o;
    outcome_set(
        &o, VERDICT_RETRY, "own-key",
        "Its password (PWD) was sealed with another key than this installation has, and it is not sent "
        "without. Cancel it and send it anew, with the password; or an administrator brings the keys "
        "of then back and releases it.");
    job_hold(&q->store, j->id, &o);
    log_error(id_text(j->id), "job to %s held: %s", j->number, o.text);
}

static void wait_for_trunk(struct queue *q, const struct job *j, const char *wanted)
{
    struct outcome o;
    outcome_set(
        &o, VERDICT_RETRY, "no-trunk",
        "No telephone line (trunk)%s%.63s is set up. The fax waits; an administrator can add a trunk.",
        *wanted ? " " : "", wanted);
    if (!q->said_no_trunk)
        log_error(NULL, "faxes wait and no trunk is set up; add one with `faxpost apply`");
    q->said_no_trunk = true;
    job_postpone(&q->store, j->id, q->now_ms + NO_TRUNK_WAIT_MS, &o);
}

/* Something else than a call is due for it? */
static bool goes_aside(struct queue *q, const struct place *p, const struct job *j)
{
    int64_t at_ms = send_time(&p->box, p->tenant.zone, j->priority, q->now_ms);
    const struct destination d = destination_find(&q->store, &q->arena, j->tenant, j->number);
    if (at_ms > q->now_ms)
        park(q, p, j, at_ms);
    else if (d.locked_ms > 0)
        hold_for_lock(q, j, &d);
    else
        return false;
    return true;
}

/* False where there is no room for any call now. */
static bool serve(struct round *r, size_t at)
{
    struct queue *q = r->q;
    struct place *p = &r->places[at];
    struct job j;
    struct trunk trunk;
    const char *wanted;
    bool found = job_find(&q->store, p->job, &q->arena, &j);
    if (!found || job_number_is_called(&q->store, j.number) || goes_aside(q, p, &j)) {
        look(r, at);
        return true;
    }
    const char *password = fax_secret_open(q, j.fax_password);
    if (!password) {
        hold_for_password(q, &j);
        look(r, at);
        return true;
    }
    wanted = wanted_trunk(j.trunk, &p->box);
    switch (choose_trunk(q, &r->load, &j, wanted, &trunk)) {
    case TRUNK_NONE:
        wait_for_trunk(q, &j, wanted);
        look(r, at);
        return true;
    case TRUNK_ALL_FULL:
        look(r, at); /* others go over others */
        return *wanted != 0;
    case TRUNK_CHOSEN: break;
    }
    q->said_no_trunk = false;
    if (!begin_attempt(q, &j, &trunk, password))
        return false;
    const struct open_call call = {j.tenant, j.faxbox, trunk.name, true};
    load_add(&r->load, &call);
    note_full_trunks(r);
    q->last_tenant = j.tenant;
    look_again(r, j.tenant);
    return true;
}

static bool has_room(const struct round *r)
{
    return live_choose_process(r->q) >= 0 && !load_is_full(r->q, &r->load, true);
}

void pump_dial(struct queue *q)
{
    struct round r = {.q = q};
    if (!q->may_dial || !quiet_may_dial(q) || !nodes_run_role(q, ROLE_LINE) ||
        job_next_due(&q->store) > q->now_ms)
        return;
    load_take(q, &r.load);
    if (!has_room(&r) || self_test_fills_trunk(q, &r.load))
        if (self_test_yield(q))
            return; /* there is another round */
    if (!has_room(&r))
        return;
    note_full_trunks(&r);
    line_up(&r);
    size_t calls = r.load.count;
    for (unsigned looked = 0; looked < LOOKED_AT_A_ROUND && r.load.count < calls + LOAD_ROOM; looked++) {
        if (looked > 0 && queue_batch_long(q)) {
            queue_wants(q, WORK_DIAL);
            return;
        }
        size_t at = turn_choose(r.turns, r.count, q->last_tenant);
        if (at == r.count || !has_room(&r) || !serve(&r, at))
            return;
    }
}
