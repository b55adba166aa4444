/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/blob_parts.h"
#include "store/sql_engine.h"

enum { COLUMNS_MAX = SQL_ARGUMENTS_MAX, TABLES_MAX = 200, STATEMENT_MAX = 8192, SHA256_BYTES = 32 };

/* Statements are known by their address, so they live as long as all of it (arena). */
struct table {
    const char *name, *columns; /* "a, b" */
    char types[COLUMNS_MAX + 1];
    size_t count;
};

/* Of all rows of a table, in whatever order: the sum of their digests. */
struct sum {
    int64_t rows;
    uint64_t parts[4];
};

struct migration {
    struct store from, to;
    struct arena arena;
    struct migrate_counts *counts;
    char *error;
};

/* ---- tables ---- */

static const char *const with_rowid[] = {"job_event", "mail_out", "fax_search", "job_search"};

static void add_column(struct table *t, struct arena *a, const char *name, char type)
{
    if (t->count == COLUMNS_MAX)
        panic("table %s has more than %d columns", t->name, COLUMNS_MAX);
    t->columns = t->count ? arena_format(a, "%s, %s", t->columns, name) : name;
    t->types[t->count++] = type;
}

static void read_columns(struct migration *m, struct table *t)
{
    struct sql_rows r;
    for (size_t i = 0; i < ARRAY_LEN(with_rowid); i++)
        if (str_equal(t->name, with_rowid[i]))
            add_column(t, &m->arena, "rowid", 'i');
    sql_query(m->from.sql, &r, "SELECT name, type FROM pragma_table_info(?1)", "t", t->name);
    while (sql_next(&r)) {
        const char *type = sql_text(&r, 1, &m->arena);
        add_column(t, &m->arena, sql_text(&r, 0, &m->arena),
                   str_equal(type, "INTEGER") ? 'i'
                   : str_equal(type, "BLOB")  ? 'b'
                                              : 't');
    }
}

/* Does it refer to a table that is not among the first ones? */
static bool has_to_wait(struct migration *m, const struct table *t, const struct table *list, size_t first)
{
    struct sql_rows r;
    bool waits = false;
    sql_query(m->from.sql, &r, "SELECT \"table\" FROM pragma_foreign_key_list(?1)", "t", t->name);
    while (!waits && sql_next(&r)) {
        const char *name = sql_text(&r, 0, &m->arena);
        waits = !str_equal(name, t->name);
        for (size_t i = 0; waits && i < first; i++)
            waits = !str_equal(name, list[i].name);
    }
    sql_end(&r);
    return waits;
}

/* What is referred to comes first: a table may have got a column that refers to a younger one. */
static void order_tables(struct migration *m, struct table *list, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        size_t i = n;
        while (i < count && has_to_wait(m, &list[i], list, n))
            i++;
        if (i == count)
            panic("the tables from \"%s\" on refer to one another", list[n].name);
        const struct table next = list[i];
        memmove(&list[n + 1], &list[n], (i - n) * sizeof(*list));
        list[n] = next;
    }
}

static size_t read_tables(struct migration *m, struct table *list)
{
    struct sql_rows r;
    size_t n = 0;
    sql_query(m->from.sql, &r,
              "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
              " AND name NOT LIKE '%_search_%' ORDER BY rowid",
              "");
    while (n < TABLES_MAX && sql_next(&r))
        list[n++] = (struct table){.name = sql_text(&r, 0, &m->arena), .columns = ""};
    sql_end(&r);
    order_tables(m, list, n);
    for (size_t i = 0; i < n; i++)
        read_columns(m, &list[i]);
    return n;
}

/* ---- rows ---- */

static void read_row(const struct sql_rows *r, const struct table *t, struct arena *a,
                     struct sql_value *values)
{
    for (size_t i = 0; i < t->count; i++) {
        int column = (int)i;
        values[i] = (struct sql_value){.type = t->types[i], .null = sql_is_null(r, column)};
        if (values[i].null)
            continue;
        if (t->types[i] == 'i') {
            values[i].number = sql_int(r, column);
        } else if (t->types[i] == 'b') {
            values[i].bytes = sql_bytes(r, column, a);
        } else { /* as PostgreSQL will have it */
            char *text = arena_strdup(a, sql_text(r, column, a));
            utf8_clean(text);
            values[i].bytes = span_str(text);
        }
    }
}

static void add_row(struct sum *s, const struct sql_value *values, size_t count)
{
    uint64_t digest[4];
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = c && EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1;
    for (size_t i = 0; good && i < count; i++) {
        const uint64_t head[] = {values[i].null, (uint64_t)values[i].number, values[i].bytes.len};
        good = EVP_DigestUpdate(c, head, sizeof(head)) == 1 &&
               EVP_DigestUpdate(c, values[i].bytes.data, values[i].bytes.len) == 1;
    }
    if (!good || EVP_DigestFinal_ex(c, (unsigned char *)digest, NULL) != 1)
        panic("no SHA-256");
    EVP_MD_CTX_free(c);
    s->rows++;
    for (size_t i = 0; i < ARRAY_LEN(digest); i++)
        s->parts[i] += digest[i];
}

static const char *places(struct arena *a, size_t count)
{
    const char *list = "?1";
    for (size_t i = 1; i < count; i++)
        list = arena_format(a, "%s, ?%zu", list, i + 1);
    return list;
}

static void copy_table(struct migration *m, const struct table *t, struct sum *s)
{
    struct sql_value values[COLUMNS_MAX];
    struct sql_rows r;
    const char *insert = arena_format(&m->arena, "INSERT INTO %s (%s) VALUES (%s)", t->name, t->columns,
                                      places(&m->arena, t->count));
    sql_query(m->from.sql, &r, arena_format(&m->arena, "SELECT %s FROM %s", t->columns, t->name), "");
    while (sql_next(&r)) {
        struct arena row;
        arena_init(&row);
        read_row(&r, t, &row, values);
        add_row(s, values, t->count);
        (void)m->to.sql->engine->run(m->to.sql, insert, values, t->count);
        arena_clear(&row);
    }
}

/* What is there now. */
static void sum_table(struct migration *m, const struct table *t, struct sum *s)
{
    struct sql_value values[COLUMNS_MAX];
    size_t before;
    const char *fetch = arena_format(&m->arena, "FETCH 500 FROM sum_%s", t->name);
    sql_script(m->to.sql, arena_format(&m->arena, "DECLARE sum_%s CURSOR FOR SELECT %s FROM %s", t->name,
                                       t->columns, t->name));
    do {
        struct sql_rows r;
        before = (size_t)s->rows;
        sql_query(m->to.sql, &r, fetch, "");
        while (sql_next(&r)) {
            struct arena row;
            arena_init(&row);
            read_row(&r, t, &row, values);
            add_row(s, values, t->count);
            arena_clear(&row);
        }
    } while ((size_t)s->rows > before);
    sql_script(m->to.sql, arena_format(&m->arena, "CLOSE sum_%s", t->name));
}

static int move_table(struct migration *m, const struct table *t)
{
    struct sum here = {0}, there = {0};
    copy_table(m, t, &here);
    sum_table(m, t, &there);
    if (memcmp(&here, &there, sizeof(here)) != 0) {
        (void)str_format(m->error, STORE_ERROR_LEN,
                         "the table %s is not the same there: %lld rows here, %lld there", t->name,
                         (long long)here.rows, (long long)there.rows);
        return EIO;
    }
    m->counts->tables++;
    m->counts->rows += here.rows;
    return 0;
}

/* ---- blobs ---- */

static bool is_digest(struct span bytes, struct span sha256)
{
    uint8_t digest[SHA256_BYTES];
    if (EVP_Digest(bytes.data, bytes.len, digest, NULL, EVP_sha256(), NULL) != 1)
        panic("no SHA-256");
    return span_equal(span_of(digest, sizeof(digest)), sha256);
}

static int move_blob(struct migration *m, struct id blob, uint64_t size, struct span sha256)
{
    char name[2 * sizeof(blob.bytes) + 1];
    hex_format(blob.bytes, sizeof(blob.bytes), name);
    SCOPED_FD int fd = openat(m->from.blobs_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int failed = fd < 0 ? errno : blob_parts_put_file(&m->to, blob, fd, size);
    struct arena a;
    arena_init(&a);
    uint8_t *back = arena_alloc(&a, size + 1);
    if (!failed && (!blob_parts_read(&m->to, blob, size, back) || !is_digest(span_of(back, size), sha256)))
        failed = EIO;
    arena_clear(&a);
    if (failed)
        (void)str_format(m->error, STORE_ERROR_LEN, "the document blobs/%s cannot be moved: %s", name,
                         failed == EIO ? "it is not what its checksum says" : strerror(failed));
    m->counts->blobs++;
    m->counts->bytes += (int64_t)size;
    return failed;
}

static int move_blobs(struct migration *m)
{
    struct sql_rows r;
    int failed = 0;
    sql_query(m->from.sql, &r, "SELECT id, size, sha256 FROM blob WHERE bytes IS NULL", "");
    while (!failed && sql_next(&r)) {
        struct arena a;
        arena_init(&a);
        failed = move_blob(m, sql_id(&r, 0), (uint64_t)sql_int(&r, 1), sql_bytes(&r, 2, &a));
        arena_clear(&a);
    }
    sql_end(&r);
    return failed;
}

/* ---- all of it ---- */

/* Numbers that PostgreSQL gives by itself go on behind those that are there. */
static const char numbers[] =
    "SELECT setval(pg_get_serial_sequence('mail_out', 'rowid'), (SELECT coalesce(max(rowid), 0) + 1 FROM "
    "mail_out), FALSE);"
    "SELECT setval(pg_get_serial_sequence('job_event', 'rowid'), (SELECT coalesce(max(rowid), 0) + 1 FROM "
    "job_event), FALSE);"
    "SELECT setval(pg_get_serial_sequence('junk', 'n'), (SELECT coalesce(max(n), 0) + 1 FROM junk), FALSE);";

static int move_all(struct migration *m)
{
    struct table *tables = arena_alloc(&m->arena, TABLES_MAX * sizeof(*tables));
    size_t count = read_tables(m, tables);
    int failed = 0;
    if (sql_get_int(m->to.sql, 0, "SELECT (SELECT count(*) FROM tenant) + (SELECT count(*) FROM blob)", "") >
        0) {
        (void)str_copy(m->error, STORE_ERROR_LEN,
                       "there is an installation in that database already; give this one a new database");
        return EEXIST;
    }
    (void)sql_run(m->to.sql, "DELETE FROM meta", "");
    for (size_t i = 0; i < count && !failed; i++)
        failed = move_table(m, &tables[i]);
    if (!failed)
        failed = move_blobs(m);
    if (!failed)
        sql_script(m->to.sql, numbers);
    return failed;
}

static int put_away(const struct migration *m, const char *state_dir)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!sql_empty_log(m->from.sql))
        return EBUSY;
    return str_format(from, sizeof(from), "%s/faxpost.db", state_dir) &&
                   str_format(to, sizeof(to), "%s/faxpost.db.migrated", state_dir) && rename(from, to) == 0
               ? 0
               : errno;
}

/* The old database is put away before the new one counts: after a crash between the two it has to be given
 * its name back, and nothing was sent meanwhile. */
static int move_and_commit(struct migration *m, const char *state_dir)
{
    store_begin(&m->to);
    int failed = move_all(m);
    if (!failed && (failed = put_away(m, state_dir)) != 0)
        (void)str_format(m->error, STORE_ERROR_LEN, "cannot rename faxpost.db: %s", strerror(failed));
    if (failed)
        sql_rollback(m->to.sql);
    else
        store_commit(&m->to);
    return failed;
}

static int open_both(struct migration *m, const char *state_dir, const char *uri)
{
    char path[PATH_MAX];
    if (!str_format(path, sizeof(path), "%s/faxpost.db", state_dir) || access(path, R_OK | W_OK) < 0) {
        (void)str_format(m->error, STORE_ERROR_LEN, "there is no store in SQLite in %.200s: %s", state_dir,
                         strerror(errno));
        return errno;
    }
    int failed = store_open(&m->from, state_dir, "", false, m->error);
    if (failed)
        return failed;
    failed = store_open(&m->to, state_dir, uri, false, m->error);
    if (failed)
        store_close(&m->from);
    return failed;
}

int migrate_to_postgres(const char *state_dir, const char *uri, struct migrate_counts *c,
                        char error[STORE_ERROR_LEN])
{
    struct migration m = {.counts = c, .error = error};
    *c = (struct migrate_counts){0};
    if (!sql_is_uri(uri)) {
        (void)str_copy(error, STORE_ERROR_LEN, "where to is said as postgres://USER@HOST/DATABASE");
        return EINVAL;
    }
    int failed = open_both(&m, state_dir, uri);
    if (failed)
        return failed;
    arena_init(&m.arena);
    failed = move_and_commit(&m, state_dir);
    arena_clear(&m.arena);
    store_close(&m.to);
    store_close(&m.from);
    return failed;
}
