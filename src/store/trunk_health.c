/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/trunk_health.h"

#include "store/sql.h"

/* Whose line told it. */
static struct span own(const struct store *s)
{
    return span_of(s->node.bytes, id_is_none(s->node) ? 0 : sizeof(s->node.bytes));
}

bool trunk_health_set(struct store *s, const struct stored_health *h)
{
    bool news = sql_get_int(s->sql, -1, "SELECT state FROM trunk_health WHERE trunk = ?1 AND node = ?2", "tb",
                            h->trunk, own(s)) != h->state;
    (void)sql_run(s->sql,
                  "INSERT INTO trunk_health (trunk, state, text, since_ms, next_ms, node) VALUES (?1, ?2, "
                  "?3, ?4, ?5, ?6)"
                  " ON CONFLICT (trunk, node) DO UPDATE SET since_ms = iif(trunk_health.state = ?2, "
                  "trunk_health.since_ms, "
                  "?4), state = ?2,"
                  " text = ?3, next_ms = ?5",
                  "tntiib", h->trunk, (int)h->state, h->text, h->since_ms, h->next_ms, own(s));
    return news;
}

void trunk_health_forget(struct store *s)
{
    (void)sql_run(s->sql, "DELETE FROM trunk_health WHERE node = ?1", "b", own(s));
}

bool trunk_health_find(struct store *s, struct arena *a, const char *trunk, struct stored_health *h)
{
    struct sql_rows r;
    *h = (struct stored_health){.trunk = trunk, .state = TRUNK_UNCHECKED, .text = ""};
    sql_query(s->sql, &r,
              "SELECT state, text, since_ms, next_ms FROM trunk_health WHERE trunk = ?1"
              " ORDER BY iif(node = ?2, 0, 1), state DESC LIMIT 1",
              "tb", trunk, own(s));
    bool found = sql_next(&r);
    if (found)
        *h = (struct stored_health){.trunk = trunk,
                                    .state = (enum trunk_state)sql_int(&r, 0),
                                    .text = sql_text(&r, 1, a),
                                    .since_ms = sql_int(&r, 2),
                                    .next_ms = sql_int(&r, 3)};
    sql_end(&r);
    return found;
}
