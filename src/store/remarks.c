/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/remarks.h"

#include <inttypes.h>

#include "base/str.h"

/* ---- notes ---- */

#define COLUMNS "id, about, at_ms, user, who, text"

void note_add(struct store *s, const struct note *n)
{
    (void)sql_run(s->sql, "INSERT INTO note (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)", "ddidtt", n->id,
                  n->about, n->at_ms, n->user, n->who, n->text);
}

static struct note read_row(const struct sql_rows *r, struct arena *a)
{
    return (struct note){sql_id(r, 0), sql_id(r, 1),      sql_int(r, 2),
                         sql_id(r, 3), sql_text(r, 4, a), sql_text(r, 5, a)};
}

bool note_find(struct store *s, struct id id, struct arena *a, struct note *n)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT " COLUMNS " FROM note WHERE id = ?1", "d", id);
    bool there = sql_next(&r);
    if (there)
        *n = read_row(&r, a);
    sql_end(&r);
    return there;
}

void note_drop(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "DELETE FROM note WHERE id = ?1", "d", id);
}

size_t notes_of(struct store *s, struct id about, struct arena *a, struct note **list)
{
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, NOTES_OF_ONE * sizeof(**list));
    sql_query(s->sql, &r, "SELECT " COLUMNS " FROM note WHERE about = ?1 ORDER BY at_ms, id", "d", about);
    while (n < NOTES_OF_ONE && sql_next(&r))
        (*list)[n++] = read_row(&r, a);
    sql_end(&r);
    return n;
}

unsigned note_count(struct store *s, struct id about)
{
    return (unsigned)sql_get_int(s->sql, 0, "SELECT count(*) FROM note WHERE about = ?1", "d", about);
}

/* ---- tags ---- */

size_t tags_of(struct store *s, struct id about, struct arena *a, const char **list)
{
    struct sql_rows r;
    size_t n = 0;
    sql_query(s->sql, &r, "SELECT tag FROM tag WHERE about = ?1 ORDER BY tag", "d", about);
    while (n < TAGS_OF_ONE && sql_next(&r))
        list[n++] = sql_text(&r, 0, a);
    sql_end(&r);
    return n;
}

void tags_set(struct store *s, struct id about, struct id tenant, bool sent, const char *const *list,
              size_t count)
{
    (void)sql_run(s->sql, "DELETE FROM tag WHERE about = ?1", "d", about);
    for (size_t i = 0; i < count; i++)
        (void)sql_run(
            s->sql,
            "INSERT INTO tag (about, tag, tenant, sent) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            "dtdn", about, list[i], tenant, (int)sent);
}

void tags_etag(const char *const *list, size_t count, char etag[TAG_ETAG_LEN])
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */
    for (size_t i = 0; i < count; i++)
        for (const char *c = list[i];; c++) {
            hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
            if (!*c)
                break;
        }
    (void)str_format(etag, TAG_ETAG_LEN, "\"%016" PRIx64 "\"", hash);
}

/* From tag to tag over the index, not from fax to fax; each is shown if the reader sees one fax of it. */
#define WALK(whose)                                                                                          \
    "WITH RECURSIVE t (tag) AS (SELECT min(tag) FROM tag WHERE " whose " sent = ?2 AND tag >= ?4 UNION ALL"  \
    " SELECT (SELECT min(tag) FROM tag WHERE " whose " sent = ?2 AND tag > t.tag) FROM t"                    \
    " WHERE t.tag IS NOT NULL)"                                                                              \
    " SELECT tag FROM t WHERE tag IS NOT NULL AND substr(tag, 1, length(?4)) = ?4 COLLATE NOCASE"            \
    " AND (?3 IS NULL OR EXISTS (SELECT 1 FROM tag AS g WHERE " whose " g.sent = ?2 AND g.tag = t.tag"       \
    " AND EXISTS (SELECT 1 FROM faxbox_user AS b WHERE b.user = ?3 AND iif(?2 = 1, b.may_send, "             \
    "b.may_receive) = 1"                                                                                     \
    " AND b.faxbox = iif(?2 = 1, (SELECT faxbox FROM job WHERE id = g.about),"                               \
    " (SELECT faxbox FROM fax WHERE id = g.about))))) LIMIT ?5"

size_t tags_in_use(struct store *s, const struct scope *w, bool sent, const char *beginning, struct arena *a,
                   const char **list, size_t most)
{
    static const char *const statements[2] = {WALK("tenant = ?1 AND"), WALK("?1 IS NULL AND")};
    struct sql_rows r;
    size_t n = 0;
    sql_query(s->sql, &r, statements[id_is_none(w->tenant)], "dndti", w->tenant, (int)sent, w->user,
              beginning, (int64_t)most);
    while (n < most && sql_next(&r))
        list[n++] = sql_text(&r, 0, a);
    sql_end(&r);
    return n;
}

void remarks_forget(struct store *s, struct id about)
{
    (void)sql_run(s->sql, "DELETE FROM note WHERE about = ?1", "d", about);
    (void)sql_run(s->sql, "DELETE FROM tag WHERE about = ?1", "d", about);
}
