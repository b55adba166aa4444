/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/jobs.h"

#include "base/attr.h"
#include "base/panic.h"
#include "store/counters.h"
#include "store/search.h"

void job_add(struct store *s, const struct job *j)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO job (id, submission, tenant, faxbox, number, display_number, state, created_ms, next_ms,"
        " pages, max_tries, target, trunk, billing, priority, not_before_ms, since_ms, retry_of, "
        "deadline_ms, kind, subaddress, fax_password, purpose, n)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?8, ?17, ?18, ?19, "
        "?20, ?21, ?22,"
        " (SELECT coalesce(max(n), 0) + 1 FROM job))",
        "dddtttniinnnttniditttn", j->id, j->submission, j->tenant, j->faxbox, j->number, j->display_number,
        (int)JOB_WAITING, j->created_ms, j->next_ms, (int)j->pages, (int)j->max_tries, j->target,
        j->trunk ? j->trunk : "", j->billing ? j->billing : "", (int)j->priority, j->not_before_ms,
        j->retry_of, j->deadline_ms, j->kind ? j->kind : "", j->subaddress ? j->subaddress : "",
        j->fax_password ? j->fax_password : "", (int)j->purpose);
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
              " delay_told, retry_of, deadline_ms, kind, released_by, subaddress, fax_password, "
              "purpose FROM job"
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
                      .retry_of = sql_id(&r, 27),
                      .deadline_ms = sql_int(&r, 28),
                      .kind = sql_text(&r, 29, a),
                      .released_by = sql_text(&r, 30, a),
                      .subaddress = sql_text(&r, 31, a),
                      .fax_password = sql_text(&r, 32, a),
                      .purpose = (enum purpose)sql_int(&r, 33)};
    sql_end(&r);
    return true;
}

size_t job_due_boxes(struct store *s, int64_t now_ms, struct arena *a, struct due_box **list)
{
    enum { BOXES_MAX = 1000 };
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, BOXES_MAX * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT DISTINCT tenant, faxbox FROM job WHERE state = ?1 AND next_ms <= ?2 LIMIT ?3", "nin",
              (int)JOB_WAITING, now_ms, BOXES_MAX);
    while (n < BOXES_MAX && sql_next(&r))
        (*list)[n++] = (struct due_box){sql_id(&r, 0), sql_text(&r, 1, a)};
    sql_end(&r);
    return n;
}

struct id job_first_due(struct store *s, const char *faxbox, int64_t now_ms, const char *full,
                        const char *trunk)
{
    struct sql_rows r;
    struct id id;
    sql_query(s->sql, &r,
              /* +: along job_box, whose order this is, and not along all that is due */
              "SELECT id FROM job AS j WHERE state = ?1 AND faxbox = ?2 AND +next_ms <= ?3"
              " AND NOT EXISTS (SELECT 1 FROM job AS o WHERE o.state = ?4 AND o.number = j.number)"
              " AND instr(?5, '\n' || iif(j.trunk = '', ?6, j.trunk) || '\n') = 0"
              " ORDER BY priority DESC, next_ms, id LIMIT 1",
              "ntintt", (int)JOB_WAITING, faxbox, now_ms, (int)JOB_CALLING, full, trunk);
    return sql_take_ids(&r, &id, 1) == 1 ? id : ID_NONE;
}

size_t job_due_to(struct store *s, const char *faxbox, const char *number, int64_t now_ms, struct id *ids,
                  size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM job WHERE state = ?1 AND faxbox = ?2 AND number = ?3 AND next_ms <= ?4"
              " ORDER BY priority DESC, next_ms, id LIMIT ?5",
              "nttii", (int)JOB_WAITING, faxbox, number, now_ms, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

bool job_number_is_called(struct store *s, const char *number)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM job WHERE state = ?1 AND number = ?2 LIMIT 1", "nt",
                       (int)JOB_CALLING, number) != 0;
}

bool job_number_is_called_for(struct store *s, struct id tenant, const char *number)
{
    return sql_get_int(s->sql, 0,
                       "SELECT 1 FROM job WHERE state = ?1 AND number = ?2 AND tenant = ?3 LIMIT 1", "ntd",
                       (int)JOB_CALLING, number, tenant) != 0;
}

static const enum job_state idle_states[] = {JOB_WAITING, JOB_HELD};

size_t job_overdue(struct store *s, int64_t now_ms, struct id *ids, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(idle_states) && n < most; i++) {
        struct sql_rows r;
        sql_query(s->sql, &r,
                  "SELECT id FROM job WHERE state = ?1 AND deadline_ms > 0 AND deadline_ms <= ?2 ORDER BY "
                  "deadline_ms"
                  " LIMIT ?3",
                  "nii", (int)idle_states[i], now_ms, (int64_t)(most - n));
        n += sql_take_ids(&r, ids + n, most - n);
    }
    return n;
}

int64_t job_next_deadline(struct store *s)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < ARRAY_LEN(idle_states); i++) {
        int64_t this = sql_get_int(
            s->sql, INT64_MAX,
            "SELECT deadline_ms FROM job WHERE state = ?1 AND deadline_ms > 0 ORDER BY deadline_ms LIMIT 1",
            "n", (int)idle_states[i]);
        next = this < next ? this : next;
    }
    return next;
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
    (void)sql_run(s->sql,
                  "UPDATE job SET next_ms = ?2, not_before_ms = ?2, deadline_ms = iif(deadline_ms > 0,"
                  " ?2 + deadline_ms - max(created_ms, not_before_ms), 0) WHERE id = ?1",
                  "di", id, until_ms);
    set_reason(s, id, why);
}

/* since_ms tells how long it was parked: unparking takes the rest of it back. */
void job_park(struct store *s, struct id id, int64_t now_ms, int64_t until_ms, const struct outcome *why)
{
    (void)sql_run(
        s->sql,
        "UPDATE job SET next_ms = ?3, since_ms = coalesce(since_ms, created_ms) + ?3 - ?2 WHERE id = ?1",
        "dii", id, now_ms, until_ms);
    set_reason(s, id, why);
}

void job_unpark(struct store *s, const char *code, int64_t now_ms)
{
    (void)sql_run(s->sql,
                  "UPDATE job SET next_ms = ?3, since_ms = coalesce(since_ms, created_ms) - (next_ms - ?3),"
                  " code = '', reason = '' WHERE state = ?1 AND next_ms > ?3 AND code = ?2",
                  "nti", (int)JOB_WAITING, code, now_ms);
}

size_t job_held_for(struct store *s, struct id tenant, const char *number, const char *code, struct id *ids,
                    size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM job WHERE state = ?1 AND number = ?2 AND tenant = ?3 AND code = ?4 LIMIT ?5",
              "ntdti", (int)JOB_HELD, number, tenant, code, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

void job_alter(struct store *s, const struct job *j)
{
    (void)sql_run(
        s->sql,
        "UPDATE job SET number = ?2, display_number = ?3, kind = ?4, next_ms = ?5, not_before_ms = ?6,"
        " deadline_ms = ?7, priority = ?8, max_tries = ?9, trunk = ?10, since_ms = ?11, tries = ?12,"
        " silent = ?13, dials = ?14, released_by = iif(number = ?2, released_by, '') WHERE id = ?1",
        "dtttiiinntinnn", j->id, j->number, j->display_number, j->kind, j->next_ms, j->not_before_ms,
        j->deadline_ms, (int)j->priority, (int)j->max_tries, j->trunk, j->since_ms, (int)j->tries,
        (int)j->silent, (int)j->dials);
    search_update_job(s, j->id);
    change_note(&s->changes, CHANGE_JOB, j->id);
}

void job_half_released(struct store *s, struct id id, const char *by)
{
    (void)sql_run(s->sql, "UPDATE job SET released_by = ?2 WHERE id = ?1", "dt", id, by);
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
                  "UPDATE job SET next_ms = max(?2, not_before_ms), since_ms = max(?2, not_before_ms), tries "
                  "= 0, silent = 0, dials = 0, crashes = "
                  "0, code = '', reason = '', released_by = '' WHERE id = ?1",
                  "di", id, now_ms);
}

void job_resume(struct store *s, struct id id, unsigned pages)
{
    (void)sql_run(s->sql, "UPDATE job SET confirmed = ?2, resumed = ?2 WHERE id = ?1", "dn", id, (int)pages);
}

void job_hurry(struct store *s, struct id id, int64_t now_ms)
{
    (void)sql_run(s->sql, "UPDATE job SET next_ms = ?2 WHERE id = ?1 AND state = ?3", "din", id, now_ms,
                  (int)JOB_WAITING);
}

void job_shift_times(struct store *s, int64_t by_ms)
{
    (void)sql_run(s->sql,
                  "UPDATE job SET next_ms = iif(next_ms = not_before_ms, next_ms, next_ms + ?1), since_ms = "
                  "coalesce(since_ms, created_ms) + ?1"
                  " WHERE state IN (?2, ?3)",
                  "inn", by_ms, (int)JOB_WAITING, (int)JOB_CALLING);
}

void job_close(struct store *s, struct id id, enum job_state to, int64_t now_ms, const struct outcome *why)
{
    move(s, id, to);
    (void)sql_run(s->sql, "UPDATE job SET ended_ms = ?2 WHERE id = ?1", "di", id, now_ms);
    (void)sql_run(s->sql, "UPDATE job SET fax_password = ?2 WHERE id = ?1 AND fax_password <> ''", "dt", id,
                  JOB_PASSWORD_GONE);
    set_reason(s, id, why);
    counter_add(s, COUNT_FAXES_SENT, job_state_name(to), 1);
    counter_add(s, COUNT_PAGES_SENT, "",
                sql_get_int(s->sql, 0, "SELECT confirmed - resumed FROM job WHERE id = ?1 AND purpose <> ?2",
                            "dn", id, (int)PURPOSE_POLL));
    search_update_job(s, id); /* the station id may be known now */
}

void job_page_confirmed(struct store *s, struct id id, unsigned page)
{
    change_note(&s->changes, CHANGE_JOB, id);
    (void)sql_run(s->sql, "UPDATE job SET confirmed = ?2 WHERE id = ?1 AND confirmed < ?2", "dn", id,
                  (int)page + 1);
}

bool job_password_up_to(struct store *s, size_t most, struct arena *a, struct id *job, const char **password)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id, fax_password FROM job WHERE state IN (?1, ?2, ?3) AND fax_password <> ''"
              " AND length(fax_password) <= ?4 LIMIT 1",
              "nnni", (int)JOB_WAITING, (int)JOB_HELD, (int)JOB_CALLING, (int64_t)most);
    bool found = sql_next(&r);
    if (found) {
        *job = sql_id(&r, 0);
        *password = sql_text(&r, 1, a);
    }
    sql_end(&r);
    return found;
}

void job_set_password(struct store *s, struct id id, const char *password)
{
    (void)sql_run(s->sql, "UPDATE job SET fax_password = ?2 WHERE id = ?1", "dt", id, password);
}

void job_fetched(struct store *s, struct id id, unsigned pages)
{
    (void)sql_run(s->sql, "UPDATE job SET pages = ?2, confirmed = ?2 WHERE id = ?1", "dn", id, (int)pages);
    change_note(&s->changes, CHANGE_JOB, id);
}

void job_count(struct store *s, const struct job *j)
{
    (void)sql_run(
        s->sql,
        "UPDATE job SET tries = ?2, dials = ?3, crashes = ?4, station_id = ?5, silent = ?6 WHERE id = ?1",
        "dnnntn", j->id, (int)j->tries, (int)j->dials, (int)j->crashes, j->station_id, (int)j->silent);
}

/* ---- history ---- */

void job_event_add(struct store *s, struct id job, int64_t now_ms, const char *who, const char *what)
{
    (void)sql_run(s->sql,
                  "INSERT INTO job_event (job, at_ms, who, what) SELECT ?1, ?2, ?3, ?4"
                  " WHERE (SELECT count(*) FROM job_event WHERE job = ?1) < ?5",
                  "dittn", job, now_ms, who, what, JOB_EVENTS_MAX);
}

size_t job_events(struct store *s, struct id job, struct arena *a, struct job_event **list)
{
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, JOB_EVENTS_MAX * sizeof(**list));
    sql_query(s->sql, &r, "SELECT at_ms, who, what FROM job_event WHERE job = ?1 ORDER BY at_ms, rowid", "d",
              job);
    while (n < JOB_EVENTS_MAX && sql_next(&r))
        (*list)[n++] = (struct job_event){sql_int(&r, 0), sql_text(&r, 1, a), sql_text(&r, 2, a)};
    sql_end(&r);
    return n;
}

/* ---- what is unusual ---- */

unsigned job_count_kinds(struct store *s, struct id tenant, const char *kind, const char *other_kind,
                         int64_t since_ms)
{
    return (unsigned)sql_get_int(
        s->sql, 0, "SELECT count(*) FROM job WHERE tenant = ?1 AND created_ms >= ?2 AND kind IN (?3, ?4)",
        "ditt", tenant, since_ms, kind, other_kind);
}

bool job_reached_prefix(struct store *s, struct id tenant, const char *prefix)
{
    return sql_get_int(s->sql, 0,
                       "SELECT 1 FROM destination WHERE tenant = ?1 AND number >= ?2 AND number < ?2 || ':'"
                       " AND delivered > 0 LIMIT 1",
                       "dt", tenant, prefix) != 0;
}
