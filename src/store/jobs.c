/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/jobs.h"

#include "base/panic.h"
#include "store/search.h"

void job_add(struct store *s, const struct job *j)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO job (id, submission, tenant, faxbox, number, display_number, state, created_ms, next_ms,"
        " pages, max_tries, target, trunk, billing, priority, not_before_ms, since_ms, retry_of, n)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?8, ?17,"
        " (SELECT coalesce(max(n), 0) + 1 FROM job))",
        "dddtttniinnnttnid", j->id, j->submission, j->tenant, j->faxbox, j->number, j->display_number,
        (int)JOB_WAITING, j->created_ms, j->next_ms, (int)j->pages, (int)j->max_tries, j->target,
        j->trunk ? j->trunk : "", j->billing ? j->billing : "", (int)j->priority, j->not_before_ms,
        j->retry_of);
    search_add_job(s, j->id);
    change_note(&s->changes, CHANGE_JOB, j->id);
}

bool job_find(struct store *s, struct id id, struct arena *a, struct job *j)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT submission, tenant, faxbox, number, display_number, state, created_ms, next_ms, "
              "ended_ms, pages,"
              " confirmed, tries, dials, crashes, max_tries, code, reason, station_id, cancelled_by,"
              " target, trunk, billing, priority, not_before_ms, coalesce(since_ms, created_ms), silent,"
              " delay_told, retry_of FROM job"
              " WHERE id = ?1",
              "d", id);
    if (!sql_next(&r))
        return false;
    *j = (struct job){.id = id,
                      .submission = sql_id(&r, 0),
                      .tenant = sql_id(&r, 1),
                      .faxbox = sql_text(&r, 2, a),
                      .number = sql_text(&r, 3, a),
                      .display_number = sql_text(&r, 4, a),
                      .state = (enum job_state)sql_int(&r, 5),
                      .created_ms = sql_int(&r, 6),
                      .next_ms = sql_int(&r, 7),
                      .ended_ms = sql_int(&r, 8),
                      .pages = (unsigned)sql_int(&r, 9),
                      .confirmed = (unsigned)sql_int(&r, 10),
                      .tries = (unsigned)sql_int(&r, 11),
                      .dials = (unsigned)sql_int(&r, 12),
                      .crashes = (unsigned)sql_int(&r, 13),
                      .max_tries = (unsigned)sql_int(&r, 14),
                      .code = sql_text(&r, 15, a),
                      .reason = sql_text(&r, 16, a),
                      .station_id = sql_text(&r, 17, a),
                      .cancelled_by = sql_text(&r, 18, a),
                      .target = (int)sql_int(&r, 19),
                      .trunk = sql_text(&r, 20, a),
                      .billing = sql_text(&r, 21, a),
                      .priority = (unsigned)sql_int(&r, 22),
                      .not_before_ms = sql_int(&r, 23),
                      .since_ms = sql_int(&r, 24),
                      .silent = (unsigned)sql_int(&r, 25),
                      .delay_told = sql_int(&r, 26) != 0,
                      .retry_of = sql_id(&r, 27)};
    sql_end(&r);
    return true;
}

size_t job_due(struct store *s, int64_t now_ms, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM job AS j WHERE state = ?1 AND next_ms <= ?2"
              " AND NOT EXISTS (SELECT 1 FROM job AS o WHERE o.state = ?3 AND o.number = j.number)"
              " AND NOT EXISTS (SELECT 1 FROM job AS o WHERE o.state = ?1 AND o.number = j.number AND "
              "o.next_ms <= ?2"
              "                 AND (-o.priority, o.next_ms, o.id) < (-j.priority, j.next_ms, j.id))"
              " ORDER BY priority DESC, next_ms, id LIMIT ?4",
              "nini", (int)JOB_WAITING, now_ms, (int)JOB_CALLING, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

int64_t job_next_due(struct store *s)
{
    return sql_get_int(s->sql, INT64_MAX, "SELECT next_ms FROM job WHERE state = ?1 ORDER BY next_ms LIMIT 1",
                       "n", (int)JOB_WAITING);
}

size_t job_of_submission(struct store *s, struct id submission, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id FROM job WHERE submission = ?1 ORDER BY id", "d", submission);
    return sql_take_ids(&r, ids, most);
}

unsigned job_unfinished(struct store *s, struct id submission)
{
    return (unsigned)sql_get_int(s->sql, 0,
                                 "SELECT count(*) FROM job WHERE submission = ?1 AND state IN (?2, ?3, ?4)",
                                 "dnnn", submission, (int)JOB_WAITING, (int)JOB_HELD, (int)JOB_CALLING);
}

static void move(struct store *s, struct id id, enum job_state to)
{
    int64_t from = sql_get_int(s->sql, -1, "SELECT state FROM job WHERE id = ?1", "d", id);
    if (from < 0 || !job_may_move((enum job_state)from, to))
        panic("job %s cannot move from state %d to %s", id_text(id), (int)from, job_state_name(to));
    (void)sql_run(s->sql, "UPDATE job SET state = ?2 WHERE id = ?1", "dn", id, (int)to);
    change_note(&s->changes, CHANGE_JOB, id);
}

static void set_reason(struct store *s, struct id id, const struct outcome *why)
{
    change_note(&s->changes, CHANGE_JOB, id);
    (void)sql_run(s->sql, "UPDATE job SET code = ?2, reason = ?3 WHERE id = ?1", "dtt", id, why->code,
                  why->text);
}

void job_start_call(struct store *s, struct id id)
{
    move(s, id, JOB_CALLING);
}

void job_wait_again(struct store *s, const struct job *j, int64_t next_ms, const struct outcome *why)
{
    move(s, j->id, JOB_WAITING);
    (void)sql_run(s->sql, "UPDATE job SET next_ms = ?2 WHERE id = ?1", "di", j->id, next_ms);
    set_reason(s, j->id, why);
}

void job_postpone(struct store *s, struct id id, int64_t next_ms, const struct outcome *why)
{
    (void)sql_run(s->sql, "UPDATE job SET next_ms = ?2 WHERE id = ?1", "di", id, next_ms);
    set_reason(s, id, why);
}

void job_put_off(struct store *s, struct id id, int64_t until_ms, const struct outcome *why)
{
    if (sql_get_int(s->sql, -1, "SELECT state FROM job WHERE id = ?1", "d", id) != JOB_WAITING)
        move(s, id, JOB_WAITING);
    (void)sql_run(s->sql, "UPDATE job SET next_ms = ?2, not_before_ms = ?2 WHERE id = ?1", "di", id,
                  until_ms);
    set_reason(s, id, why);
}

void job_delay_told(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "UPDATE job SET delay_told = 1 WHERE id = ?1", "d", id);
}

bool job_retry(struct store *s, struct id id, struct id *retry)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id FROM job WHERE retry_of = ?1", "d", id);
    return sql_take_ids(&r, retry, 1) == 1;
}

bool job_has_retry(struct store *s, struct id id)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM job WHERE retry_of = ?1", "d", id) != 0;
}

void job_cancel_wanted(struct store *s, struct id id, const char *by)
{
    change_note(&s->changes, CHANGE_JOB, id);
    (void)sql_run(s->sql, "UPDATE job SET cancelled_by = ?2 WHERE id = ?1", "dt", id, by);
}

void job_hold(struct store *s, struct id id, const struct outcome *why)
{
    move(s, id, JOB_HELD);
    set_reason(s, id, why);
}

void job_release(struct store *s, struct id id, int64_t now_ms)
{
    move(s, id, JOB_WAITING);
    (void)sql_run(s->sql,
                  "UPDATE job SET next_ms = ?2, since_ms = ?2, tries = 0, silent = 0, dials = 0, crashes = "
                  "0, code = '', "
                  "reason = '' WHERE id = ?1",
                  "di", id, now_ms);
}

void job_shift_times(struct store *s, int64_t by_ms)
{
    (void)sql_run(s->sql,
                  "UPDATE job SET next_ms = next_ms + ?1, since_ms = coalesce(since_ms, created_ms) + ?1"
                  " WHERE state IN (?2, ?3)",
                  "inn", by_ms, (int)JOB_WAITING, (int)JOB_CALLING);
}

void job_close(struct store *s, struct id id, enum job_state to, int64_t now_ms, const struct outcome *why)
{
    move(s, id, to);
    (void)sql_run(s->sql, "UPDATE job SET ended_ms = ?2 WHERE id = ?1", "di", id, now_ms);
    set_reason(s, id, why);
    search_update_job(s, id); /* the station id may be known now */
}

void job_page_confirmed(struct store *s, struct id id, unsigned page)
{
    change_note(&s->changes, CHANGE_JOB, id);
    (void)sql_run(s->sql, "UPDATE job SET confirmed = ?2 WHERE id = ?1 AND confirmed < ?2", "dn", id,
                  (int)page + 1);
}

void job_count(struct store *s, const struct job *j)
{
    (void)sql_run(
        s->sql,
        "UPDATE job SET tries = ?2, dials = ?3, crashes = ?4, station_id = ?5, silent = ?6 WHERE id = ?1",
        "dnnntn", j->id, (int)j->tries, (int)j->dials, (int)j->crashes, j->station_id, (int)j->silent);
}
