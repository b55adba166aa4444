/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/claims.h"

void claim_take(struct store *s, int kind, struct id id)
{
    (void)sql_run(s->sql,
                  "INSERT INTO claim (kind, id, node) VALUES (?1, ?2, ?3)"
                  " ON CONFLICT (kind, id) DO UPDATE SET node = ?3",
                  "ndd", kind, id, s->node);
}

void claim_drop(struct store *s, int kind, struct id id)
{
    (void)sql_run(s->sql, "DELETE FROM claim WHERE kind = ?1 AND id = ?2 AND node = ?3", "ndd", kind, id,
                  s->node);
}

bool claim_is_taken(struct store *s, int kind, struct id id)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM claim WHERE kind = ?1 AND id = ?2", "nd", kind, id) != 0;
}

void claims_drop_kind(struct store *s, int kind)
{
    (void)sql_run(s->sql, "DELETE FROM claim WHERE node = ?1 AND kind = ?2", "dn", s->node, kind);
}

void claims_drop_of(struct store *s, struct id node)
{
    (void)sql_run(s->sql, "DELETE FROM claim WHERE node = ?1", "d", node);
}
