/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Events of file content: writes, lengths, syncs. */
#include "powercut_events.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

/* Takes the lock where the descriptor is a file or folder of ours (the verdict is not OUTSIDE). */
static enum verdict enter_file(int fd, struct stat *st, enum powercut_kind kind)
{
    int saved = errno;
    if (!shared || fd < 0 || fstat(fd, st) < 0 || (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))) {
        errno = saved;
        return OUTSIDE;
    }
    lock();
    errno = saved;
    if (ours(st))
        return count(kind);
    unlock();
    errno = saved;
    return OUTSIDE;
}

void note_write(const struct stat *st, off_t offset, const void *data, size_t len)
{
    struct powercut_entry e = {
        .kind = POWERCUT_WRITE, .inode = st->st_ino, .offset = (uint64_t)offset, .data = (uint32_t)len};
    note(&e, NULL, NULL, data);
}

/* Where a write of n bytes that just ended began. */
static off_t began(int fd, ssize_t n)
{
    return lseek(fd, 0, SEEK_CUR) - n;
}

ssize_t write(int fd, const void *data, size_t len)
{
    REAL(write);
    struct stat st;
    enum verdict v = enter_file(fd, &st, POWERCUT_WRITE);
    if (v == OUTSIDE)
        return real(fd, data, len);
    ssize_t n = v == REFUSE ? -1 : real(fd, data, len);
    if (n > 0)
        note_write(&st, began(fd, n), data, (size_t)n);
    unlock();
    return n;
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset)
{
    REAL(pwrite64);
    struct stat st;
    enum verdict v = enter_file(fd, &st, POWERCUT_WRITE);
    if (v == OUTSIDE)
        return real(fd, data, len, offset);
    ssize_t n = v == REFUSE ? -1 : real(fd, data, len, offset);
    if (n > 0)
        note_write(&st, offset, data, (size_t)n);
    unlock();
    return n;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
    return pwrite64(fd, data, len, offset);
}

static void note_vector(const struct stat *st, off_t offset, const struct iovec *v, int count_v, ssize_t n)
{
    for (int i = 0; i < count_v && n > 0; i++) {
        size_t len = (size_t)n < v[i].iov_len ? (size_t)n : v[i].iov_len;
        note_write(st, offset, v[i].iov_base, len);
        offset += (off_t)len;
        n -= (ssize_t)len;
    }
}

ssize_t writev(int fd, const struct iovec *vector, int n_vector)
{
    REAL(writev);
    struct stat st;
    enum verdict v = enter_file(fd, &st, POWERCUT_WRITE);
    if (v == OUTSIDE)
        return real(fd, vector, n_vector);
    ssize_t n = v == REFUSE ? -1 : real(fd, vector, n_vector);
    if (n > 0)
        note_vector(&st, began(fd, n), vector, n_vector, n);
    unlock();
    return n;
}

ssize_t pwritev64(int fd, const struct iovec *vector, int n_vector, off64_t offset)
{
    REAL(pwritev64);
    struct stat st;
    enum verdict v = enter_file(fd, &st, POWERCUT_WRITE);
    if (v == OUTSIDE)
        return real(fd, vector, n_vector, offset);
    ssize_t n = v == REFUSE ? -1 : real(fd, vector, n_vector, offset);
    if (n > 0)
        note_vector(&st, offset, vector, n_vector, n);
    unlock();
    return n;
}

ssize_t pwritev(int fd, const struct iovec *vector, int n_vector, off_t offset)
{
    return pwritev64(fd, vector, n_vector, offset);
}

/* What the kernel copied by itself is done by hand here, through write() above. */
static ssize_t copy_by_hand(int to, int from, off64_t *from_offset, off64_t *to_offset, size_t len)
{
    char data[65536];
    size_t want = len < sizeof(data) ? len : sizeof(data);
    ssize_t n = from_offset ? pread64(from, data, want, *from_offset) : read(from, data, want);
    if (n <= 0)
        return n;
    ssize_t written = to_offset ? pwrite64(to, data, (size_t)n, *to_offset) : write(to, data, (size_t)n);
    if (written > 0 && from_offset)
        *from_offset += written;
    if (written > 0 && to_offset)
        *to_offset += written;
    return written;
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t len)
{
    REAL(sendfile64);
    struct stat st;
    bool file = shared && fstat(to, &st) == 0 && S_ISREG(st.st_mode);
    return file ? copy_by_hand(to, from, offset, NULL, len) : real(to, from, offset, len);
}

ssize_t sendfile(int to, int from, off_t *offset, size_t len)
{
    return sendfile64(to, from, offset, len);
}

ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t len,
                        unsigned flags)
{
    REAL(copy_file_range);
    return shared ? copy_by_hand(to, from, from_offset, to_offset, len)
                  : real(from, from_offset, to, to_offset, len, flags);
}

void note_length(const struct stat *st, uint64_t length)
{
    struct powercut_entry e = {.kind = POWERCUT_TRUNCATE, .inode = st->st_ino, .offset = length};
    note(&e, NULL, NULL, NULL);
}

int ftruncate64(int fd, off64_t length)
{
    REAL(ftruncate64);
    struct stat st;
    enum verdict v = enter_file(fd, &st, POWERCUT_TRUNCATE);
    if (v == OUTSIDE)
        return real(fd, length);
    int failed = v == REFUSE ? -1 : real(fd, length);
    if (!failed)
        note_length(&st, (uint64_t)length);
    unlock();
    return failed;
}

int ftruncate(int fd, off_t length)
{
    return ftruncate64(fd, length);
}

int posix_fallocate64(int fd, off64_t offset, off64_t len)
{
    REAL(posix_fallocate64);
    struct stat st;
    enum verdict v = enter_file(fd, &st, POWERCUT_WRITE);
    if (v == OUTSIDE)
        return real(fd, offset, len);
    int failed = v == REFUSE ? planned_error() : real(fd, offset, len);
    if (!failed && offset + len > st.st_size)
        note_length(&st, (uint64_t)(offset + len));
    unlock();
    return failed;
}

int posix_fallocate(int fd, off_t offset, off_t len)
{
    return posix_fallocate64(fd, offset, len);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t len)
{
    REAL(fallocate64);
    struct stat st;
    enum verdict v = enter_file(fd, &st, POWERCUT_WRITE);
    if (v == OUTSIDE)
        return real(fd, mode, offset, len);
    int failed = v == REFUSE ? -1 : real(fd, mode, offset, len);
    if (!failed && !(mode & FALLOC_FL_KEEP_SIZE) && offset + len > st.st_size)
        note_length(&st, (uint64_t)(offset + len));
    unlock();
    return failed;
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
    return fallocate64(fd, mode, offset, len);
}

/* ---- durability ---- */

static int sync_file(int fd, int (*real)(int))
{
    struct stat st;
    enum verdict v = enter_file(fd, &st, POWERCUT_SYNC);
    if (v == OUTSIDE)
        return real(fd);
    int failed = v == REFUSE ? -1 : 0; /* the real disk is not what is tested here */
    if (v != SKIP) {
        struct powercut_entry e = {.kind = failed ? POWERCUT_SYNC_FAILED : POWERCUT_SYNC, .inode = st.st_ino};
        note(&e, NULL, NULL, NULL);
    }
    unlock();
    return failed;
}

int fsync(int fd)
{
    REAL(fsync);
    return sync_file(fd, real);
}

int fdatasync(int fd)
{
    REAL(fdatasync);
    return sync_file(fd, real);
}
