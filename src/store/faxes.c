/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/faxes.h"

#include "base/panic.h"
#include "store/blob.h"
#include "store/counters.h"
#include "store/search.h"

void fax_add(struct store *s, const struct fax *f)
{
    (void)sql_run(s->sql,
                  "INSERT INTO fax (id, tenant, faxbox, attempt, state, calling, called, answered_ms, n)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, (SELECT coalesce(max(n), 0) + 1 FROM fax))",
                  "ddtdntti", f->id, f->tenant, f->faxbox, f->attempt, (int)FAX_RECEIVING, f->calling,
                  f->called, f->answered_ms);
    search_add_fax(s, f->id);
    change_note(&s->changes, CHANGE_FAX, f->id);
}

bool fax_find(struct store *s, struct id id, struct arena *a, struct fax *f)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT tenant, faxbox, attempt, state, faxid, calling, called, station_id, answered_ms, "
              "last_page_ms,"
              " ended_ms, pages, code, reason, continues, archived, routed_from, subaddress, blank FROM fax "
              "WHERE id = ?1",
              "d", id);
    if (!sql_next(&r))
        return false;
    *f = (struct fax){.id = id,
                      .tenant = sql_id(&r, 0),
                      .faxbox = sql_text(&r, 1, a),
                      .attempt = sql_id(&r, 2),
                      .state = (enum fax_state)sql_int(&r, 3),
                      .faxid = sql_int(&r, 4),
                      .calling = sql_text(&r, 5, a),
                      .called = sql_text(&r, 6, a),
                      .station_id = sql_text(&r, 7, a),
                      .answered_ms = sql_int(&r, 8),
                      .last_page_ms = sql_int(&r, 9),
                      .ended_ms = sql_int(&r, 10),
                      .pages = (unsigned)sql_int(&r, 11),
                      .code = sql_text(&r, 12, a),
                      .reason = sql_text(&r, 13, a),
                      .continues = sql_id(&r, 14),
                      .place = (enum fax_place)sql_int(&r, 15),
                      .routed_from = sql_text(&r, 16, a),
                      .subaddress = sql_text(&r, 17, a),
                      .blank = sql_text(&r, 18, a)};
    sql_end(&r);
    return true;
}

void fax_set_blank(struct store *s, struct id fax, const char *blank)
{
    (void)sql_run(s->sql, "UPDATE fax SET blank = ?2 WHERE id = ?1", "dt", fax, blank);
    change_note(&s->changes, CHANGE_FAX, fax);
}

void fax_add_page(struct store *s, struct id fax, unsigned page, const struct page *p, int64_t now_ms)
{
    if (sql_get_int(s->sql, 0, "SELECT 1 FROM fax_page WHERE fax = ?1 AND page = ?2", "dn", fax, (int)page))
        return;
    (void)sql_run(
        s->sql,
        "INSERT INTO fax_page (fax, page, width, rows, resolution, blob) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        "dnnnnd", fax, (int)page, (int)p->form.width, (int)p->form.rows, (int)p->form.resolution,
        blob_put(s, p->t6));
    change_note(&s->changes, CHANGE_FAX, fax);
    (void)sql_run(s->sql, "UPDATE fax SET pages = pages + 1, last_page_ms = ?2 WHERE id = ?1", "di", fax,
                  now_ms);
}

size_t fax_pages(struct store *s, struct id fax, struct arena *a, struct stored_page **pages)
{
    struct sql_rows r;
    size_t n = 0;
    size_t count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM fax_page WHERE fax = ?1", "d", fax);
    *pages = arena_alloc(a, count * sizeof(**pages));
    sql_query(s->sql, &r, "SELECT width, rows, resolution, blob FROM fax_page WHERE fax = ?1 ORDER BY page",
              "d", fax);
    while (sql_next(&r) && n < count)
        (*pages)[n++] = (struct stored_page){.form = {(uint32_t)sql_int(&r, 0), (uint32_t)sql_int(&r, 1),
                                                      (enum page_resolution)sql_int(&r, 2)},
                                             .blob = sql_id(&r, 3)};
    return n;
}

uint64_t fax_page_bytes(struct store *s, struct id fax)
{
    return (uint64_t)sql_get_int(
        s->sql, 0,
        "SELECT coalesce(sum(b.size), 0) FROM fax_page AS p JOIN blob AS b ON b.id = p.blob WHERE p.fax = ?1",
        "d", fax);
}

static void make_unread(struct store *s, struct id fax)
{
    (void)sql_run(s->sql,
                  "INSERT INTO fax_unread (user, fax) SELECT b.user, ?1 FROM faxbox_user AS b"
                  " JOIN fax AS f ON f.faxbox = b.faxbox WHERE f.id = ?1 AND b.may_receive = 1"
                  " ON CONFLICT DO NOTHING",
                  "d", fax);
}

void fax_close(struct store *s, struct id id, enum fax_state to, const struct fax *end)
{
    int64_t from = sql_get_int(s->sql, -1, "SELECT state FROM fax WHERE id = ?1", "d", id);
    if (from < 0 || !fax_may_move((enum fax_state)from, to))
        panic("fax %s cannot move from state %d to %s", id_text(id), (int)from, fax_state_name(to));
    int64_t faxid = to == FAX_EMPTY ? 0 : store_next_number(s, "faxid");
    (void)sql_run(s->sql,
                  "UPDATE fax SET state = ?2, faxid = ?3, station_id = ?4, ended_ms = ?5, code = ?6, reason "
                  "= ?7 WHERE id = ?1",
                  "dnititt", id, (int)to, faxid, end->station_id, end->ended_ms, end->code, end->reason);
    counter_add(s, COUNT_FAXES_RECEIVED, fax_state_name(to), 1);
    counter_add(s, COUNT_PAGES_RECEIVED, "",
                sql_get_int(s->sql, 0, "SELECT pages FROM fax WHERE id = ?1", "d", id));
    search_update_fax(s, id);
    change_note(&s->changes, CHANGE_FAX, id);
    if (to != FAX_EMPTY)
        make_unread(s, id);
}

bool fax_unread(struct store *s, struct id fax, struct id user)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM fax_unread WHERE user = ?1 AND fax = ?2", "dd", user, fax) !=
           0;
}

void fax_set_unread(struct store *s, struct id fax, struct id user, bool unread)
{
    change_note(&s->changes, CHANGE_FAX, fax);
    if (unread)
        (void)sql_run(s->sql, "INSERT INTO fax_unread (user, fax) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                      "dd", user, fax);
    else
        (void)sql_run(s->sql, "DELETE FROM fax_unread WHERE user = ?1 AND fax = ?2", "dd", user, fax);
}

void fax_set_subaddress(struct store *s, struct id fax, const char *subaddress)
{
    (void)sql_run(s->sql, "UPDATE fax SET subaddress = ?2 WHERE id = ?1", "dt", fax, subaddress);
}

void fax_set_place(struct store *s, struct id fax, enum fax_place place)
{
    change_note(&s->changes, CHANGE_FAX, fax);
    (void)sql_run(s->sql, "UPDATE fax SET archived = ?2 WHERE id = ?1", "dn", fax, (int)place);
}

void fax_move_to_box(struct store *s, struct id fax, const char *box)
{
    (void)sql_run(s->sql, "UPDATE fax SET routed_from = faxbox, faxbox = ?2 WHERE id = ?1", "dt", fax, box);
    (void)sql_run(s->sql, "DELETE FROM fax_unread WHERE fax = ?1", "d", fax);
    make_unread(s, fax);
    search_update_fax(s, fax);
    change_note(&s->changes, CHANGE_FAX, fax);
}

void fax_shift_times(struct store *s, int64_t by_ms)
{
    (void)sql_run(
        s->sql,
        "UPDATE fax SET answered_ms = answered_ms + ?1, last_page_ms = last_page_ms + ?1 WHERE state = ?2",
        "in", by_ms, (int)FAX_RECEIVING);
}

/* ---- a second try ---- */

size_t fax_broken_off(struct store *s, const char *box, const char *calling, int64_t since_ms, struct id *ids,
                      size_t most)
{
    struct sql_rows r;
    sql_query(
        s->sql, &r,
        "SELECT id FROM fax WHERE faxbox IN (SELECT id FROM faxbox WHERE id = ?1 UNION SELECT b.id"
        " FROM faxbox AS o JOIN faxbox AS b ON b.tenant = o.tenant WHERE o.id = ?1 AND b.subaddress <> '')"
        " AND calling = ?2 AND state = ?3 AND ended_ms >= ?4 AND (faxbox = ?1 OR subaddress <> '')"
        " ORDER BY answered_ms DESC LIMIT ?5",
        "ttnii", box, calling, (int)FAX_PARTIAL, since_ms, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

bool fax_first_try(struct store *s, const struct fax *second, int64_t since_ms, struct id *first)
{
    struct sql_rows r;
    sql_query(
        s->sql, &r,
        "SELECT f.id FROM fax f WHERE f.faxbox = ?1 AND f.calling = ?2 AND f.calling <> '' AND f.state = ?3"
        " AND f.station_id = ?4 AND f.ended_ms >= ?5 AND f.ended_ms <= ?6"
        " AND NOT EXISTS (SELECT 1 FROM fax c WHERE c.faxbox = ?1 AND c.calling = ?2 AND c.id NOT IN (f.id, "
        "?7)"
        " AND c.state <> ?8 AND coalesce(c.ended_ms, ?6) > f.answered_ms"
        " AND c.answered_ms <= ?9) ORDER BY f.answered_ms DESC LIMIT 1",
        "ttntiidni", second->faxbox, second->calling, (int)FAX_PARTIAL, second->station_id, since_ms,
        second->answered_ms, second->id, (int)FAX_EMPTY, second->ended_ms);
    return sql_take_ids(&r, first, 1) == 1;
}

bool fax_came_from(struct store *s, const char *box, const char *calling)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT 1 FROM fax WHERE faxbox = ?1 AND calling = ?2 AND calling <> '' AND pages > 0 LIMIT 1",
              "tt", box, calling);
    bool found = sql_next(&r);
    sql_end(&r);
    return found;
}

void fax_set_continues(struct store *s, struct id fax, struct id first)
{
    (void)sql_run(s->sql, "UPDATE fax SET continues = ?2 WHERE id = ?1", "dd", fax, first);
}

size_t fax_pages_of_all_tries(struct store *s, struct id fax, struct arena *a, struct stored_page **pages,
                              size_t *earlier)
{
    struct fax f;
    struct stored_page *before = NULL, *own;
    size_t own_count = fax_pages(s, fax, a, &own);
    *earlier = 0;
    if (fax_find(s, fax, a, &f) && !id_is_none(f.continues)) {
        size_t still_earlier;
        *earlier = fax_pages_of_all_tries(s, f.continues, a, &before, &still_earlier);
    }
    *pages = arena_alloc(a, (*earlier + own_count + 1) * sizeof(**pages));
    for (size_t i = 0; i < *earlier; i++)
        (*pages)[i] = before[i];
    for (size_t i = 0; i < own_count; i++)
        (*pages)[*earlier + i] = own[i];
    return *earlier + own_count;
}
