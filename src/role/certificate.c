/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "net/selfsigned.h"

/* Nobody verifies it by its dates; it must only never end by itself. */
enum { SELF_MADE_DAYS = 3650, PEM_MAX = 16384 };

static int write_file(const char *path, struct span text, mode_t mode)
{
    (void)unlink(path);
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return errno;
    int error = fd_write_all(fd, text);
    return error ? error : fsync(fd) < 0 ? errno : 0;
}

/* The chain last: a pair without it was cut off and is made again. */
static int make_own(const struct certificate *c, const char *host_name)
{
    char host[256] = "localhost";
    SCOPED_BUF struct buf chain, key;
    buf_init(&chain, PEM_MAX);
    buf_init(&key, PEM_MAX);
    if (access(c->chain_path, F_OK) == 0)
        return 0;
    if (*host_name)
        (void)str_copy(host, sizeof(host), host_name);
    else
        (void)gethostname(host, sizeof(host) - 1);
    int error = selfsigned_make(host, SELFSIGNED_SERVER, SELF_MADE_DAYS, &chain, &key);
    if (!error)
        error = write_file(c->key_path, buf_span(&key), 0400);
    if (key.data)
        sodium_memzero(key.data, key.len);
    return error ? error : write_file(c->chain_path, buf_span(&chain), 0444);
}

static int check_given(const struct certificate *c, char *error)
{
    const char *const paths[] = {c->chain_path, c->key_path};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        SCOPED_FD int fd = open(paths[i], O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            continue;
        int failed = errno;
        (void)str_format(
            error, CERTIFICATE_ERROR_LEN,
            "cannot read %.300s: %s; tls_certificate and tls_key name PEM files, or are both left out for a "
            "certificate made by ourselves",
            paths[i], strerror(failed));
        return failed;
    }
    return 0;
}

int certificate_prepare(struct certificate *c, const struct conf *conf, const struct statedir *state,
                        char error[CERTIFICATE_ERROR_LEN])
{
    bool given = *conf->tls_certificate != 0;
    bool fits = given ? str_copy(c->chain_path, PATH_MAX, conf->tls_certificate) &&
                            str_copy(c->key_path, PATH_MAX, conf->tls_key)
                      : str_format(c->chain_path, PATH_MAX, "%s/keys/tls.crt", state->path) &&
                            str_format(c->key_path, PATH_MAX, "%s/keys/tls.key", state->path);
    if (!fits)
        return ENAMETOOLONG;
    int failed = given ? check_given(c, error) : make_own(c, conf->host_name);
    certificate_use(c);
    if (given)
        return failed;
    if (failed)
        (void)str_format(error, CERTIFICATE_ERROR_LEN, "cannot make a certificate in %s/keys: %s",
                         state->path, strerror(failed));
    return failed;
}

/* ---- renewal ---- */

static bool same_marks(const struct file_mark a[2], const struct file_mark b[2])
{
    return file_mark_equal(&a[0], &b[0]) && file_mark_equal(&a[1], &b[1]);
}

static void look(const struct certificate *c, struct file_mark marks[2])
{
    marks[0] = file_mark_of(c->chain_path);
    marks[1] = file_mark_of(c->key_path);
}

void certificate_use(struct certificate *c)
{
    look(c, c->used);
    memcpy(c->seen, c->used, sizeof(c->seen));
}

bool certificate_renewed(struct certificate *c)
{
    struct file_mark now[2];
    look(c, now);
    bool settled = same_marks(now, c->seen);
    bool there = now[0].inode != 0 && now[1].inode != 0;
    memcpy(c->seen, now, sizeof(now));
    if (!settled || !there || same_marks(now, c->used))
        return false;
    memcpy(c->used, now, sizeof(now));
    return true;
}
