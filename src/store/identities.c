/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/identities.h"

#include <string.h>

#include "store/config.h"

#define SOURCE                                                                                               \
    "SELECT i.name, coalesce(t.name, ''), i.tenant, i.settings FROM identity_source AS i"                    \
    " LEFT JOIN tenant AS t ON t.id = i.tenant WHERE i.kind = ?1"

static size_t read_sources(struct sql_rows *r, struct arena *a, struct identity_source *list, size_t most)
{
    size_t n = 0;
    while (n < most && sql_next(r))
        list[n++] = (struct identity_source){.name = sql_text(r, 0, a),
                                             .tenant = sql_text(r, 1, a),
                                             .tenant_id = sql_id(r, 2),
                                             .settings = sql_text(r, 3, a)};
    sql_end(r);
    return n;
}

size_t identity_sources(struct store *s, enum identity_kind kind, struct arena *a,
                        struct identity_source **list)
{
    struct sql_rows r;
    size_t count = (size_t)sql_get_int(s->sql, 0, "SELECT count(*) FROM identity_source WHERE kind = ?1", "n",
                                       (int)kind);
    *list = arena_alloc(a, (count + 1) * sizeof(**list));
    sql_query(s->sql, &r, SOURCE " ORDER BY i.name", "n", (int)kind);
    return read_sources(&r, a, *list, count);
}

bool identity_source_named(struct store *s, enum identity_kind kind, const char *name, struct arena *a,
                           struct identity_source *found)
{
    struct sql_rows r;
    sql_query(s->sql, &r, SOURCE " AND i.name = ?2", "nt", (int)kind, name);
    return read_sources(&r, a, found, 1) == 1;
}

void identity_source_put(struct store *s, enum identity_kind kind, const struct identity_source *i)
{
    (void)sql_run(s->sql,
                  "INSERT INTO identity_source (kind, name, tenant, settings, login)"
                  " VALUES (?1, ?2, (SELECT id FROM tenant WHERE name = ?3), ?4, ?5)"
                  " ON CONFLICT (kind, name) DO UPDATE SET"
                  " tenant = (SELECT id FROM tenant WHERE name = ?3), settings = ?4, login = ?5",
                  "ntttn", (int)kind, i->name, i->tenant, i->settings, (int)i->login);
}

void identity_source_drop(struct store *s, enum identity_kind kind, const char *name)
{
    (void)sql_run(s->sql, "DELETE FROM identity_source WHERE kind = ?1 AND name = ?2", "nt", (int)kind, name);
}

bool identity_user(struct store *s, enum identity_kind kind, const char *text, struct id *user)
{
    struct sql_rows r;
    struct id found[2];
    sql_query(s->sql, &r,
              kind == IDENTITY_PROVIDER
                  ? "SELECT id FROM user WHERE provider_id = ?1 AND provider_id <> '' LIMIT 2"
                  : "SELECT id FROM user WHERE directory_id = ?1 AND directory_id <> '' LIMIT 2",
              "t", text);
    size_t n = sql_take_ids(&r, found, 2);
    if (n == 1)
        *user = found[0];
    return n == 1;
}

#define BEGINS                                                                                               \
    " AND substr(u.directory_id, 1, length(?2)) = ?2 AND (?3 IS NULL OR u.id > ?3) ORDER BY u.id LIMIT ?4"
#define LISTED "SELECT u.id, u.directory_id, u.name, u.role, u.enabled FROM user u "

static size_t take_listed(struct sql_rows *r, struct arena *a, struct listed_user *list, size_t most)
{
    size_t n = 0;
    while (n < most && sql_next(r))
        list[n++] = (struct listed_user){.id = sql_id(r, 0),
                                         .directory_id = sql_text(r, 1, a),
                                         .name = sql_text(r, 2, a),
                                         .role = sql_text(r, 3, a),
                                         .enabled = sql_int(r, 4) != 0};
    sql_end(r);
    return n;
}

size_t identity_listed(struct store *s, struct arena *a, struct id tenant, const char *prefix,
                       struct id after, struct listed_user *list, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r, LISTED "WHERE u.tenant = ?1" BEGINS, "dtdn", tenant, prefix, after, (int)most);
    return take_listed(&r, a, list, most);
}

size_t identity_listed_of_box(struct store *s, struct arena *a, const char *box, const char *prefix,
                              struct id after, struct listed_user *list, size_t most)
{
    struct sql_rows r;
    sql_query(s->sql, &r, LISTED "JOIN faxbox_user f ON f.user = u.id WHERE f.faxbox = ?1" BEGINS, "ttdn",
              box, prefix, after, (int)most);
    return take_listed(&r, a, list, most);
}

bool identity_of_user(struct store *s, struct arena *a, struct id user, struct user_identity *u)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT provider_id, directory_id, enabled FROM user WHERE id = ?1", "d", user);
    bool there = sql_next(&r);
    if (there)
        *u = (struct user_identity){.provider_id = sql_text(&r, 0, a),
                                    .directory_id = sql_text(&r, 1, a),
                                    .enabled = sql_int(&r, 2) != 0};
    sql_end(&r);
    return there;
}

/* -1: there is no such directory. */
static int64_t directory_logs_in(struct store *s, struct arena *a, const char *directory_id)
{
    const char *slash = strchr(directory_id, '/');
    if (!slash)
        return -1;
    return sql_get_int(s->sql, -1, "SELECT login FROM identity_source WHERE kind = ?1 AND name = ?2", "nt",
                       (int)IDENTITY_DIRECTORY,
                       arena_format(a, "%.*s", (int)(slash - directory_id), directory_id));
}

bool identity_is_of_directory(struct store *s, struct arena *a, const char *directory_id)
{
    return directory_logs_in(s, a, directory_id) >= 0;
}

const char *identity_login_directory(struct store *s, struct arena *a, const char *address)
{
    struct sql_rows r;
    const char *id = "";
    sql_query(s->sql, &r,
              "SELECT u.directory_id FROM user_address a JOIN user u ON u.id = a.user"
              " WHERE a.key = ?1 AND u.enabled = 1 AND u.directory_id <> ''",
              "t", config_address_key(a, address));
    if (sql_next(&r))
        id = sql_text(&r, 0, a);
    sql_end(&r);
    return directory_logs_in(s, a, id) == 1 ? id : "";
}

const char *identity_user_directory(struct store *s, struct arena *a, struct id user)
{
    struct user_identity u;
    bool there = identity_of_user(s, a, user, &u) && u.enabled;
    return there && directory_logs_in(s, a, u.directory_id) == 1 ? u.directory_id : "";
}

enum user_proof identity_proof(struct store *s, struct arena *a, struct id user)
{
    struct login l;
    if (*identity_user_directory(s, a, user))
        return PROOF_SESSION;
    return config_login_of(s, a, user, &l) && *l.keys ? PROOF_PASSWORD : PROOF_NONE;
}

bool identity_directory_judges(struct store *s)
{
    return sql_get_int(s->sql, 0, "SELECT 1 FROM identity_source WHERE kind = ?1 AND login = 1 LIMIT 1", "n",
                       (int)IDENTITY_DIRECTORY) == 1;
}
