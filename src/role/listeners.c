/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/listeners.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

static int listen_tcp(const struct endpoint *e, int *listening)
{
    int fd = socket(e->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, error = 0;
    if (fd < 0)
        return errno;
    /* Without REUSEADDR a restart would have to wait for old connections; without V6ONLY [::] takes IPv4's
     * port. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (e->address.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&e->address, e->len) < 0 || listen(fd, SOMAXCONN) < 0) {
        error = errno;
        (void)close(fd);
        return error;
    }
    *listening = fd;
    return 0;
}

static int listen_unix(const char *path, int *listening)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (!str_copy(a.sun_path, sizeof(a.sun_path), path))
        return ENAMETOOLONG;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    (void)unlink(path); /* ours: we hold the lock of the directory */
    mode_t old = umask(0117);
    int failed =
        bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, SOMAXCONN) < 0 ? errno : 0;
    (void)umask(old);
    if (failed) {
        (void)close(fd);
        return failed;
    }
    *listening = fd;
    return 0;
}

int listeners_open(struct listeners *l, const struct conf *c, const char *state_dir,
                   char error[LISTENERS_ERROR_LEN])
{
    char text[ENDPOINT_TEXT_LEN], path[4096];
    *l = (struct listeners){.api = -1};
    for (unsigned i = 0; i < c->smtp_listen.count; i++) {
        int failed = listen_tcp(&c->smtp_listen.list[i], &l->smtp[i]);
        endpoint_format(&c->smtp_listen.list[i], text);
        if (failed) {
            (void)str_format(
                error, LISTENERS_ERROR_LEN,
                "cannot listen for mail on %s: %s; stop what uses that port (`ss -ltnp` shows it), or set "
                "another in smtp_listen",
                text, strerror(failed));
            return failed;
        }
        l->smtp_count++;
    }
    (void)str_format(path, sizeof(path), "%s/run/api.sock", state_dir);
    int failed = listen_unix(path, &l->api);
    if (failed)
        (void)str_format(
            error, LISTENERS_ERROR_LEN, "cannot make the command socket %.200s: %s%s", path, strerror(failed),
            failed == ENAMETOOLONG ? "; unix sockets take 107 characters: choose a shorter state_dir" : "");
    return failed;
}

void listeners_describe(const struct listeners *l, struct buf *to)
{
    for (unsigned i = 0; i < l->smtp_count; i++) {
        struct endpoint e;
        char text[ENDPOINT_TEXT_LEN];
        if (endpoint_of_socket(l->smtp[i], &e) != 0)
            continue;
        endpoint_format(&e, text);
        (void)buf_printf(to, "smtp %s\n", text);
    }
}
