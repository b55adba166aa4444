/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/archive.h"

#include "model/states.h"

#define PLACE                                                                                                \
    "SELECT name, settings, tenant, rank, enabled, failing_ms, rest_until_ms, fails, code, reason, mark, "   \
    "marked, filling, filled_fax, filled_job FROM archive_place"

static size_t read_places(struct sql_rows *r, struct arena *a, struct archive_place *list, size_t most)
{
    size_t n = 0;
    while (n < most && sql_next(r))
        list[n++] = (struct archive_place){.name = sql_text(r, 0, a),
                                           .settings = sql_text(r, 1, a),
                                           .tenant = sql_text(r, 2, a),
                                           .rank = (int)sql_int(r, 3),
                                           .enabled = sql_int(r, 4) != 0,
                                           .failing_ms = sql_int(r, 5),
                                           .rest_until_ms = sql_int(r, 6),
                                           .fails = (unsigned)sql_int(r, 7),
                                           .code = sql_text(r, 8, a),
                                           .reason = sql_text(r, 9, a),
                                           .mark = sql_text(r, 10, a),
                                           .marked = sql_int(r, 11) != 0,
                                           .filling = sql_int(r, 12) != 0,
                                           .filled_fax = sql_id(r, 13),
                                           .filled_job = sql_id(r, 14)};
    sql_end(r);
    return n;
}

size_t archive_places(struct store *s, struct arena *a, struct archive_place list[ARCHIVE_PLACES_MAX])
{
    struct sql_rows r;
    sql_query(s->sql, &r, PLACE " ORDER BY rank, name LIMIT ?1", "n", (int)ARCHIVE_PLACES_MAX);
    return read_places(&r, a, list, ARCHIVE_PLACES_MAX);
}

bool archive_place_named(struct store *s, const char *name, struct arena *a, struct archive_place *p)
{
    struct sql_rows r;
    sql_query(s->sql, &r, PLACE " WHERE name = ?1", "t", name);
    return read_places(&r, a, p, 1) == 1;
}

void archive_place_put(struct store *s, const struct archive_place *p)
{
    (void)sql_run(s->sql,
                  "INSERT INTO archive_place (name, settings, tenant, rank, enabled, mark)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (name) DO UPDATE SET"
                  " settings = ?2, tenant = ?3, rank = ?4, enabled = ?5, rest_until_ms = 0, mark = ?6,"
                  " marked = iif(archive_place.mark = ?6, archive_place.marked, 0),"
                  " filling = iif(archive_place.settings = ?2, archive_place.filling, 1),"
                  " filled_fax = iif(archive_place.settings = ?2, archive_place.filled_fax, NULL),"
                  " filled_job = iif(archive_place.settings = ?2, archive_place.filled_job, NULL)",
                  "tttnnt", p->name, p->settings, p->tenant, p->rank, (int)p->enabled, p->mark);
    (void)sql_run(s->sql, "UPDATE archive_copy SET next_ms = 0 WHERE place = ?1 AND state IN (0, 2)", "t",
                  p->name);
    _Static_assert(ARCHIVE_WAITING == 0 && ARCHIVE_DELETING == 2, "archive_place_put");
}

void archive_place_drop(struct store *s, const char *name)
{
    (void)sql_run(s->sql, "DELETE FROM archive_place WHERE name = ?1", "t", name);
}

void archive_places_refill(struct store *s, const char *names)
{
    (void)sql_run(s->sql,
                  "UPDATE archive_place SET filling = 1, filled_fax = NULL, filled_job = NULL"
                  " WHERE ?1 = '' OR instr('\n' || ?1, '\n' || name || '\n') > 0",
                  "t", names);
}

void archive_place_set(struct store *s, const struct archive_place *p)
{
    (void)sql_run(s->sql,
                  "UPDATE archive_place SET failing_ms = ?2, rest_until_ms = ?3, fails = ?4, code = ?5, "
                  "reason = ?6, mark = ?7, marked = ?8 WHERE name = ?1",
                  "tiintttn", p->name, p->failing_ms, p->rest_until_ms, (int)p->fails, p->code, p->reason,
                  p->mark, (int)p->marked);
}

void archive_place_is_marked(struct store *s, const char *mark)
{
    (void)sql_run(s->sql, "UPDATE archive_place SET marked = 1 WHERE mark = ?1 AND marked = 0", "t", mark);
}

void archive_place_filled(struct store *s, const struct archive_place *p)
{
    (void)sql_run(s->sql,
                  "UPDATE archive_place SET filling = ?2, filled_fax = ?3, filled_job = ?4 WHERE name = ?1",
                  "tndd", p->name, (int)p->filling, p->filled_fax, p->filled_job);
}

/* Of a fax that somebody has still to look at nobody is told yet, nor is the archive. */
size_t archive_ended(struct store *s, bool sent, struct id after, struct id *ids, size_t most)
{
    struct sql_rows r;
    if (sent)
        sql_query(s->sql, &r,
                  "SELECT id FROM job WHERE id > coalesce(?1, X'00') AND state NOT IN (?2, ?3, ?4)"
                  " ORDER BY id LIMIT ?5",
                  "dnnni", after, (int)JOB_WAITING, (int)JOB_HELD, (int)JOB_CALLING, (int64_t)most);
    else
        sql_query(
            s->sql, &r,
            "SELECT f.id FROM fax AS f WHERE f.id > coalesce(?1, X'00') AND f.state <> ?2 AND f.pages > 0"
            " AND NOT EXISTS (SELECT 1 FROM fax_look AS l WHERE l.fax = f.id) ORDER BY f.id LIMIT ?3",
            "dni", after, (int)FAX_RECEIVING, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}
