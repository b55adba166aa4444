/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/asking.h"

#include <string.h>

#include "base/str.h"
#include "proto/number.h"
#include "queue/tenant_time.h"
#include "queue/trace.h"

/* A fax for further away is a slip of the pen; one for a moment ago was on its way meanwhile. */
#define AT_FUTURE_MAX_MS (366LL * 24 * 3600 * 1000)
#define AT_PAST_MAX_MS   (24LL * 3600 * 1000)

static void refuse(struct outcome *o, const char *code, const char *text)
{
    outcome_set(o, VERDICT_GIVE_UP, code, "%s", text);
}

/* ---- number ---- */

struct extensions {
    struct store *store;
    struct id tenant;
};

static bool is_extension(void *context, const char *digits)
{
    const struct extensions *e = context;
    return config_is_extension(e->store, e->tenant, digits);
}

static struct number_plan plan_of(const struct tenant *t, const char *outside_prefix, struct extensions *e)
{
    return (struct number_plan){.country = t->country,
                                .area_code = t->area_code,
                                .outside_prefix = outside_prefix,
                                .allow = t->dial_allow,
                                .deny = t->dial_deny,
                                .emergency = t->emergency,
                                .is_extension = is_extension,
                                .context = e};
}

bool ask_number(struct store *s, const struct tenant *t, const char *text, struct number *n,
                struct complaint *why)
{
    char number[NUMBER_TEXT_LEN];
    struct extensions e = {s, t->id};
    const struct number_plan plan = plan_of(t, t->outside_prefix, &e);
    return number_text_parse(text, number, why) && number_normalise(&plan, number, n, why);
}

static bool take_number(const struct routing *w, const struct tenant *tenant, const struct target *t,
                        struct route *r, struct outcome *o)
{
    struct number n;
    struct complaint why;
    struct extensions e = {w->store, tenant->id};
    const struct number_plan plan =
        plan_of(tenant, flags_has(&t->flags, FLAG_NOPREFIX) ? "" : tenant->outside_prefix, &e);
    if (!number_normalise(&plan, t->number, &n, &why)) {
        refuse(o, why.code, why.text);
        return trace_note(w->trace, "D3", false, "%s", why.text);
    }
    (void)trace_note(w->trace, "D3", true, "%s is %s, %s", t->number, n.dial, number_kind_name(n.kind));
    if (!number_may_dial(&plan, &n, &why)) {
        refuse(o, why.code, why.text);
        return trace_note(w->trace, "D3", false, "%s", why.text);
    }
    r->row.number = arena_strdup(w->arena, n.dial);
    r->row.display = arena_strdup(w->arena, t->number);
    r->row.kind = number_kind_name(n.kind);
    return trace_note(w->trace, "D3", true, "the dial plan lets it be called");
}

/* ---- flags ---- */

static bool take_trunk(const struct routing *w, const struct flags *f, struct route *r, struct outcome *o)
{
    struct trunk *trunks = arena_alloc(w->arena, TRUNKS_MAX * sizeof(*trunks));
    size_t n = config_trunks(w->store, w->arena, trunks, TRUNKS_MAX);
    for (size_t i = 0; i < n; i++)
        if (str_equal_nocase(trunks[i].name, f->port)) {
            r->row.trunk = trunks[i].name;
            return true;
        }
    outcome_set(
        o, VERDICT_GIVE_UP, "trunk-unknown",
        "There is no trunk \"%s\" here (^PORT). Leave the flag out, or ask the administrator for its name.",
        QUOTED(f->port));
    return false;
}

static bool take_billing(const struct routing *w, const struct tenant *t, const struct flags *f,
                         struct route *r, struct outcome *o)
{
    if (!*t->billing_codes || str_has_line(t->billing_codes, f->billing)) {
        r->row.billing = arena_strdup(w->arena, f->billing);
        return true;
    }
    outcome_set(
        o, VERDICT_GIVE_UP, "billing-unknown",
        "\"%s\" is none of the billing codes of %.64s. Look it up, or ask the administrator to add it.",
        QUOTED(f->billing), t->name);
    return false;
}

static bool take_time(const struct routing *w, const struct tenant *t, const struct flags *f, struct route *r,
                      struct outcome *o)
{
    char now[TENANT_TIME_LEN], wanted[TENANT_TIME_LEN];
    int64_t at_ms = tenant_time_wall_ms(t->zone, &f->at);
    if (at_ms >= w->now_ms - AT_PAST_MAX_MS && at_ms <= w->now_ms + AT_FUTURE_MAX_MS) {
        r->row.not_before_ms = at_ms > w->now_ms ? at_ms : 0;
        return true;
    }
    tenant_time_format(t->zone, w->now_ms, now);
    tenant_time_format(t->zone, at_ms, wanted);
    bool past = at_ms < w->now_ms;
    outcome_set(o, VERDICT_GIVE_UP, past ? "time-past" : "time-far",
                "^AT asks for %s, which is %s; it is %s in %.64s now.", wanted,
                past ? "past" : "more than a year away", now, t->zone);
    return false;
}

static bool take_cover(const struct routing *w, const struct flags *f, struct route *r, struct outcome *o)
{
    if (flags_has(f, FLAG_NOCOVER))
        r->cover = "";
    if (!flags_has(f, FLAG_TEMPLATE))
        return true;
    const char **names;
    size_t count = config_covers(w->store, w->arena, r->box.tenant, &names);
    const char *list = "standard";
    for (size_t i = 0; i <= count; i++) {
        const char *name = i == 0 ? "standard" : names[i - 1];
        if (str_equal_nocase(f->template_name, name)) {
            r->cover = name;
            return true;
        }
        list = i == 0 ? name : arena_format(w->arena, "%s, %s", list, name);
    }
    outcome_set(o, VERDICT_GIVE_UP, "cover-unknown",
                "There is no cover page \"%s\" here (^TEMPLATE); there is: %.200s.", QUOTED(f->template_name),
                list);
    return false;
}

static void take_look(const struct flags *f, struct route *r)
{
    static const struct {
        enum flag flag;
        const char *resolution, *paper;
    } rows[] = {{FLAG_COARSE, "standard", NULL}, {FLAG_STANDARD, "fine", NULL},
                {FLAG_FINE, "fine", NULL},       {FLAG_SUPERFINE, "superfine", NULL},
                {FLAG_300DPI, "300dpi", NULL},   {FLAG_400DPI, "400dpi", NULL},
                {FLAG_A4, NULL, "a4"},           {FLAG_LEGAL, NULL, "legal"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!flags_has(f, rows[i].flag))
            continue;
        r->resolution = rows[i].resolution ? rows[i].resolution : r->resolution;
        r->paper = rows[i].paper ? rows[i].paper : r->paper;
    }
}

static bool take_flags(const struct routing *w, const struct tenant *t, const struct flags *f,
                       struct route *r, struct outcome *o)
{
    take_look(f, r);
    if (flags_has(f, FLAG_RETRIES))
        r->row.tries = f->retries;
    if (flags_has(f, FLAG_PRIORITY))
        r->row.priority = f->priority;
    if (flags_has(f, FLAG_COMPANY))
        r->company = arena_strdup(w->arena, f->company);
    r->poll = flags_has(f, FLAG_POLL);
    if (r->poll && flags_has(f, FLAG_SUB)) {
        refuse(o, "flag-conflict", "The flags ^POLL and ^SUB contradict each other: who polls says ^SEP.");
        return false;
    }
    if (!r->poll && flags_has(f, FLAG_SEP)) {
        refuse(o, "flag-conflict", "The flag ^SEP goes with ^POLL; a fax that is sent has ^SUB.");
        return false;
    }
    r->row.subaddress = arena_strdup(w->arena, r->poll ? f->selective : f->subaddress);
    r->row.fax_password = arena_strdup(w->arena, f->password);
    return (r->poll || take_cover(w, f, r, o)) && (!flags_has(f, FLAG_PORT) || take_trunk(w, f, r, o)) &&
           (!flags_has(f, FLAG_BILLING) || take_billing(w, t, f, r, o)) &&
           (!flags_has(f, FLAG_AT) || take_time(w, t, f, r, o));
}

void ask_of_box(const struct routing *w, const struct faxbox *box, const struct target *t, struct route *r,
                struct outcome *o)
{
    struct tenant tenant;
    *r = (struct route){.box = *box,
                        .numbered = true,
                        .row = {.priority = PRIORITY_USUAL, .trunk = "", .billing = "", .recipient = -1},
                        .resolution = "",
                        .paper = "",
                        .cover = str_equal(box->cover, "none") ? "" : box->cover,
                        .name = "",
                        .company = ""};
    outcome_done(o);
    if (!config_tenant(w->store, w->arena, box->tenant, &tenant)) {
        refuse(o, "settings-broken",
               "The fax box belongs to no tenant. Its administrator has to apply the provisioning again.");
        return;
    }
    if (!take_flags(w, &tenant, &t->flags, r, o)) {
        (void)trace_note(w->trace, "S4.9", false, "%s", o->text);
        return;
    }
    if (r->poll)
        r->cover = "";
    (void)trace_note(w->trace, "S4.9", true, t->flags.given ? "its flags are understood" : "no flags");
    (void)take_number(w, &tenant, t, r, o);
}
