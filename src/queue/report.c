/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/report.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/panic.h"
#include "base/scope.h"
#include "queue/notify.h"
#include "store/attempts.h"
#include "store/jobs.h"

/* ATTEMPTS_MAX: 12 dials, each with four crashes of our own before it, and some that found no room. */
enum { JOBS_MAX = 200, ATTEMPTS_MAX = 256 };

/* The list has to fit its message: with many jobs it says less of each, but each is there. */
enum detail { DETAIL_NO_REASON, DETAIL_NO_ATTEMPTS, DETAIL_NO_PAGES, DETAIL_ALL };

static json_t *attempt_json(const struct attempt *t)
{
    int64_t from = t->answered_ms ? t->answered_ms : t->started_ms;
    int64_t took_ms = t->ended_ms > from ? t->ended_ms - from : 0;
    return json_pack("{s:I, s:I, s:s, s:i, s:b, s:s, s:s}", "started_ms", (json_int_t)t->started_ms,
                     "seconds", (json_int_t)took_ms / 1000, "mode", t->mode, "rate", (int)t->rate, "ecm",
                     (int)t->ecm, "code", *t->reason ? t->code : "", "result",
                     *t->reason ? t->reason : "confirmed");
}

static void add_page_stats(struct store *s, struct arena *a, struct id attempt, json_t *list)
{
    struct page_stats *pages;
    size_t n = attempt_pages(s, attempt, a, &pages);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            list, json_pack("{s:i, s:I, s:f, s:i, s:s, s:b, s:i, s:s}", "page", (int)pages[i].page + 1,
                            "confirmed_ms", (json_int_t)pages[i].confirmed_ms, "seconds",
                            pages[i].duration_ms / 1000.0, "rate", (int)pages[i].rate, "coding",
                            pages[i].coding, "ecm", (int)pages[i].ecm, "resent", (int)pages[i].resent,
                            "resolution", page_stats_resolution(&pages[i])));
}

static json_t *job_json(struct store *s, struct arena *a, const struct submission *of, const struct job *j,
                        enum detail detail)
{
    struct id attempts[ATTEMPTS_MAX];
    size_t n = detail < DETAIL_NO_PAGES ? 0 : attempt_of_job(s, j->id, attempts, ATTEMPTS_MAX);
    json_t *tried = json_array(), *pages = json_array();
    for (size_t i = 0; i < n; i++) {
        struct attempt t;
        if (attempt_find(s, attempts[i], a, &t))
            (void)json_array_append_new(tried, attempt_json(&t));
        if (detail == DETAIL_ALL)
            add_page_stats(s, a, attempts[i], pages);
    }
    enum dsn_notify event = j->state == JOB_DONE ? DSN_NOTIFY_SUCCESS : DSN_NOTIFY_FAILURE;
    return json_pack("{s:s, s:b, s:s, s:s, s:s, s:{s:s, s:s}, s:i, s:i, s:s, s:o, s:o}", "original",
                     notify_original(s, a, of, j), "unasked",
                     (int)(notify_of_job(s, a, of, j, event) == NOTIFY_NO), "number", j->display_number,
                     "dial", j->number, "state", job_state_name(j->state), "outcome", "code", j->code, "text",
                     detail == DETAIL_NO_REASON ? "" : j->reason, "pages", (int)j->pages, "confirmed",
                     (int)j->confirmed, "station_id", j->station_id, "attempts", tried, "page_stats", pages);
}

static bool put_jobs(struct store *s, struct arena *a, struct id submission, struct id only,
                     enum detail detail, struct buf *out)
{
    struct id ids[JOBS_MAX];
    size_t n = job_of_submission(s, submission, ids, JOBS_MAX);
    json_t *list = json_array();
    struct submission of;
    bool there = submission_find(s, submission, a, &of);
    if (!there &&
        !sql_overdue(s->sql)) /* web may hear no more of its store; it does not say what it has then */
        panic("a report about submission %s, which is not there", id_text(submission));
    for (size_t i = 0; there && i < n; i++) {
        struct job j;
        if ((id_is_none(only) || id_equal(only, ids[i])) && job_find(s, ids[i], a, &j))
            (void)json_array_append_new(list, job_json(s, a, &of, &j, detail));
    }
    SCOPED_FREE char *text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    if (!text)
        panic("the facts of submission %s are no JSON", id_text(submission));
    buf_reset(out);
    return buf_append_str(out, text);
}

void report_of_jobs(struct store *s, struct arena *a, struct id submission, struct id only, struct buf *out)
{
    for (int detail = DETAIL_ALL; detail >= 0; detail--)
        if (put_jobs(s, a, submission, only, (enum detail)detail, out))
            return;
    panic("the facts of submission %s do not fit a message", id_text(submission));
}
