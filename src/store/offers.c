/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/offers.h"

void offer_set(struct store *s, const struct offer *f)
{
    offer_clear(s, f->faxbox);
    (void)sql_run(s->sql,
                  "INSERT INTO offer (faxbox, submission, selective, password, created_ms, created_by)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                  "tdttit", f->faxbox, f->submission, f->selective, f->password, f->created_ms,
                  f->created_by);
}

bool offer_find(struct store *s, const char *faxbox, struct arena *a, struct offer *f)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT submission, selective, password, created_ms, created_by FROM offer WHERE faxbox = ?1",
              "t", faxbox);
    if (!sql_next(&r))
        return false;
    *f = (struct offer){.faxbox = faxbox,
                        .submission = sql_id(&r, 0),
                        .selective = sql_text(&r, 1, a),
                        .password = sql_text(&r, 2, a),
                        .created_ms = sql_int(&r, 3),
                        .created_by = sql_text(&r, 4, a)};
    sql_end(&r);
    return true;
}

size_t offer_boxes(struct store *s, const struct scope *w, const char *box, const char *after,
                   struct arena *a, const char **boxes, size_t most)
{
    struct sql_rows r;
    size_t n = 0;
    sql_query(s->sql, &r,
              "SELECT o.faxbox FROM offer AS o JOIN faxbox AS b ON b.id = o.faxbox"
              " WHERE (?1 = '' OR o.faxbox = ?1) AND o.faxbox > ?2 AND (?3 IS NULL OR b.tenant = ?3)"
              " AND (?4 IS NULL OR EXISTS (SELECT 1 FROM faxbox_user AS u WHERE u.faxbox = o.faxbox"
              " AND u.user = ?4 AND u.may_send = 1)) ORDER BY o.faxbox LIMIT ?5",
              "ttddi", box, after, w->tenant, w->user, (int64_t)most);
    while (n < most && sql_next(&r))
        boxes[n++] = sql_text(&r, 0, a);
    sql_end(&r);
    return n;
}

void offer_clear(struct store *s, const char *faxbox)
{
    (void)sql_run(s->sql, "DELETE FROM offer WHERE faxbox = ?1", "t", faxbox);
}

bool offer_is(struct store *s, struct id submission)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM offer WHERE submission = ?1 LIMIT 1", "d", submission) != 0;
}
