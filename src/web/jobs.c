/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <microhttpd.h>

#include "base/clock.h"
#include "base/panic.h"
#include "base/str.h"
#include "model/wire_time.h"
#include "store/remarks.h"
#include "store/reports.h"
#include "web/list_query.h"
#include "web/resources.h"
#include "web/waits.h"
#include "web/words.h"

enum { ATTEMPTS_SHOWN = 64, LIVE_PATIENCE_MS = 3000 };

json_t *json_time(int64_t wall_ms)
{
    return wall_ms ? json_integer(wall_ms) : json_null();
}

json_t *json_outcome(const char *code, const char *text)
{
    return json_pack("{s:s, s:s}", "code", code, "text", text);
}

json_t *json_job(struct request *r, const struct job *j)
{
    char word[WORDS_LEN], detail[WORDS_LEN];
    int64_t now_ms = clock_wall_ms();
    const struct waits waits = waits_of_job(r, j, now_ms);
    words_of_job(j, now_ms, word, detail);
    words_of_waits(&waits, detail);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:s, "
                     "s:o, s:s, s:s, s:i, s:o, s:o, s:s, s:o, s:i, s:s, s:s, s:o}",
                     "id", id_text(j->id), "submission", id_text(j->submission), "box", j->faxbox, "number",
                     j->display_number, "dialled", j->number, "state", job_state_name(j->state), "word", word,
                     "detail", detail, "created_ms", json_time(j->created_ms), "next_ms",
                     json_time(j->next_ms), "ended_ms", json_time(j->ended_ms), "pages", (int)j->pages,
                     "confirmed", (int)j->confirmed, "tries", (int)j->tries, "max_tries", (int)j->max_tries,
                     "dials", (int)j->dials, "station_id", j->station_id, "outcome",
                     json_outcome(j->code, j->reason), "billing", j->billing, "trunk", j->trunk, "priority",
                     (int)j->priority, "not_before_ms", json_time(j->not_before_ms), "deadline_ms",
                     json_time(j->deadline_ms), "price_class", j->kind, "tags", json_tags(r, j->id),
                     "note_count", (int)note_count(r->store, j->id), "subaddress", j->subaddress, "purpose",
                     purpose_name(j->purpose), "waits", json_waits(&waits));
}

static void reply_jobs(struct request *r, const struct id *ids, size_t n, size_t most)
{
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++) {
        struct job j;
        if (job_find(r->store, ids[i], &r->arena, &j))
            (void)json_array_append_new(items, json_job(r, &j));
    }
    reply_list(r, items, most, n > 0 ? ids[n - 1] : ID_NONE);
}

static const char *state_name(unsigned state)
{
    return job_state_name((enum job_state)state);
}

/* Those under way, the next due first: what a person watches. */
static void list_open(struct request *r)
{
    struct id ids[REQUEST_LIST_MOST];
    struct report_cursor c;
    const struct scope w = actor_scope(&r->actor);
    if (request_cursor(r, &c))
        reply_jobs(r, ids, report_open_jobs(r->store, &w, c.most, ids), 0);
}

void get_jobs(struct request *r)
{
    struct id ids[REQUEST_LIST_MOST];
    struct list_filter f;
    if (str_equal(request_argument(r, "state", ""), "open"))
        list_open(r);
    else if (list_query(r, state_name, JOB_STATE_COUNT, &f))
        reply_jobs(r, ids, list_jobs(r->store, &f, ids), f.most);
}

/* ---- one job ---- */

static json_t *attempts_json(struct request *r, struct id job)
{
    struct id ids[ATTEMPTS_SHOWN];
    size_t n = attempt_of_job(r->store, job, ids, ATTEMPTS_SHOWN);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        struct attempt t;
        if (attempt_find(r->store, ids[i], &r->arena, &t))
            (void)json_array_append_new(list, json_attempt(r, &t, true));
    }
    return list;
}

/* What people did with it. */
static json_t *history_json(struct request *r, struct id job)
{
    struct job_event *events;
    size_t n = job_events(r->store, job, &r->arena, &events);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, json_pack("{s:o, s:s, s:s}", "at_ms", json_time(events[i].at_ms),
                                                    "who", events[i].who, "what", events[i].what));
    return list;
}

static void say_word(json_t *call)
{
    char word[WORDS_LEN];
    const char *phase = json_string_value(json_object_get(call, "phase"));
    const char *direction = json_string_value(json_object_get(call, "direction"));
    words_of_call(!direction || str_equal(direction, "out"), phase ? phase : "",
                  (unsigned)json_integer_value(json_object_get(call, "page")),
                  (unsigned)json_integer_value(json_object_get(call, "pages")), word);
    (void)json_object_set_new(call, "word", json_string(word));
}

json_t *json_live(const struct message *m)
{
    json_t *calls = m ? json_loads(m->live_state.calls, 0, NULL) : NULL;
    if (m && !json_is_array(calls))
        panic("queue told of calls in no list");
    for (size_t i = 0; i < json_array_size(calls); i++)
        say_word(json_array_get(calls, i));
    return calls;
}

static int64_t number_of(const json_t *call, const char *name)
{
    return json_integer_value(json_object_get(call, name));
}

/* What a page of T.6 data takes in that coding, about. */
static uint64_t bits_in(const char *coding, uint64_t bytes)
{
    bool lines_alone = str_equal(coding, "MH"), few_lines = str_equal(coding, "MR");
    return bytes * 8 * (lines_alone ? 20 : few_lines ? 14 : 10) / 10;
}

/* About how many seconds until the last page is through; none before the first one is on its way. */
static void add_time_left(struct request *r, const struct job *j, json_t *call)
{
    struct stored_page *pages;
    size_t count = submission_pages(r->store, j->submission, j->target, &r->arena, &pages);
    int64_t page = number_of(call, "page"), rate = number_of(call, "rate"),
            percent = number_of(call, "percent");
    const char *phase = json_string_value(json_object_get(call, "phase"));
    const char *coding = json_string_value(json_object_get(call, "coding"));
    const struct wire_way way = {.rate = (uint32_t)rate, .ecm = json_is_true(json_object_get(call, "ecm"))};
    double left = 0;
    if (!phase || !str_equal(phase, "sending") || page < 1 || (size_t)page > count || rate < 1)
        return;
    for (size_t i = (size_t)page - 1; i < count; i++) {
        const struct wire_page p = {.bits = bits_in(coding ? coding : "", pages[i].bytes),
                                    .resolution = pages[i].form.resolution};
        double seconds = wire_page_seconds(&way, &p);
        left += i + 1 == (size_t)page ? seconds * (double)(100 - percent) / 100 : seconds;
    }
    (void)json_object_set_new(call, "left_s", json_integer((json_int_t)left + 1));
}

/* The call of this job; a new reference or NULL. */
static json_t *call_of_job(json_t *calls, struct id job)
{
    for (size_t i = 0; i < json_array_size(calls); i++) {
        json_t *call = json_array_get(calls, i);
        if (str_equal(json_string_value(json_object_get(call, "job")), id_text(job)))
            return json_incref(call);
    }
    return NULL;
}

bool request_job(struct request *r, struct job *j)
{
    if (job_find(r->store, r->id, &r->arena, j) && actor_sees_job(&r->actor, r->store, j))
        return true;
    reply_problem(r, MHD_HTTP_NOT_FOUND, "unknown-job", "There is no such job.");
    return false;
}

/* The job may have moved on since it was first looked at. */
static void reply_job(struct request *r, const struct message *live)
{
    struct job j;
    json_t *calls = json_live(live);
    if (!request_job(r, &j)) {
        json_decref(calls);
        return;
    }
    json_t *job = json_job(r, &j);
    json_t *call = j.state == JOB_CALLING ? call_of_job(calls, j.id) : NULL;
    if (call) { /* "Calling" says less */
        (void)json_object_set(job, "word", json_object_get(call, "word"));
        add_time_left(r, &j, call);
    }
    (void)json_object_set_new(job, "call", call ? call : json_null());
    (void)json_object_set_new(job, "attempts", attempts_json(r, j.id));
    (void)json_object_set_new(job, "history", history_json(r, j.id));
    json_t *mails = json_array();
    json_add_mails(r, mails, j.id);
    json_add_mails(r, mails, j.submission);
    (void)json_object_set_new(job, "mails", mails);
    (void)json_object_set_new(job, "notes", json_notes(r, j.id));
    json_add_archive(r, job, j.id);
    struct stored_page *pages;
    size_t count = submission_pages(r->store, j.submission, j.target, &r->arena, &pages);
    (void)json_object_set_new(job, "resolutions", json_resolutions(pages, count));
    (void)json_object_set_new(job, "originals", json_originals(r, &j));
    json_add_kept(r, job, &(struct kept_box){j.tenant, j.faxbox}, true,
                  retention_ended(r->store, j.submission));
    json_decref(calls);
    reply_json(r, MHD_HTTP_OK, job);
}

void get_job(struct request *r)
{
    struct job j;
    const struct message m = {.type = MSG_live};
    if (job_find(r->store, r->id, &r->arena, &j) && j.state == JOB_CALLING)
        request_ask(r, &m, LIVE_PATIENCE_MS, reply_job);
    else
        reply_job(r, NULL);
}
