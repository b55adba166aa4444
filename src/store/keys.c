/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/keys.h"

size_t keys_of_user(struct store *s, struct arena *a, struct id user, struct user_key **list)
{
    size_t n = 0,
           count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM user_key WHERE user = ?1", "d", user);
    struct sql_rows r;
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r, "SELECT key, fingerprints FROM user_key WHERE user = ?1 ORDER BY place", "d", user);
    while (n < count && sql_next(&r))
        (*list)[n++] = (struct user_key){sql_text(&r, 0, a), sql_text(&r, 1, a)};
    sql_end(&r);
    return n;
}

void keys_set_user(struct store *s, struct id user, const struct user_key *list, size_t count)
{
    (void)sql_run(s->sql, "DELETE FROM user_key WHERE user = ?1", "d", user);
    for (size_t i = 0; i < count; i++)
        (void)sql_run(s->sql, "INSERT INTO user_key (user, place, key, fingerprints) VALUES (?1, ?2, ?3, ?4)",
                      "dntt", user, (int)i, list[i].text, list[i].fingerprints);
}

bool keys_is_of_another(struct store *s, struct id user, const char *fingerprint)
{
    return *fingerprint && sql_get_int(s->sql, 0,
                                       "SELECT 1 FROM user_key WHERE user <> ?1 AND"
                                       " instr(fingerprints || ' ', upper(?2) || ' ') > 0 LIMIT 1",
                                       "dt", user, fingerprint) != 0;
}

bool keys_encrypts(struct store *s, struct id user)
{
    return sql_get_int(s->sql, 0, "SELECT pgp_encrypt FROM user WHERE id = ?1", "d", user) != 0;
}

void keys_set_encrypts(struct store *s, struct id user, bool encrypts)
{
    (void)sql_run(s->sql, "UPDATE user SET pgp_encrypt = ?2 WHERE id = ?1", "dn", user, (int)encrypts);
}

size_t keys_certificates(struct store *s, struct arena *a, struct id user, const char *const **list)
{
    size_t n = 0, count = (size_t)sql_get_int(
                      s->sql, 0, "SELECT count(*) FROM user_certificate WHERE user = ?1", "d", user);
    struct sql_rows r;
    const char **all = arena_alloc(a, (count + 1) * sizeof(*all));
    sql_query(s->sql, &r, "SELECT pem FROM user_certificate WHERE user = ?1 ORDER BY place", "d", user);
    while (n < count && sql_next(&r))
        all[n++] = sql_text(&r, 0, a);
    sql_end(&r);
    *list = all;
    return n;
}

const char *keys_smime(struct store *s, struct arena *a, struct id user)
{
    struct sql_rows r;
    const char *smime = "off";
    sql_query(s->sql, &r, "SELECT smime FROM user WHERE id = ?1", "d", user);
    if (sql_next(&r))
        smime = sql_text(&r, 0, a);
    sql_end(&r);
    return smime;
}

void keys_set_certificates(struct store *s, struct id user, const char *const *list, size_t count,
                           const char *smime)
{
    (void)sql_run(s->sql, "UPDATE user SET smime = ?2 WHERE id = ?1", "dt", user, smime);
    (void)sql_run(s->sql, "DELETE FROM user_certificate WHERE user = ?1", "d", user);
    for (size_t i = 0; i < count; i++)
        (void)sql_run(s->sql, "INSERT INTO user_certificate (user, place, pem) VALUES (?1, ?2, ?3)", "dnt",
                      user, (int)i, list[i]);
}

const char *keys_whole(struct store *s, struct arena *a, struct id user)
{
    struct sql_rows r;
    const char *whole = "";
    sql_query(s->sql, &r,
              "SELECT u.pgp_encrypt || u.smime"
              " || coalesce((SELECT group_concat(key, '') FROM user_key WHERE user = u.id), '')"
              " || coalesce((SELECT group_concat(pem, '') FROM user_certificate WHERE user = u.id), '')"
              " FROM user AS u WHERE u.id = ?1",
              "d", user);
    if (sql_next(&r)) {
        whole = sql_text(&r, 0, a);
        sql_end(&r);
    }
    return whole;
}

struct tenant_key keys_of_tenant(struct store *s, struct arena *a, struct id tenant)
{
    struct sql_rows r;
    struct tenant_key k = {"", {NULL, 0}};
    sql_query(s->sql, &r, "SELECT public_key, secret FROM tenant_key WHERE tenant = ?1", "d", tenant);
    if (sql_next(&r))
        k = (struct tenant_key){sql_text(&r, 0, a), sql_bytes(&r, 1, a)};
    sql_end(&r);
    return k;
}

void keys_set_tenant(struct store *s, struct id tenant, const struct tenant_key *k)
{
    (void)sql_run(s->sql, "DELETE FROM tenant_key WHERE tenant = ?1", "d", tenant);
    if (*k->public_key)
        (void)sql_run(s->sql, "INSERT INTO tenant_key (tenant, public_key, secret) VALUES (?1, ?2, ?3)",
                      "dtb", tenant, k->public_key, k->secret);
}
