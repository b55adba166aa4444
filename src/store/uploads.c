/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/uploads.h"

#include "store/blob.h"

enum { TRIM_AT_ONCE = 20 };

/* An owner that is none is bytes all the same: NULL equals nothing. */
static struct span bytes_of(const struct id *owner)
{
    return span_of(owner->bytes, sizeof(owner->bytes));
}

void upload_add(struct store *s, const struct upload *u)
{
    (void)sql_run(
        s->sql,
        "INSERT INTO upload (id, owner, name, type, blob, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        "dbttdi", u->id, bytes_of(&u->owner), u->name, u->type, u->blob, u->created_ms);
}

bool upload_find(struct store *s, struct id id, struct id owner, struct arena *a, struct upload *u)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT name, type, blob, created_ms FROM upload WHERE id = ?1 AND owner = ?2",
              "db", id, bytes_of(&owner));
    if (!sql_next(&r))
        return false;
    *u = (struct upload){.id = id,
                         .owner = owner,
                         .name = sql_text(&r, 0, a),
                         .type = sql_text(&r, 1, a),
                         .blob = sql_id(&r, 2),
                         .created_ms = sql_int(&r, 3)};
    sql_end(&r);
    return true;
}

void upload_take(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "DELETE FROM upload WHERE id = ?1", "d", id);
}

struct upload_sum uploads_of(struct store *s, struct id owner)
{
    return (struct upload_sum){
        sql_get_int(s->sql, 0, "SELECT count(*) FROM upload WHERE owner = ?1", "b", bytes_of(&owner)),
        sql_get_int(s->sql, 0,
                    "SELECT coalesce(sum(b.size), 0) FROM upload AS u JOIN blob AS b ON b.id = u.blob"
                    " WHERE u.owner = ?1",
                    "b", bytes_of(&owner))};
}

/* The blobs of the rows go after them, for these refer to them. */
static void delete_blobs(struct store *s, const struct id *blobs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        blob_delete(s, blobs[i]);
}

size_t uploads_expire(struct store *s, int64_t before_ms, size_t most)
{
    struct id ids[64];
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT id FROM upload WHERE created_ms < ?1 ORDER BY created_ms LIMIT ?2", "ii",
              before_ms, (int64_t)most);
    size_t n = sql_take_ids(&r, ids, most < ARRAY_LEN(ids) ? most : ARRAY_LEN(ids));
    for (size_t i = 0; i < n; i++) {
        struct id blob;
        sql_query(s->sql, &r, "SELECT blob FROM upload WHERE id = ?1", "d", ids[i]);
        size_t found = sql_take_ids(&r, &blob, 1);
        upload_take(s, ids[i]);
        delete_blobs(s, &blob, found);
    }
    return n;
}

/* ---- keys ---- */

bool submission_key_find(struct store *s, struct id owner, const char *key, struct arena *a,
                         struct submission_key *k)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT submission, hash FROM submission_key WHERE owner = ?1 AND key = ?2", "bt",
              bytes_of(&owner), key);
    if (!sql_next(&r))
        return false;
    *k = (struct submission_key){sql_id(&r, 0), sql_bytes(&r, 1, a)};
    sql_end(&r);
    return true;
}

void submission_key_add(struct store *s, struct id owner, const char *key, const struct submission_key *k,
                        int64_t now_ms)
{
    (void)sql_run(s->sql,
                  "INSERT INTO submission_key (owner, key, submission, hash, created_ms)"
                  " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (owner, key) DO UPDATE SET"
                  " submission = excluded.submission, hash = excluded.hash, created_ms = excluded.created_ms",
                  "btdbi", bytes_of(&owner), key, k->submission, k->hash, now_ms);
}

void submission_keys_expire(struct store *s, int64_t before_ms)
{
    (void)sql_run(s->sql, "DELETE FROM submission_key WHERE created_ms < ?1", "i", before_ms);
}

/* ---- previews ---- */

static void forget_preview(struct store *s, struct id id)
{
    struct id blobs[256];
    struct sql_rows r;
    size_t n;
    do {
        sql_query(s->sql, &r,
                  "SELECT lower_blob FROM submission_page WHERE submission = ?1 AND lower_blob IS NOT NULL",
                  "d", id);
        n = sql_take_ids(&r, blobs, ARRAY_LEN(blobs));
        for (size_t i = 0; i < n; i++)
            (void)sql_run(
                s->sql,
                "UPDATE submission_page SET lower_blob = NULL WHERE submission = ?1 AND lower_blob = ?2",
                "dd", id, blobs[i]);
        delete_blobs(s, blobs, n);
    } while (n == ARRAY_LEN(blobs));
    do {
        sql_query(s->sql, &r, "SELECT blob FROM submission_page WHERE submission = ?1", "d", id);
        n = sql_take_ids(&r, blobs, ARRAY_LEN(blobs));
        for (size_t i = 0; i < n; i++)
            (void)sql_run(s->sql, "DELETE FROM submission_page WHERE submission = ?1 AND blob = ?2", "dd", id,
                          blobs[i]);
        delete_blobs(s, blobs, n);
    } while (n == ARRAY_LEN(blobs));
    sql_query(s->sql, &r, "SELECT blob FROM document WHERE submission = ?1", "d", id);
    n = sql_take_ids(&r, blobs, ARRAY_LEN(blobs));
    (void)sql_run(s->sql, "DELETE FROM document WHERE submission = ?1", "d", id);
    delete_blobs(s, blobs, n);
    (void)sql_run(s->sql, "DELETE FROM submission_target WHERE submission = ?1", "d", id);
    (void)sql_run(s->sql, "DELETE FROM submission WHERE id = ?1", "d", id);
}

size_t previews_expire(struct store *s, int64_t before_ms, size_t most)
{
    struct id ids[TRIM_AT_ONCE];
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM submission WHERE preview = 1 AND created_ms < ?1 ORDER BY created_ms LIMIT ?2",
              "ii", before_ms, (int64_t)most);
    size_t n = sql_take_ids(&r, ids, most < TRIM_AT_ONCE ? most : TRIM_AT_ONCE);
    for (size_t i = 0; i < n; i++)
        forget_preview(s, ids[i]);
    return n;
}

void previews_trim(struct store *s, struct id owner, size_t kept)
{
    struct id ids[TRIM_AT_ONCE];
    struct sql_rows r;
    sql_query(s->sql, &r,
              "SELECT id FROM submission WHERE preview = 1 AND owner = ?1 AND state <> ?4"
              " ORDER BY created_ms DESC LIMIT ?3 OFFSET ?2",
              "biin", bytes_of(&owner), (int64_t)kept, (int64_t)TRIM_AT_ONCE, 0);
    size_t n = sql_take_ids(&r, ids, TRIM_AT_ONCE);
    for (size_t i = 0; i < n; i++)
        forget_preview(s, ids[i]);
}
