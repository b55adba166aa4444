/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/audit.h"

void audit_add(struct store *s, const struct audit *a)
{
    (void)sql_run(s->sql,
                  "INSERT INTO audit (id, at_ms, tenant, user, who, client_ip, action, subject, detail)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                  "diddttttt", a->id, a->at_ms, a->tenant, a->user, a->who, a->client_ip, a->action,
                  a->subject, a->detail);
    (void)sql_run(s->sql, "DELETE FROM audit WHERE at_ms < ?1", "i",
                  a->at_ms - (int64_t)AUDIT_KEPT_DAYS * 24 * 3600 * 1000);
}

size_t audit_list(struct store *s, const struct scope *w, const struct report_cursor *c, struct arena *arena,
                  struct audit **list)
{
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(arena, (c->most + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT id, at_ms, tenant, user, who, client_ip, action, subject, detail FROM audit"
              " WHERE (?1 IS NULL OR id < ?1) AND (?3 IS NULL OR tenant = ?3) ORDER BY id DESC LIMIT ?2",
              "did", c->before, (int64_t)c->most, w->tenant);
    while (n < c->most && sql_next(&r))
        (*list)[n++] = (struct audit){.id = sql_id(&r, 0),
                                      .at_ms = sql_int(&r, 1),
                                      .tenant = sql_id(&r, 2),
                                      .user = sql_id(&r, 3),
                                      .who = sql_text(&r, 4, arena),
                                      .client_ip = sql_text(&r, 5, arena),
                                      .action = sql_text(&r, 6, arena),
                                      .subject = sql_text(&r, 7, arena),
                                      .detail = sql_text(&r, 8, arena)};
    sql_end(&r);
    return n;
}
