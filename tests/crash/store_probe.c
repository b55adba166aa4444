/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The store under power cuts and cut connections, without a server around it; FAXPOST_PROBE_STORE: the URI of
 * PostgreSQL instead of SQLite in DIR.
 *
 *   store-probe write DIR COUNT   stores mails: small ones in a row, large ones in a file, spooled ones by
 * adoption; deletes each third one again. Says "ack N" or "gone N" after each commit, and reads a line.
 * store-probe read DIR opens the store as a server does after a crash and says "mail N" for each mail whose
 * bytes are all there, "broken N" for another, "orphan" for a file without a row. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "store/blob.h"
#include "store/mails.h"
#include "store/store.h"

enum { SMALL = 2000, LARGE = 150000 };

static struct id id_of(unsigned n)
{
    struct id id = {0};
    id.bytes[0] = 1;
    id.bytes[15] = (uint8_t)n;
    return id;
}

static size_t size_of(unsigned n)
{
    return n % 3 == 0 ? SMALL : LARGE;
}

static void fill(unsigned n, uint8_t *bytes)
{
    for (size_t i = 0; i < size_of(n); i++)
        bytes[i] = (uint8_t)(i * 31 + n * 7 + (i >> 8));
}

static int adopt(struct store *s, struct id name, uint64_t size, struct id *blob)
{
    struct blob_ready ready = {.name = name, .size = size};
    blob_prepare(s, &ready);
    return blob_adopt(s, &ready, blob);
}

static struct id put(struct store *s, unsigned n, const uint8_t *bytes)
{
    struct span all = span_of(bytes, size_of(n));
    struct id blob;
    if (n % 3 != 2)
        return blob_put(s, all);
    SCOPED_FD int fd = blob_spool(s, id_of(n));
    if (fd < 0 || fd_write_all(fd, all) != 0 || adopt(s, id_of(n), all.len, &blob) != 0) {
        perror("spool");
        exit(1);
    }
    return blob;
}

/* Goes on when whoever listens has taken note. */
static void say(const char *word, unsigned n)
{
    (void)printf("%s %u\n", word, n);
    (void)fflush(stdout);
    (void)getchar();
}

static void write_one(struct store *s, unsigned n)
{
    SCOPED_FREE uint8_t *bytes = mem_alloc(LARGE);
    fill(n, bytes);
    store_begin(s);
    struct mail_in m = {.id = id_of(n),
                        .received_ms = 1,
                        .sender = "a@example.org",
                        .recipients = "b@example.org",
                        .client_ip = "192.0.2.1",
                        .blob = put(s, n, bytes)};
    mail_in_add(s, &m);
    store_commit(s);
    say("ack", n);
}

static void delete_one(struct store *s, unsigned n)
{
    struct arena a;
    struct mail_in m;
    arena_init(&a);
    store_begin(s);
    if (mail_in_find(s, id_of(n), &a, &m)) {
        (void)sql_run(s->sql, "DELETE FROM mail_in WHERE id = ?1", "d", m.id);
        blob_delete(s, m.blob);
    }
    store_commit(s);
    arena_clear(&a);
    say("gone", n);
}

static void check_one(struct store *s, unsigned n)
{
    struct arena a;
    struct mail_in m;
    arena_init(&a);
    if (mail_in_find(s, id_of(n), &a, &m)) {
        SCOPED_FREE uint8_t *bytes = mem_alloc(LARGE);
        fill(n, bytes);
        SCOPED_FD int fd = blob_open(s, m.blob);
        SCOPED_FREE uint8_t *found = mem_alloc(LARGE);
        bool whole = fd_pread_all(fd, found, size_of(n), 0) == 0 && memcmp(found, bytes, size_of(n)) == 0;
        (void)printf("%s %u\n", whole ? "mail" : "broken", n);
    }
    arena_clear(&a);
}

/* After the sweep of store_open every file of blobs has its row, and blobs/tmp is empty. */
static void count_orphans(struct store *s, const char *dir)
{
    char path[4096];
    int64_t in_files = sql_get_int(s->sql, 0, "SELECT count(*) FROM blob WHERE bytes IS NULL", "");
    (void)snprintf(path, sizeof(path), "%s/blobs", dir);
    DIR *blobs = opendir(path);
    for (const struct dirent *e = blobs ? readdir(blobs) : NULL; e; e = readdir(blobs))
        in_files -= e->d_type == DT_REG;
    for (; in_files < 0; in_files++)
        (void)puts("orphan");
    if (blobs)
        (void)closedir(blobs);
}

static void sync_folder(const char *path)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && fsync(fd) < 0)
        perror(path);
}

static void make_folders(const char *dir)
{
    static const char *const names[] = {"", "/blobs", "/blobs/tmp"};
    char path[4096];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", dir, names[i]);
        (void)mkdir(path, 0700);
        (void)snprintf(path, sizeof(path), "%s%s/..", dir, names[i]);
        sync_folder(path);
    }
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 64;
    bool writes = strcmp(argv[1], "write") == 0;
    char error[STORE_ERROR_LEN];
    struct store s;
    const char *uri = getenv("FAXPOST_PROBE_STORE");
    log_open("store-probe", LOG_LEVEL_WARNING);
    make_folders(argv[2]);
    if (store_open(&s, argv[2], uri ? uri : "", false, error) != 0) {
        (void)fprintf(stderr, "%s\n", error);
        return 1;
    }
    if (writes)
        say("open", 0);
    unsigned count = writes && argc > 3 ? (unsigned)atoi(argv[3]) : 100;
    for (unsigned n = 0; n < count; n++) {
        if (!writes)
            check_one(&s, n);
        else
            write_one(&s, n);
        if (writes && n >= 3 && n % 3 == 0)
            delete_one(&s, n - 2);
    }
    if (!writes && !uri)
        count_orphans(&s, argv[2]);
    store_close(&s);
    return 0;
}
