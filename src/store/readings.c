/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/readings.h"

#include "model/page_text.h"
#include "store/claims.h"
#include "store/faxes.h"
#include "store/search.h"

enum { WAITS, READ, FAILED };

void reading_want(struct store *s, struct id fax, bool urgent)
{
    (void)sql_run(s->sql,
                  "INSERT INTO page_text (fax, page, state, urgent) SELECT fax, page, ?2, ?3 FROM fax_page"
                  " WHERE fax = ?1 ORDER BY page ON CONFLICT DO NOTHING",
                  "dnn", fax, (int)WAITS, (int)urgent);
}

bool reading_next(struct store *s, struct reading *r)
{
    struct sql_rows rows;
    sql_query(
        s->sql, &rows,
        "SELECT t.fax, t.page, p.width, p.rows, p.resolution, p.blob FROM page_text AS t"
        " JOIN fax_page AS p ON p.fax = t.fax AND p.page = t.page WHERE t.state = 0"
        " AND" UNCLAIMED(CLAIM_READ, "t.fax", "?1") "ORDER BY t.urgent DESC, t.tries, t.fax, t.page LIMIT 1",
        "d", s->node);
    if (!sql_next(&rows))
        return false;
    *r = (struct reading){.fax = sql_id(&rows, 0),
                          .page = (unsigned)sql_int(&rows, 1),
                          .stored = {{(uint32_t)sql_int(&rows, 2), (uint32_t)sql_int(&rows, 3),
                                      (enum page_resolution)sql_int(&rows, 4)},
                                     sql_id(&rows, 5)}};
    sql_end(&rows);
    return true;
}

bool reading_open(struct store *s, struct id fax, unsigned page, struct page_form *form)
{
    struct sql_rows rows;
    sql_query(s->sql, &rows,
              "SELECT p.width, p.rows, p.resolution FROM page_text AS t"
              " JOIN fax_page AS p ON p.fax = t.fax AND p.page = t.page"
              " WHERE t.fax = ?1 AND t.page = ?2 AND t.state = ?3",
              "dnn", fax, (int)page, (int)WAITS);
    if (!sql_next(&rows))
        return false;
    *form = (struct page_form){(uint32_t)sql_int(&rows, 0), (uint32_t)sql_int(&rows, 1),
                               (enum page_resolution)sql_int(&rows, 2)};
    sql_end(&rows);
    return true;
}

static void settle(struct store *s, struct id fax, unsigned page, int state, const char *text,
                   const char *plain)
{
    (void)sql_run(
        s->sql,
        "UPDATE page_text SET state = ?3, text = ?4, plain = ?5 WHERE fax = ?1 AND page = ?2 AND state = ?6",
        "dnnttn", fax, (int)page, state, text, plain, (int)WAITS);
    if (reading_left(s, fax) > 0)
        return;
    search_update_fax(s, fax);
    change_note(&s->changes, CHANGE_FAX, fax);
}

void reading_done(struct store *s, struct id fax, unsigned page, struct span text, const char *plain)
{
    struct arena a;
    arena_init(&a);
    settle(s, fax, page, READ, arena_format(&a, "%.*s", (int)text.len, (const char *)text.data), plain);
    arena_clear(&a);
}

void reading_failed(struct store *s, struct id fax, unsigned page)
{
    settle(s, fax, page, FAILED, "", "");
}

unsigned reading_tried(struct store *s, struct id fax, unsigned page)
{
    (void)sql_run(s->sql, "UPDATE page_text SET tries = tries + 1 WHERE fax = ?1 AND page = ?2", "dn", fax,
                  (int)page);
    return (unsigned)sql_get_int(s->sql, 0, "SELECT tries FROM page_text WHERE fax = ?1 AND page = ?2", "dn",
                                 fax, (int)page);
}

unsigned reading_left(struct store *s, struct id fax)
{
    return (unsigned)sql_get_int(s->sql, 0, "SELECT count(*) FROM page_text WHERE fax = ?1 AND state = ?2",
                                 "dn", fax, (int)WAITS);
}

const char *reading_state_name(enum reading_state state)
{
    static const char *const names[READING_STATES] = {"", "waiting", "read"};
    return names[state];
}

enum reading_state reading_of_fax(struct store *s, struct id fax)
{
    int64_t least =
        sql_get_int(s->sql, -1, "SELECT coalesce(min(state), -1) FROM page_text WHERE fax = ?1", "d", fax);
    return least < 0 ? READING_NONE : least == WAITS ? READING_WAITS : READING_DONE;
}

unsigned reading_turned(struct store *s, struct id fax, unsigned page)
{
    struct sql_rows r;
    struct arena a;
    unsigned quarters = 0;
    arena_init(&a);
    sql_query(s->sql, &r, "SELECT substr(text, 1, 20) FROM page_text WHERE fax = ?1 AND page = ?2", "dn", fax,
              (int)page);
    if (sql_next(&r)) {
        struct span text = span_str(sql_text(&r, 0, &a));
        quarters = page_text_take_turned(&text);
    }
    sql_end(&r);
    arena_clear(&a);
    return quarters;
}

static bool own_texts(struct store *s, struct id fax, struct arena *a, struct buf *b)
{
    struct sql_rows rows;
    bool any = false;
    sql_query(s->sql, &rows,
              "SELECT coalesce(t.text, '') FROM fax_page AS p LEFT JOIN page_text AS t"
              " ON t.fax = p.fax AND t.page = p.page WHERE p.fax = ?1 ORDER BY p.page",
              "d", fax);
    while (sql_next(&rows)) {
        const char *text = sql_text(&rows, 0, a);
        any = any || *text;
        (void)buf_append_str(b, text);
        (void)buf_append_byte(b, PAGE_TEXT_PAGE_END);
    }
    return any;
}

bool reading_texts(struct store *s, struct id fax, bool all_tries, struct arena *a, struct buf *b)
{
    struct fax f;
    bool earlier = false;
    if (all_tries && fax_find(s, fax, a, &f) && !id_is_none(f.continues))
        earlier = reading_texts(s, f.continues, true, a, b);
    bool own = own_texts(s, fax, a, b);
    return (own || earlier) && !b->overflow;
}

void reading_words(struct store *s, struct id fax, struct arena *a, const char **words, size_t count)
{
    struct sql_rows r;
    for (size_t i = 0; i < count; i++)
        words[i] = "";
    sql_query(s->sql, &r, "SELECT page, plain FROM page_text WHERE fax = ?1 ORDER BY page", "d", fax);
    while (sql_next(&r))
        if (sql_int(&r, 0) >= 0 && (size_t)sql_int(&r, 0) < count)
            words[sql_int(&r, 0)] = sql_text(&r, 1, a);
}
