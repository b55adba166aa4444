/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/rand.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/blob.h"
#include "store/reserve.h"
#include "store/schema.h"

static int open_folder(const char *state_dir, const char *name)
{
    char path[PATH_MAX];
    if (!str_format(path, sizeof(path), "%s/%s", state_dir, name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The name by which mails speak of this installation (S2.15), made once. */
static void make_serial(struct store *s)
{
    struct arena a;
    arena_init(&a);
    store_begin(s);
    if (!*store_meta(s, &a, "serial")) {
        char serial[16];
        (void)str_format(serial, sizeof(serial), "FXP%08" PRIu32, rand_below(100000000));
        store_set_meta(s, "serial", serial);
    }
    store_commit(s);
    arena_clear(&a);
}

enum { TELL_EVERY_MS = 5000 };
static void (*update_told)(const char *text);

void store_tell_updates(void (*told)(const char *text))
{
    update_told = told;
}

static void tell_update(const char *text)
{
    log_info(NULL, "%s", text);
    if (update_told)
        update_told(text);
}

static int prepare_writer(struct store *s, char error[STORE_ERROR_LEN])
{
    int found = sql_schema(s->sql);
    bool steps = found < schema_version();
    if (steps && !sql_alone(s->sql)) {
        (void)str_copy(
            error, STORE_ERROR_LEN,
            "the store's tables are of an older Faxpost, and servers of that version work on them: stop "
            "those, then this one goes on by itself");
        return EAGAIN;
    }
    const struct schema_watch watch = {.every_ms = TELL_EVERY_MS, .told = tell_update};
    int failed = schema_update(s->sql, &found, &watch);
    if (steps)
        sql_together(s->sql);
    if (failed) {
        (void)str_format(
            error, STORE_ERROR_LEN,
            "the store was written by a newer Faxpost (schema %d, this program knows %d); install that "
            "version again, or restore a backup made before the upgrade",
            found, schema_version());
        return EPROTO;
    }
    make_serial(s);
    blob_sweep(s);
    return 0;
}

static struct sql *open_database(const char *state_dir, const char *uri, bool read_only,
                                 char error[SQL_ERROR_LEN])
{
    char path[PATH_MAX];
    if (*uri)
        return sql_open(uri, read_only, error);
    return str_format(path, sizeof(path), "%s/faxpost.db", state_dir) ? sql_open(path, read_only, error)
                                                                      : NULL;
}

int store_open(struct store *s, const char *state_dir, const char *uri, bool read_only,
               char error[STORE_ERROR_LEN])
{
    char why[SQL_ERROR_LEN] = "";
    *s = (struct store){.read_only = read_only, .reserve_fd = -1};
    /* SHA-256 of blobs is OpenSSL's: with the processor's instructions for it, six times libsodium's. Its
     * configuration file is not for us, and cannot be read from inside a sandbox. */
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    s->blobs_fd = open_folder(state_dir, "blobs");
    s->tmp_fd = read_only ? -1 : open_folder(state_dir, "blobs/tmp");
    bool folders = s->blobs_fd >= 0 && (read_only || s->tmp_fd >= 0);
    if (folders && !read_only)
        reserve_open(s, state_dir);
    if (folders)
        s->sql = open_database(state_dir, uri, read_only, why);
    if (!s->sql) {
        int failed = errno;
        if (*uri && folders)
            (void)str_format(error, STORE_ERROR_LEN, "cannot open the store in PostgreSQL: %.300s", why);
        else
            (void)str_format(error, STORE_ERROR_LEN, "cannot open the store in %.200s: %s", state_dir,
                             strerror(failed));
        store_close(s);
        return failed ? failed : EIO;
    }
    s->blobs_in_rows = sql_is_postgres(s->sql);
    return read_only ? 0 : prepare_writer(s, error);
}

void store_close(struct store *s)
{
    sql_close(s->sql);
    blob_forget_unlinks(s);
    scope_close(&s->blobs_fd);
    scope_close(&s->tmp_fd);
    scope_close(&s->reserve_fd);
    *s = (struct store){.blobs_fd = -1, .tmp_fd = -1, .reserve_fd = -1};
}

void store_begin(struct store *s)
{
    sql_begin(s->sql);
}

void store_commit(struct store *s)
{
    blob_sync_names(s);
    sql_commit(s->sql);
    blob_do_unlinks(s);
}

const char *store_meta(struct store *s, struct arena *a, const char *key)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT value FROM meta WHERE key = ?1", "t", key);
    const char *value = sql_next(&r) ? sql_text(&r, 0, a) : "";
    sql_end(&r);
    return value;
}

void store_set_meta(struct store *s, const char *key, const char *value)
{
    (void)sql_run(s->sql, "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2", "tt",
                  key, value);
}

int64_t store_next_number(struct store *s, const char *key)
{
    (void)sql_run(s->sql,
                  "INSERT INTO meta VALUES (?1, '1') ON CONFLICT (key) DO UPDATE SET value ="
                  " CAST(CAST(meta.value AS INTEGER) + 1 AS TEXT)",
                  "t", key);
    return sql_get_int(s->sql, 0, "SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1", "t", key);
}
