/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/traffic.h"

#define DAY_MS (24LL * 3600 * 1000)

/* X'' stands for all tenants together. */
#define COUNT(tenant)                                                                                        \
    "INSERT INTO traffic (tenant, hour_ms, received, code, reason, calls, pages, call_ms)"                   \
    " SELECT " tenant ", a.ended_ms - a.ended_ms % 900000, iif(a.fax IS NOT NULL, 1, 0), a.code, "           \
    "a.reason, iif(a.carrier IS NULL, 1, 0),"                                                                \
    " (SELECT count(*) FROM attempt_page p WHERE p.attempt = a.id),"                                         \
    " max(0, a.ended_ms - coalesce(a.answered_ms, a.ended_ms))"                                              \
    " FROM attempt a LEFT JOIN job j ON j.id = a.job LEFT JOIN fax f ON f.id = a.fax"                        \
    " WHERE a.id = ?1 AND coalesce(j.tenant, f.tenant) IS NOT NULL"                                          \
    " ON CONFLICT (tenant, hour_ms, received, code) DO UPDATE SET reason = excluded.reason,"                 \
    " calls = traffic.calls + excluded.calls, pages = traffic.pages + excluded.pages,"                       \
    " call_ms = traffic.call_ms + excluded.call_ms"

void traffic_count(struct store *s, struct id attempt)
{
    (void)sql_run(s->sql, COUNT("coalesce(j.tenant, f.tenant)"), "d", attempt);
    (void)sql_run(s->sql, COUNT("X''"), "d", attempt);
    (void)sql_run(s->sql,
                  "DELETE FROM traffic WHERE tenant = X'' AND hour_ms < (SELECT ended_ms FROM attempt WHERE "
                  "id = ?1) - ?2",
                  "di", attempt, TRAFFIC_KEPT_DAYS * DAY_MS);
    (void)sql_run(s->sql,
                  "DELETE FROM traffic WHERE tenant = (SELECT coalesce(j.tenant, f.tenant) FROM attempt a"
                  " LEFT JOIN job j ON j.id = a.job LEFT JOIN fax f ON f.id = a.fax WHERE a.id = ?1)"
                  " AND hour_ms < (SELECT ended_ms FROM attempt WHERE id = ?1) - ?2",
                  "di", attempt, TRAFFIC_KEPT_DAYS * DAY_MS);
}

size_t traffic_list(struct store *s, const struct scope *w, int64_t since_ms, int64_t step_ms,
                    int64_t offset_ms, struct arena *a, struct traffic *list, size_t most)
{
    struct sql_rows r;
    size_t n = 0;
    sql_query(
        s->sql, &r,
        "SELECT hour_ms + ?4 - (hour_ms + ?4) % ?3 - ?4, received, code, max(reason), sum(calls), sum(pages),"
        " sum(call_ms) FROM traffic WHERE tenant = coalesce(?1, X'') AND hour_ms >= ?2"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT ?5",
        "diiii", w->tenant, since_ms, step_ms, offset_ms, (int64_t)most);
    while (n < most && sql_next(&r))
        list[n++] = (struct traffic){.at_ms = sql_int(&r, 0),
                                     .received = sql_int(&r, 1) != 0,
                                     .code = sql_text(&r, 2, a),
                                     .reason = sql_text(&r, 3, a),
                                     .calls = sql_int(&r, 4),
                                     .pages = sql_int(&r, 5),
                                     .call_ms = sql_int(&r, 6)};
    sql_end(&r);
    return n;
}
