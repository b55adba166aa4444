/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <microhttpd.h>

#include "store/reports.h"
#include "store/submissions.h"
#include "web/resources.h"

static json_t *pages_json(struct request *r, struct id attempt)
{
    struct page_stats *pages;
    size_t n = attempt_pages(r->store, attempt, &r->arena, &pages);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        const struct page_stats *p = &pages[i];
        (void)json_array_append_new(
            list,
            json_pack("{s:i, s:o, s:i, s:s, s:b, s:i, s:i, s:i, s:s}", "page", (int)p->page + 1,
                      "confirmed_ms", json_time(p->confirmed_ms), "rate", (int)p->rate, "coding", p->coding,
                      "ecm", (int)p->ecm, "resent", (int)p->resent, "bad_rows", (int)p->bad_rows,
                      "duration_ms", (int)p->duration_ms, "resolution", page_stats_resolution(p)));
    }
    return list;
}

json_t *json_resolutions(const struct stored_page *pages, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_string(page_resolution_name(pages[i].form.resolution)));
    return list;
}

static json_t *id_or_null(struct id id)
{
    return id_is_none(id) ? json_null() : json_string(id_text(id));
}

/* Whom it was with, and for which box; "" where nobody knows. */
static void add_number(struct request *r, const struct attempt *t, json_t *call)
{
    struct job j;
    struct fax f;
    const char *number = "", *box = "";
    if (!id_is_none(t->job) && job_find(r->store, t->job, &r->arena, &j)) {
        number = j.display_number;
        box = j.faxbox;
    } else if (!id_is_none(t->fax) && fax_find(r->store, t->fax, &r->arena, &f)) {
        number = f.calling;
        box = f.faxbox;
    }
    (void)json_object_set_new(call, "number", json_string(number));
    (void)json_object_set_new(call, "box", json_string(box));
}

json_t *json_attempt(struct request *r, const struct attempt *t, bool with_pages)
{
    json_t *o = json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:i, s:b, s:o, s:o, s:o, s:i, s:s, s:o}", "id",
                          id_text(t->id), "direction", t->out ? "out" : "in", "job", id_or_null(t->job),
                          "fax", id_is_none(t->test) ? id_or_null(t->fax) : json_null(), "state",
                          attempt_state_name(t->state), "trunk", t->trunk, "mode", t->mode, "rate",
                          (int)t->rate, "ecm", (int)t->ecm, "started_ms", json_time(t->started_ms),
                          "answered_ms", json_time(t->answered_ms), "ended_ms", json_time(t->ended_ms),
                          "first_page", (int)t->first_page + 1, "station_id", t->station_id, "outcome",
                          json_outcome(t->code, t->reason));
    add_number(r, t, o);
    if (!id_is_none(t->test))
        (void)json_object_set_new(o, "self_test", json_string(id_text(t->test)));
    if (with_pages)
        (void)json_object_set_new(o, "pages", pages_json(r, t->id));
    return o;
}

void get_calls(struct request *r)
{
    struct id ids[REQUEST_LIST_MOST];
    struct report_cursor c;
    if (!request_cursor(r, &c))
        return;
    const struct scope w = actor_scope(&r->actor);
    size_t n = report_attempts(r->store, &w, &c, ids);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        struct attempt t;
        if (attempt_find(r->store, ids[i], &r->arena, &t))
            (void)json_array_append_new(items, json_attempt(r, &t, false));
    }
    reply_list(r, items, c.most, n > 0 ? ids[n - 1] : ID_NONE);
}

void get_call(struct request *r)
{
    struct attempt t;
    if (!attempt_find(r->store, r->id, &r->arena, &t) || !actor_sees_call(&r->actor, r->store, &t)) {
        reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-call", "There is no such call.");
        return;
    }
    json_t *call = json_attempt(r, &t, true);
    (void)json_object_set_new(call, "trace", json_string(t.trace));
    reply_json(r, MHD_HTTP_OK, call);
}
