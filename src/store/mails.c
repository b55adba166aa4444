/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/mails.h"

bool mail_in_exists(struct store *s, struct id id)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM mail_in WHERE id = ?1", "d", id) != 0;
}

void mail_in_add(struct store *s, const struct mail_in *m)
{
    (void)sql_run(s->sql,
                  "INSERT INTO mail_in (id, state, received_ms, sender, recipients, client_ip, trust, blob)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                  "dnitttnd", m->id, (int)MAIL_IN_RECEIVED, m->received_ms, m->sender, m->recipients,
                  m->client_ip, (int)m->trust, m->blob);
}

bool mail_in_find(struct store *s, struct id id, struct arena *a, struct mail_in *m)
{
    struct sql_rows r;
    sql_query(
        s->sql, &r,
        "SELECT state, received_ms, sender, recipients, client_ip, trust, blob FROM mail_in WHERE id = ?1",
        "d", id);
    if (!sql_next(&r))
        return false;
    *m = (struct mail_in){.id = id,
                          .state = (enum mail_in_state)sql_int(&r, 0),
                          .received_ms = sql_int(&r, 1),
                          .sender = sql_text(&r, 2, a),
                          .recipients = sql_text(&r, 3, a),
                          .client_ip = sql_text(&r, 4, a),
                          .trust = (unsigned)sql_int(&r, 5),
                          .blob = sql_id(&r, 6)};
    sql_end(&r);
    return true;
}

size_t mail_in_to_unpack(struct store *s, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id FROM mail_in WHERE state = ?1 ORDER BY received_ms LIMIT ?2", "ni",
              (int)MAIL_IN_RECEIVED, (int64_t)most);
    return sql_take_ids(&r, ids, most);
}

void mail_in_close(struct store *s, struct id id, enum mail_in_state to, const char *code, const char *reason)
{
    (void)sql_run(s->sql,
                  "UPDATE mail_in SET state = ?2, code = ?3, reason = ?4 WHERE id = ?1 AND state = ?5",
                  "dnttn", id, (int)to, code, reason, (int)MAIL_IN_RECEIVED);
}
