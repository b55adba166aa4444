/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/rand.h"
#include "base/scope.h"
#include "store/blob_parts.h"

enum { NAME_LEN = 33, CHUNK = 65536, SHA256_BYTES = 32 };

struct store_unlink {
    struct store_unlink *next;
    bool tmp;
    char name[NAME_LEN];
};

static void NORETURN die(const char *what)
{
    log_error(NULL,
              "cannot %s in the blobs folder: %s. Nothing is acknowledged that is not stored; the role "
              "starts again. Look "
              "at the disk: space, health, permissions",
              what, strerror(errno));
    exit(1);
}

static void name_of(struct id id, char name[NAME_LEN])
{
    hex_format(id.bytes, sizeof(id.bytes), name);
}

static struct id random_name(void)
{
    struct id id;
    rand_bytes(id.bytes, sizeof(id.bytes));
    return id;
}

static void insert_row(struct store *s, struct id blob, uint64_t size, const uint8_t *sha256,
                       struct span bytes)
{
    (void)sql_run(s->sql, "INSERT INTO blob (id, size, sha256, bytes) VALUES (?1, ?2, ?3, ?4)", "dibb", blob,
                  (int64_t)size, span_of(sha256, SHA256_BYTES), bytes);
}

/* Before its bytes are synced: the folder's sync follows the file's, and both come before the row. 0 or
 * errno. */
static int give_name(const struct store *s, const char *tmp_name, struct id blob)
{
    char name[NAME_LEN];
    name_of(blob, name);
    return renameat2(s->tmp_fd, tmp_name, s->blobs_fd, name, RENAME_NOREPLACE) < 0 ? errno : 0;
}

void blob_sync_names(struct store *s)
{
    if (s->names_unsynced && fsync(s->blobs_fd) < 0)
        die("sync the folder");
    s->names_unsynced = false;
}

static void put_file(struct store *s, struct id blob, struct span bytes)
{
    char name[NAME_LEN];
    name_of(blob, name);
    SCOPED_FD int fd = openat(s->tmp_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        die("make a file");
    errno = fd_write_all(fd, bytes);
    if (errno)
        die("write a file");
    errno = give_name(s, name, blob);
    if (errno)
        die("name a file");
    if (fsync(fd) < 0)
        die("sync a file");
    s->names_unsynced = true;
}

struct id blob_put(struct store *s, struct span bytes)
{
    struct id blob = random_name();
    uint8_t sha256[SHA256_BYTES];
    if (EVP_Digest(bytes.data, bytes.len, sha256, NULL, EVP_sha256(), NULL) != 1)
        panic("no SHA-256");
    bool inside = bytes.len <= BLOB_INLINE_MAX;
    if (!inside && !s->blobs_in_rows)
        put_file(s, blob, bytes);
    /* An empty blob is inside too, and must not look like one in a file. */
    struct span column =
        inside ? span_of(bytes.data ? (const void *)bytes.data : "", bytes.len) : span_of(NULL, 0);
    insert_row(s, blob, bytes.len, sha256, column);
    if (!inside && s->blobs_in_rows)
        blob_parts_put(s, blob, bytes);
    return blob;
}

int blob_spool(struct store *s, struct id id)
{
    char name[NAME_LEN];
    name_of(id, name);
    return openat(s->tmp_fd, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

void blob_drop_spool(struct store *s, struct id id)
{
    char name[NAME_LEN];
    name_of(id, name);
    (void)unlinkat(s->tmp_fd, name, 0); /* most mails have none */
}

static bool hash_chunks(EVP_MD_CTX *digest, int fd, uint64_t size)
{
    SCOPED_FREE uint8_t *chunk = mem_alloc(CHUNK);
    for (uint64_t at = 0; at < size;) {
        size_t n = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
        if (fd_pread_all(fd, chunk, n, (off_t)at) != 0)
            return false;
        if (EVP_DigestUpdate(digest, chunk, n) != 1)
            panic("no SHA-256");
        at += n;
    }
    return true;
}

static bool hash_file(int fd, uint64_t size, uint8_t *sha256)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (!digest || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
        panic("no SHA-256");
    bool read = hash_chunks(digest, fd, size);
    if (EVP_DigestFinal_ex(digest, sha256, NULL) != 1)
        panic("no SHA-256");
    EVP_MD_CTX_free(digest);
    return read;
}

/* errno of the disk, or 0. */
static int make_durable(const struct store *s, int fd, struct blob_ready *ready)
{
    /* The disk writes while we compute. */
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    if (!hash_file(fd, ready->size, ready->sha256))
        return EIO;
    if (fsync(fd) < 0)
        return errno;
    return fsync(s->blobs_fd) < 0 ? errno : 0;
}

void blob_prepare(const struct store *s, struct blob_ready *ready)
{
    char name[NAME_LEN];
    struct stat st;
    name_of(ready->name, name);
    SCOPED_FD int fd = openat(s->tmp_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        ready->error = ENOENT;
    } else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != ready->size) {
        ready->error = EPROTO;
    } else {
        ready->blob = random_name();
        if (s->blobs_in_rows) {
            ready->failed = hash_file(fd, ready->size, ready->sha256) ? 0 : EIO;
            return;
        }
        ready->failed = give_name(s, name, ready->blob);
        if (!ready->failed)
            ready->failed = make_durable(s, fd, ready);
    }
}

/* What is to be removed once the transaction is durable. */
static void remove_later(struct store *s, struct id name, bool tmp)
{
    struct store_unlink *u = mem_zalloc(sizeof(*u));
    name_of(name, u->name);
    u->tmp = tmp;
    u->next = s->unlinks;
    s->unlinks = u;
}

static void adopt_into_rows(struct store *s, const struct blob_ready *ready)
{
    char name[NAME_LEN];
    name_of(ready->name, name);
    SCOPED_FD int fd = openat(s->tmp_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        die("open a file");
    errno = blob_parts_put_file(s, ready->blob, fd, ready->size);
    if (errno)
        die("read a file");
    remove_later(s, ready->name, true);
}

int blob_adopt(struct store *s, const struct blob_ready *ready, struct id *blob)
{
    errno = ready->failed;
    if (errno)
        die("name and sync a file");
    if (ready->error)
        return ready->error;
    *blob = ready->blob;
    insert_row(s, *blob, ready->size, ready->sha256, span_of(NULL, 0));
    if (s->blobs_in_rows)
        adopt_into_rows(s, ready);
    return 0;
}

static int open_file(struct store *s, struct id blob)
{
    char name[NAME_LEN];
    name_of(blob, name);
    return openat(s->blobs_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

int blob_open_if_there(struct store *s, struct id blob)
{
    struct sql_rows r;
    struct arena a;
    arena_init(&a);
    sql_query(s->sql, &r, "SELECT bytes, size FROM blob WHERE id = ?1", "d", blob);
    if (!sql_next(&r))
        return -1;
    int fd = !sql_is_null(&r, 0) ? fd_sealed_memory("blob", sql_bytes(&r, 0, &a))
             : s->blobs_in_rows  ? blob_parts_open(s, blob, (uint64_t)sql_int(&r, 1))
                                 : open_file(s, blob);
    sql_end(&r);
    arena_clear(&a);
    return fd;
}

int blob_open(struct store *s, struct id blob)
{
    int fd = blob_open_if_there(s, blob);
    if (fd < 0) /* its row promises it */
        panic("blob %s is gone: %s", id_text(blob), strerror(errno));
    return fd;
}

static bool read_parts(struct store *s, struct id blob, size_t size, struct arena *a, struct span *to)
{
    uint8_t *bytes = arena_alloc(a, size + 1);
    *to = span_of(bytes, size);
    return blob_parts_read(s, blob, size, bytes);
}

static bool read_file(struct store *s, struct id blob, size_t size, struct arena *a, struct span *to)
{
    SCOPED_FD int fd = open_file(s, blob);
    if (fd < 0)
        return false;
    uint8_t *bytes = arena_alloc(a, size + 1);
    errno = fd_pread_all(fd, bytes, size, 0);
    if (errno)
        die("read a file");
    *to = span_of(bytes, size);
    return true;
}

bool blob_find(struct store *s, struct id blob, struct arena *a, struct span *bytes)
{
    struct sql_rows r;
    sql_query(s->sql, &r, "SELECT size, bytes FROM blob WHERE id = ?1", "d", blob);
    if (!sql_next(&r))
        return false;
    bool there = true;
    if (sql_is_null(&r, 1))
        there = (s->blobs_in_rows ? read_parts : read_file)(s, blob, (size_t)sql_int(&r, 0), a, bytes);
    else
        *bytes = sql_bytes(&r, 1, a);
    sql_end(&r);
    return there;
}

struct span blob_read(struct store *s, struct id blob, struct arena *a)
{
    struct span bytes;
    if (!blob_find(s, blob, a, &bytes))
        panic("there is no blob %s", id_text(blob));
    return bytes;
}

void blob_delete(struct store *s, struct id blob)
{
    bool in_file = sql_get_int(s->sql, 0, "SELECT bytes IS NULL FROM blob WHERE id = ?1", "d", blob) != 0;
    (void)sql_run(s->sql, "DELETE FROM blob WHERE id = ?1", "d", blob);
    if (in_file && !s->blobs_in_rows)
        remove_later(s, blob, false);
}

void blob_do_unlinks(struct store *s)
{
    for (const struct store_unlink *u = s->unlinks; u; u = u->next)
        (void)unlinkat(u->tmp ? s->tmp_fd : s->blobs_fd, u->name,
                       0); /* a failure leaves what the next sweep removes */
    blob_forget_unlinks(s);
}

void blob_forget_unlinks(struct store *s)
{
    while (s->unlinks) {
        struct store_unlink *u = s->unlinks;
        s->unlinks = u->next;
        free(u);
    }
}

static bool has_row(struct store *s, const char *name)
{
    struct id id;
    return hex_parse(name, id.bytes, sizeof(id.bytes)) &&
           sql_get_int(s->sql, 0, "SELECT 1 FROM blob WHERE id = ?1", "d", id) != 0;
}

static void sweep_folder(struct store *s, int folder_fd, bool keep_rows)
{
    int fd = dup(folder_fd);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir)
        die("read the folder");
    rewinddir(dir);
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (strlen(e->d_name) != NAME_LEN - 1 || (keep_rows && has_row(s, e->d_name)))
            continue;
        (void)unlinkat(folder_fd, e->d_name, 0);
    }
    (void)closedir(dir);
}

void blob_sweep(struct store *s)
{
    sweep_folder(s, s->tmp_fd, false);
    if (!s->blobs_in_rows)
        sweep_folder(s, s->blobs_fd, true);
}
