/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/provision_names.h"

size_t provision_box_names(struct store *s, const char *tenant, struct id template, struct arena *a,
                           struct provision_name **list)
{
    struct sql_rows r;
    size_t n = 0, count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM faxbox", "");
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT b.id, b.name, t.name, coalesce((SELECT group_concat(n.number, ' ') FROM faxbox_number"
              " AS n WHERE n.faxbox = b.id), '') || ' ' || coalesce(b.custom_address, '')"
              " || ' ' || coalesce((SELECT x.name FROM settings_template AS x WHERE x.id = b.template), '')"
              " FROM faxbox AS b JOIN tenant AS t ON t.id = b.tenant WHERE (?1 IS NULL OR t.name = ?1)"
              " AND (?2 IS NULL OR b.template = ?2)",
              "td", tenant, template);
    while (n < count && sql_next(&r))
        (*list)[n++] = (struct provision_name){sql_text(&r, 0, a), sql_text(&r, 1, a), sql_text(&r, 2, a),
                                               sql_text(&r, 3, a)};
    sql_end(&r);
    return n;
}

size_t provision_user_names(struct store *s, const char *tenant, struct arena *a,
                            struct provision_name **list)
{
    struct sql_rows r;
    size_t n = 0, count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM user", "");
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r,
              "SELECT u.id, u.name, t.name, coalesce((SELECT group_concat(m.address, ' ') FROM user_address"
              " AS m WHERE m.user = u.id), '')"
              " FROM user AS u JOIN tenant AS t ON t.id = u.tenant WHERE ?1 IS NULL OR t.name = ?1",
              "t", tenant);
    while (n < count && sql_next(&r))
        (*list)[n++] = (struct provision_name){arena_strdup(a, id_text(sql_id(&r, 0))), sql_text(&r, 1, a),
                                               sql_text(&r, 2, a), sql_text(&r, 3, a)};
    sql_end(&r);
    return n;
}
