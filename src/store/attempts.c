/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/attempts.h"

#include "model/page.h"

#include "store/counters.h"
#include "store/traffic.h"

/* One that polls brings a fax. */
#define CALLED_BY_US "t.fax IS NULL OR EXISTS (SELECT 1 FROM job AS p WHERE p.id = t.job AND p.purpose = 1)"

void attempt_add(struct store *s, const struct attempt *t)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO attempt (id, job, fax, state, call_instance, trunk, first_page, started_ms, ladder, "
        "test, carrier, place, node)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        "dddnntninddnd", t->id, t->job, t->fax, (int)ATTEMPT_OPEN, (int)t->call_instance, t->trunk,
        (int)t->first_page, t->started_ms, (int)t->ladder, t->test, t->carrier, (int)t->at, s->node);
}

bool attempt_find(struct store *s, struct id id, struct arena *a, struct attempt *t)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT job, fax, state, call_instance, trunk, rung, first_page, started_ms, answered_ms, "
              "ended_ms, mode,"
              " rate, ecm, station_id, code, reason, trace, ladder, test, carrier, place, node, " CALLED_BY_US
              " FROM attempt AS t WHERE id = ?1",
              "d", id);
    if (!sql_next(&r))
        return false;
    *t = (struct attempt){.id = id,
                          .job = sql_id(&r, 0),
                          .fax = sql_id(&r, 1),
                          .state = (enum attempt_state)sql_int(&r, 2),
                          .call_instance = (unsigned)sql_int(&r, 3),
                          .trunk = sql_text(&r, 4, a),
                          .rung = sql_int(&r, 5) != 0,
                          .first_page = (unsigned)sql_int(&r, 6),
                          .started_ms = sql_int(&r, 7),
                          .answered_ms = sql_int(&r, 8),
                          .ended_ms = sql_int(&r, 9),
                          .mode = sql_text(&r, 10, a),
                          .rate = (unsigned)sql_int(&r, 11),
                          .ecm = sql_int(&r, 12) != 0,
                          .station_id = sql_text(&r, 13, a),
                          .code = sql_text(&r, 14, a),
                          .reason = sql_text(&r, 15, a),
                          .trace = sql_text(&r, 16, a),
                          .ladder = (unsigned)sql_int(&r, 17),
                          .test = sql_id(&r, 18),
                          .carrier = sql_id(&r, 19),
                          .at = (unsigned)sql_int(&r, 20),
                          .node = sql_id(&r, 21),
                          .out = sql_int(&r, 22) != 0};
    sql_end(&r);
    return true;
}

size_t attempt_open_ones(struct store *s, struct id *ids, size_t most)
{
    return attempt_open_of_node(s, s->node, ids, most);
}

size_t attempt_open_of_node(struct store *s, struct id node, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM attempt WHERE state <> 2 AND carrier IS NULL AND (?1 IS NULL OR node = ?1)"
              " ORDER BY started_ms",
              "d", node);
    return sql_take_ids(&r, ids, most);
}

size_t attempt_cancelled_ones(struct store *s, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT DISTINCT coalesce(t.carrier, t.id) FROM attempt AS t JOIN job AS j ON j.id = t.job"
              " WHERE t.state <> 2 AND j.cancelled_by <> '' AND (?1 IS NULL OR t.node = ?1)",
              "d", s->node);
    return sql_take_ids(&r, ids, most);
}

size_t attempt_open_calls(struct store *s, struct arena *a, struct open_call **list)
{
    struct sql_rows r;
    size_t n = 0, count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM attempt WHERE state <> 2", "");
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT coalesce(j.tenant, f.tenant), coalesce(j.faxbox, f.faxbox), t.trunk, " CALLED_BY_US
              " FROM attempt t LEFT JOIN job j ON j.id = t.job LEFT JOIN fax f ON f.id = t.fax"
              " WHERE t.state <> 2 AND t.carrier IS NULL",
              "");
    while (n < count && sql_next(&r))
        (*list)[n++] = (struct open_call){.tenant = sql_id(&r, 0),
                                          .faxbox = sql_text(&r, 1, a),
                                          .trunk = sql_text(&r, 2, a),
                                          .out = sql_int(&r, 3) != 0};
    sql_end(&r);
    return n;
}

void attempt_open_of_processes(struct store *s, unsigned *calls, size_t count)
{
    struct sql_rows r;
    memset(calls, 0, count * sizeof(*calls));
    sql_query(s->sql, &r,
              "SELECT call_instance, count(*) FROM attempt WHERE state <> 2 AND carrier IS NULL"
              " AND (?1 IS NULL OR node = ?1) GROUP BY call_instance",
              "d", s->node);
    while (sql_next(&r))
        if (sql_int(&r, 0) >= 0 && sql_int(&r, 0) < (int64_t)count)
            calls[sql_int(&r, 0)] = (unsigned)sql_int(&r, 1);
    sql_end(&r);
}

size_t attempt_of_job(struct store *s, struct id job, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM (SELECT id, started_ms FROM attempt WHERE job = ?1"
              " ORDER BY started_ms DESC, id DESC LIMIT ?2) AS t ORDER BY started_ms, id",
              "di", job, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

size_t attempt_carried(struct store *s, struct id carrier, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id FROM attempt WHERE carrier = ?1 ORDER BY place LIMIT ?2", "di", carrier,
              (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

struct id attempt_open_of_job(struct store *s, struct id job)
{
    struct sql_rows r;
    struct id id;
    sql_query(s->sql, &r, "SELECT id FROM attempt WHERE job = ?1 AND state <> 2", "d", job);
    return sql_take_ids(&r, &id, 1) == 1 ? id : ID_NONE;
}

void attempt_answered(struct store *s, struct id id, int64_t now_ms)
{
    (void)sql_run(
        s->sql,
        "UPDATE attempt SET answered_ms = coalesce(answered_ms, ?2), rung = 1 WHERE id = ?1 AND state <> 2",
        "di", id, now_ms);
}

void attempt_set_fax(struct store *s, struct id id, struct id fax)
{
    (void)sql_run(s->sql, "UPDATE attempt SET fax = ?2 WHERE id = ?1", "dd", id, fax);
}

void attempt_set_job(struct store *s, struct id id, struct id job)
{
    (void)sql_run(s->sql, "UPDATE attempt SET job = ?2 WHERE id = ?1", "dd", id, job);
}

void attempt_rung(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "UPDATE attempt SET rung = 1 WHERE id = ?1 AND state <> 2", "d", id);
}

void attempt_confirming(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "UPDATE attempt SET state = ?2 WHERE id = ?1 AND state = ?3", "dnn", id,
                  (int)ATTEMPT_CONFIRMING, (int)ATTEMPT_OPEN);
}

void attempt_set_trace(struct store *s, struct id id, const char *trace)
{
    (void)sql_run(s->sql, "UPDATE attempt SET trace = ?2 WHERE id = ?1", "dt", id, trace);
}

bool attempt_end(struct store *s, const struct attempt *t)
{
    bool ended =
        sql_run(s->sql,
                "UPDATE attempt SET state = ?2, ended_ms = ?3, mode = ?4, rate = ?5, ecm = ?6, station_id "
                "= ?7,"
                " code = ?8, reason = ?9, trace = CASE WHEN ?10 = '' THEN trace ELSE ?10 END WHERE id = ?1 "
                "AND state <> ?2",
                "dnitnntttt", t->id, (int)ATTEMPT_ENDED, t->ended_ms, t->mode, (int)t->rate, (int)t->ecm,
                t->station_id, t->code, t->reason, t->trace) == 1;
    if (ended) { /* its trunk, and whose call it was */
        traffic_count(s, t->id);
        (void)sql_run(s->sql,
                      "INSERT INTO counter (counter, label, value) SELECT ?2, trunk || '\t' || iif(job IS "
                      "NULL, 'in', "
                      "'out'), 1 FROM attempt WHERE id = ?1 AND test IS NULL AND carrier IS NULL"
                      " ON CONFLICT (counter, label) DO UPDATE SET value = counter.value + 1",
                      "dn", t->id, (int)COUNT_CALLS);
    }
    return ended;
}

bool attempt_page_add(struct store *s, struct id attempt, const struct page_stats *p)
{
    return sql_run(s->sql,
                   "INSERT INTO attempt_page (attempt, page, confirmed_ms, rate, coding, ecm, resent, "
                   "bad_rows, duration_ms, resolution)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (attempt, page) DO NOTHING",
                   "dnintnnnnn", attempt, (int)p->page, p->confirmed_ms, (int)p->rate, p->coding, (int)p->ecm,
                   (int)p->resent, (int)p->bad_rows, (int)p->duration_ms, (int)p->resolution) == 1;
}

size_t attempt_pages(struct store *s, struct id attempt, struct arena *a, struct page_stats **pages)
{
    struct sql_rows r;
    size_t n = 0;
    size_t count =
        (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM attempt_page WHERE attempt = ?1", "d", attempt);
    *pages = arena_alloc(a, count * sizeof(**pages));
    sql_query(s->sql, &r,
              "SELECT page, confirmed_ms, rate, coding, ecm, resent, bad_rows, duration_ms,"
              " coalesce(resolution, -1) FROM attempt_page"
              " WHERE attempt = ?1 ORDER BY page",
              "d", attempt);
    while (sql_next(&r) && n < count)
        (*pages)[n++] = (struct page_stats){.page = (unsigned)sql_int(&r, 0),
                                            .confirmed_ms = sql_int(&r, 1),
                                            .rate = (unsigned)sql_int(&r, 2),
                                            .coding = sql_text(&r, 3, a),
                                            .ecm = sql_int(&r, 4) != 0,
                                            .resent = (unsigned)sql_int(&r, 5),
                                            .bad_rows = (unsigned)sql_int(&r, 6),
                                            .duration_ms = (unsigned)sql_int(&r, 7),
                                            .resolution = (int)sql_int(&r, 8)};
    return n;
}

const char *page_stats_resolution(const struct page_stats *p)
{
    return p->resolution < 0 || p->resolution >= PAGE_RESOLUTION_COUNT
               ? ""
               : page_resolution_name((enum page_resolution)p->resolution);
}

void attempt_shift_times(struct store *s, int64_t by_ms)
{
    (void)sql_run(
        s->sql,
        "UPDATE attempt SET started_ms = started_ms + ?1, answered_ms = answered_ms + ?1 WHERE state <> 2",
        "i", by_ms);
}
