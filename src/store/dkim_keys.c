/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/dkim_keys.h"

#include <string.h>

#define COLUMNS "domain, selector, active, record, secret"

static struct dkim_key_row take(struct sql_rows *r, struct arena *a)
{
    return (struct dkim_key_row){.domain = sql_text(r, 0, a),
                                 .selector = sql_text(r, 1, a),
                                 .active = sql_int(r, 2) != 0,
                                 .record = sql_text(r, 3, a),
                                 .secret = sql_bytes(r, 4, a)};
}

size_t dkim_keys(struct store *s, struct arena *a, struct dkim_key_row **list)
{
    size_t count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM dkim_key", ""), n = 0;
    struct sql_rows r;
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r, "SELECT " COLUMNS " FROM dkim_key ORDER BY domain, selector", "");
    while (n < count && sql_next(&r))
        (*list)[n++] = take(&r, a);
    sql_end(&r);
    return n;
}

static bool find(struct store *s, struct arena *a, const char *domain, struct dkim_key_row *k)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT " COLUMNS " FROM dkim_key WHERE domain = ?1 AND active = 1", "t", domain);
    bool there = sql_next(&r);
    if (there)
        *k = take(&r, a);
    sql_end(&r);
    return there;
}

bool dkim_key_for(struct store *s, struct arena *a, const char *domain, struct dkim_key_row *k)
{
    while (domain && *domain) {
        if (find(s, a, domain, k))
            return true;
        const char *dot = strchr(domain, '.');
        domain = dot ? dot + 1 : NULL;
    }
    return false;
}

void dkim_key_put(struct store *s, const struct dkim_key_row *k)
{
    (void)sql_run(s->sql,
                  "INSERT INTO dkim_key (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)"
                  " ON CONFLICT (domain, selector) DO UPDATE SET active = ?3, record = ?4, secret = ?5",
                  "ttntb", k->domain, k->selector, (int)k->active, k->record, k->secret);
}

void dkim_key_drop(struct store *s, const char *domain, const char *selector)
{
    (void)sql_run(s->sql, "DELETE FROM dkim_key WHERE domain = ?1 AND selector = ?2", "tt", domain, selector);
}
