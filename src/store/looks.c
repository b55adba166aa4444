/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/looks.h"

#include "store/claims.h"
#include "store/sql.h"

void look_want(struct store *s, struct id fax, enum look_purpose purpose)
{
    (void)sql_run(s->sql, "INSERT INTO fax_look (fax, purpose) VALUES (?1, ?2) ON CONFLICT DO NOTHING", "dn",
                  fax, (int)purpose);
}

size_t look_waiting(struct store *s, struct id *ids, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT DISTINCT fax FROM fax_look WHERE" UNCLAIMED(CLAIM_LOOK, "fax_look.fax",
                                                                  "?2") "ORDER BY fax LIMIT ?1",
              "id", (int64_t)most, s->node);
    return sql_take_ids(&r, ids, most);
}

bool look_is_wanted(struct store *s, struct id fax, enum look_purpose purpose)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM fax_look WHERE fax = ?1 AND purpose = ?2", "dn", fax,
                       (int)purpose) != 0;
}

unsigned look_tried(struct store *s, struct id fax)
{
    (void)sql_run(s->sql, "UPDATE fax_look SET tries = tries + 1 WHERE fax = ?1", "d", fax);
    return (unsigned)sql_get_int(s->sql, 0, "SELECT max(tries) FROM fax_look WHERE fax = ?1", "d", fax);
}

void look_settled(struct store *s, struct id fax)
{
    (void)sql_run(s->sql, "DELETE FROM fax_look WHERE fax = ?1", "d", fax);
}

void junk_add(struct store *s, const char *box, struct id fax, const uint8_t fingerprint[FINGERPRINT_LEN])
{
    (void)sql_run(s->sql, "DELETE FROM junk WHERE fax = ?1", "d", fax);
    (void)sql_run(s->sql, "INSERT INTO junk (faxbox, fax, fingerprint) VALUES (?1, ?2, ?3)", "tdb", box, fax,
                  span_of(fingerprint, FINGERPRINT_LEN));
    (void)sql_run(s->sql,
                  "DELETE FROM junk WHERE faxbox = ?1 AND n <="
                  " (SELECT n FROM junk WHERE faxbox = ?1 ORDER BY n DESC LIMIT 1 OFFSET ?2)",
                  "tn", box, (int)JUNK_MAX);
}

bool junk_any(struct store *s, const char *box)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM junk WHERE faxbox = ?1 LIMIT 1", "t", box) != 0;
}

int64_t junk_find(struct store *s, const char *box, const uint8_t fingerprint[FINGERPRINT_LEN])
{
    struct sql_rows r;
    int64_t found = 0;
    struct arena a;
    arena_init(&a);
    sql_query(s->sql, &r, "SELECT n, fingerprint FROM junk WHERE faxbox = ?1 ORDER BY n DESC", "t", box);
    while (sql_next(&r)) {
        struct span other = sql_bytes(&r, 1, &a);
        if (found == 0 && other.len == FINGERPRINT_LEN &&
            fingerprint_likeness(fingerprint, other.data) >= FINGERPRINT_ALIKE)
            found = sql_int(&r, 0);
    }
    arena_clear(&a);
    return found;
}

void junk_forget(struct store *s, struct id fax)
{
    (void)sql_run(s->sql, "DELETE FROM junk WHERE fax = ?1 OR n = (SELECT junk_like FROM fax WHERE id = ?1)",
                  "d", fax);
    (void)sql_run(s->sql, "UPDATE fax SET junk_like = 0 WHERE id = ?1", "d", fax);
}

void junk_mark(struct store *s, struct id fax, int64_t like)
{
    (void)sql_run(s->sql, "UPDATE fax SET junk_like = ?2 WHERE id = ?1", "di", fax, like);
}
