/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/unusual.h"

#include "base/log.h"
#include "base/str.h"
#include "proto/number.h"

#define UNUSUAL    "unusual-"
#define AN_HOUR_MS (3600LL * 1000)

bool is_held_as_unusual(const struct job *j)
{
    return j->state == JOB_HELD && str_starts(j->code, UNUSUAL);
}

static bool is_a_burst(struct queue *q, const struct tenant *t, struct outcome *o)
{
    unsigned made = job_count_kinds(&q->store, t->id, number_kind_name(NUMBER_INTERNATIONAL),
                                    number_kind_name(NUMBER_PREMIUM), q->now_ms - AN_HOUR_MS);
    if (t->international_per_hour == 0 || made <= t->international_per_hour)
        return false;
    outcome_set(o, VERDICT_RETRY, UNUSUAL "burst",
                "%u faxes to international or premium numbers in an hour are unusual for %.64s (%u are not). "
                "This one "
                "waits until an administrator releases it.",
                made, t->name, t->international_per_hour);
    return true;
}

static bool is_new_country(struct queue *q, const struct tenant *t, const struct job *j, struct outcome *o)
{
    if (!t->hold_new_countries || j->number[0] != '+' ||
        !str_equal(j->kind, number_kind_name(NUMBER_INTERNATIONAL)))
        return false;
    const char *prefix =
        arena_format(&q->arena, "%.*s", (int)(1 + country_code_len(j->number + 1)), j->number);
    if (job_reached_prefix(&q->store, t->id, prefix))
        return false;
    outcome_set(o, VERDICT_RETRY, UNUSUAL "country",
                "No fax of %.64s has arrived at a number that begins with %.5s yet. This one waits until an "
                "administrator "
                "releases it.",
                t->name, prefix);
    return true;
}

static bool is_expensive(const struct job *j)
{
    return str_equal(j->kind, number_kind_name(NUMBER_INTERNATIONAL)) ||
           str_equal(j->kind, number_kind_name(NUMBER_PREMIUM));
}

void hold_if_unusual(struct queue *q, struct id job)
{
    struct job j;
    struct tenant t;
    struct outcome o;
    if (!job_find(&q->store, job, &q->arena, &j) || (j.state != JOB_WAITING && j.state != JOB_HELD) ||
        !is_expensive(&j) || !config_tenant(&q->store, &q->arena, j.tenant, &t) ||
        (!is_new_country(q, &t, &j, &o) && !is_a_burst(q, &t, &o)))
        return;
    if (j.state == JOB_WAITING)
        job_hold(&q->store, j.id, &o);
    else /* by a person, who cannot let it go any more */
        job_postpone(&q->store, j.id, j.next_ms, &o);
    log_error(id_text(j.id), "ALARM %s: job to %s from box %s held: %s", o.code, j.number, j.faxbox, o.text);
    tell_administrator(
        q, id_new(), "Faxpost: unusual faxes are held",
        arena_format(
            &q->arena,
            "A fax from box %.64s to %.64s is held. %s `faxpost status` lists what is held, `faxpost "
            "release ID` lets it go, `faxpost cancel ID` ends it.",
            j.faxbox, j.number, o.text));
}
