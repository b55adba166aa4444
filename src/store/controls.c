/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/controls.h"

void control_add(struct store *s, const struct control *c, int64_t until_ms)
{
    (void)sql_run(s->sql, "DELETE FROM control WHERE created_ms < ?1", "i", until_ms);
    (void)sql_run(s->sql,
                  "INSERT INTO control (hash, mail, submission, job, faxbox, addressee, created_ms, warned)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                  "bdddttin", c->hash, c->mail, c->submission, c->job, c->faxbox, c->addressee, c->created_ms,
                  (int)c->warned);
}

bool control_find(struct store *s, struct span hash, struct arena *a, struct control *c)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT mail, submission, job, faxbox, addressee, created_ms, used, warned, asked FROM control"
              " WHERE hash = ?1",
              "b", hash);
    if (!sql_next(&r))
        return false;
    *c = (struct control){.hash = hash,
                          .mail = sql_id(&r, 0),
                          .submission = sql_id(&r, 1),
                          .job = sql_id(&r, 2),
                          .faxbox = sql_text(&r, 3, a),
                          .addressee = sql_text(&r, 4, a),
                          .created_ms = sql_int(&r, 5),
                          .used = sql_int(&r, 6) != 0,
                          .warned = sql_int(&r, 7) != 0,
                          .asked = (unsigned)sql_int(&r, 8)};
    sql_end(&r);
    return true;
}

void control_use(struct store *s, const struct control *c)
{
    (void)sql_run(s->sql, "UPDATE control SET used = 1 WHERE mail = ?1", "d", c->mail);
}

void control_count(struct store *s, const struct control *c)
{
    (void)sql_run(s->sql, "UPDATE control SET asked = asked + 1 WHERE hash = ?1", "b", c->hash);
}
