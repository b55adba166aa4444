/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int fd_write_all(int fd, struct span data)
{
    while (data.len > 0) {
        ssize_t n = write(fd, data.data, data.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        data.data += n;
        data.len -= (size_t)n;
    }
    return 0;
}

int fd_pread_all(int fd, void *to, size_t len, off_t at)
{
    uint8_t *p = to;
    while (len > 0) {
        ssize_t n = pread(fd, p, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return EIO;
        p += n;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int fd_read_up_to(int fd, void *to, size_t len, size_t *got)
{
    for (*got = 0; *got < len;) {
        ssize_t n = read(fd, (uint8_t *)to + *got, len - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        *got += (size_t)n;
    }
    return 0;
}

int fd_read_rest(int fd, struct buf *b)
{
    uint8_t chunk[16384];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return 0;
        if (!buf_append(b, chunk, (size_t)n))
            return EFBIG;
    }
}

int fd_set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return errno;
    return 0;
}

int fd_set_cloexec(int fd, int on)
{
    return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0 ? errno : 0;
}

int fd_sealed_memory(const char *name, struct span data)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    int error = fd_write_all(fd, data);
    if (!error && lseek(fd, 0, SEEK_SET) < 0)
        error = errno;
    if (!error && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
        error = errno;
    if (error) {
        (void)close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int fd_checked_size(int fd, uint64_t limit, uint64_t *size)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return errno;
    if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size > limit)
        return EPROTO;
    *size = (uint64_t)st.st_size;
    return 0;
}
