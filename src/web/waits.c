/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/waits.h"

#include "base/str.h"
#include "store/attempts.h"
#include "store/config.h"

/* Our own calls of this moment, by whose they are. */
struct calls {
    unsigned box, tenant, out, all;
};

static struct calls count_calls(struct request *r, const struct job *j)
{
    struct calls n = {0};
    if (!r->open_calls)
        r->open_call_count = attempt_open_calls(r->store, &r->arena, &r->open_calls);
    for (size_t i = 0; i < r->open_call_count; i++) {
        const struct open_call *c = &r->open_calls[i];
        n.all++;
        n.out += c->out;
        n.tenant += c->out && id_equal(c->tenant, j->tenant);
        n.box += c->out && str_equal(c->faxbox, j->faxbox);
    }
    return n;
}

static unsigned setting(struct request *r, const char *name)
{
    uint64_t n;
    return str_to_u64(store_meta(r->store, &r->arena, name), UINT32_MAX, &n) ? (unsigned)n : 0;
}

/* The first limit that is reached, as queue/limits.h judges them; 0: none. */
static unsigned reached_limit(struct request *r, const struct job *j)
{
    struct faxbox box = {.id = ""};
    struct tenant tenant = {.zone = ""};
    (void)config_box(r->store, &r->arena, j->faxbox, &box);
    (void)config_tenant(r->store, &r->arena, j->tenant, &tenant);
    const struct calls n = count_calls(r, j);
    const struct {
        unsigned limit, calls;
    } limits[] = {{box.calls_out, n.box},
                  {tenant.calls_out, n.tenant},
                  {setting(r, "calls_out"), n.out},
                  {setting(r, "calls_total"), n.all}};
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        if (limits[i].limit > 0 && limits[i].calls >= limits[i].limit)
            return limits[i].limit;
    return 0;
}

struct waits waits_of_job(struct request *r, const struct job *j, int64_t now_ms)
{
    struct waits w = {.code = WAITS_FOR_NOTHING};
    if (j->state != JOB_WAITING || j->pages == 0 || j->next_ms > now_ms)
        return w;
    w.limit = reached_limit(r, j);
    w.code = job_number_is_called_for(r->store, j->tenant, j->number) ? WAITS_FOR_NUMBER
             : w.limit > 0                                            ? WAITS_FOR_CALLS
                                                                      : WAITS_FOR_NOTHING;
    return w;
}

json_t *json_waits(const struct waits *w)
{
    switch (w->code) {
    case WAITS_FOR_NUMBER: return json_pack("{s:s}", "code", "number-called");
    case WAITS_FOR_CALLS: return json_pack("{s:s, s:i}", "code", "call-limit", "limit", (int)w->limit);
    case WAITS_FOR_NOTHING: break;
    }
    return json_null();
}

void words_of_waits(const struct waits *w, char detail[WORDS_LEN])
{
    if (w->code == WAITS_FOR_NUMBER)
        (void)str_copy(detail, WORDS_LEN, "another fax to this number is being sent");
    else if (w->code == WAITS_FOR_CALLS)
        (void)str_format(detail, WORDS_LEN, "limit of %u %s reached", w->limit,
                         w->limit == 1 ? "call" : "calls");
}
