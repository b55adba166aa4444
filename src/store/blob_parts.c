/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/blob_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"

static void put(struct store *s, struct id blob, int64_t n, struct span bytes)
{
    (void)sql_run(s->sql, "INSERT INTO blob_part (blob, n, bytes) VALUES (?1, ?2, ?3)", "dib", blob, n,
                  bytes);
}

static size_t part_len(uint64_t size, uint64_t at)
{
    return size - at < BLOB_PART_BYTES ? (size_t)(size - at) : BLOB_PART_BYTES;
}

void blob_parts_put(struct store *s, struct id blob, struct span bytes)
{
    for (size_t at = 0; at < bytes.len; at += BLOB_PART_BYTES)
        put(s, blob, (int64_t)(at / BLOB_PART_BYTES), span_of(bytes.data + at, part_len(bytes.len, at)));
}

int blob_parts_put_file(struct store *s, struct id blob, int fd, uint64_t size)
{
    SCOPED_FREE uint8_t *part = mem_alloc(BLOB_PART_BYTES);
    for (uint64_t at = 0; at < size; at += BLOB_PART_BYTES) {
        size_t len = part_len(size, at);
        int failed = fd_pread_all(fd, part, len, (off_t)at);
        if (failed)
            return failed;
        put(s, blob, (int64_t)(at / BLOB_PART_BYTES), span_of(part, len));
    }
    return 0;
}

/* The part that begins there, in the arena; of another length: it is gone. */
static struct span get(struct store *s, struct id blob, uint64_t at, struct arena *a)
{
    struct sql_rows r;
    struct span bytes = {NULL, 0};
    sql_query(s->sql, &r, "SELECT bytes FROM blob_part WHERE blob = ?1 AND n = ?2", "di", blob,
              (int64_t)(at / BLOB_PART_BYTES));
    if (sql_next(&r))
        bytes = sql_bytes(&r, 0, a);
    sql_end(&r);
    return bytes;
}

/* Part by part to `fd` or, where that is -1, to `to`. */
static int copy(struct store *s, struct id blob, uint64_t size, int fd, uint8_t *to)
{
    int failed = 0;
    for (uint64_t at = 0; at < size && !failed; at += BLOB_PART_BYTES) {
        struct arena a;
        arena_init(&a);
        struct span part = get(s, blob, at, &a);
        if (part.len != part_len(size, at))
            failed = ENOENT;
        else if (fd >= 0)
            failed = fd_write_all(fd, part);
        else
            memcpy(to + at, part.data, part.len);
        arena_clear(&a);
    }
    return failed;
}

bool blob_parts_read(struct store *s, struct id blob, uint64_t size, uint8_t *to)
{
    return copy(s, blob, size, -1, to) == 0;
}

int blob_parts_open(struct store *s, struct id blob, uint64_t size)
{
    int fd = memfd_create("blob", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    int failed = copy(s, blob, size, fd, NULL);
    if (!failed && (lseek(fd, 0, SEEK_SET) < 0 ||
                    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0))
        failed = errno;
    if (!failed)
        return fd;
    (void)close(fd);
    errno = failed;
    return -1;
}
