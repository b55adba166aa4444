/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/inherited.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/scope.h"
#include "base/str.h"

enum { FIRST_LISTEN_FD = 3, LEFT_LEN = INHERITED_MAX * (INHERITED_NAME_LEN + 12) };

static const char left_key[] = "FAXPOST_LEFT", life_key[] = "FAXPOST_LIFE", bound_key[] = "FAXPOST_BOUND";

static bool add(struct inherited *i, const char *name, int fd)
{
    if (i->count == INHERITED_MAX || !str_copy(i->list[i->count].name, INHERITED_NAME_LEN, name))
        return false;
    i->list[i->count++].fd = fd;
    return true;
}

/* A number of the environment; 0 where it has none. */
static uint64_t number_of(const char *key, uint64_t most)
{
    const char *text = getenv(key);
    uint64_t n = 0;
    return text && str_to_u64(text, most, &n) ? n : 0;
}

static void take_left(struct inherited *i)
{
    char text[LEFT_LEN];
    const char *left = getenv(left_key), *bound = getenv(bound_key);
    if (bound)
        (void)str_copy(i->bound, sizeof(i->bound), bound);
    if (!left || !str_copy(text, sizeof(text), left))
        return;
    char *rest = text, *word;
    while ((word = strsep(&rest, " ")) != NULL) {
        char *number = strchr(word, '=');
        uint64_t fd;
        if (!number)
            continue;
        *number++ = 0;
        if (str_to_u64(number, 65535, &fd) && fd_set_cloexec((int)fd, 1) == 0)
            (void)add(i, word, (int)fd);
    }
}

static void take_activated(struct inherited *i)
{
    if (number_of("LISTEN_PID", INT32_MAX) != (uint64_t)getpid())
        return;
    uint64_t n = number_of("LISTEN_FDS", INHERITED_MAX);
    for (int fd = FIRST_LISTEN_FD; fd < FIRST_LISTEN_FD + (int)n; fd++)
        if (fd_set_cloexec(fd, 1) == 0 && fd_set_nonblocking(fd) == 0)
            (void)add(i, "", fd);
}

void inherited_take(struct inherited *i)
{
    static const char *const keys[] = {left_key,     life_key,     bound_key,
                                       "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
    *i = (struct inherited){.life = (unsigned)number_of(life_key, 1000000000)};
    if (i->life > 0)
        take_left(i);
    take_activated(i);
    for (size_t k = 0; k < ARRAY_LEN(keys); k++)
        (void)unsetenv(keys[k]);
}

static bool listens(int fd)
{
    int on = 0;
    socklen_t len = sizeof(on);
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 && on;
}

static int take_at(struct inherited *i, unsigned at)
{
    int fd = i->list[at].fd;
    i->list[at] = i->list[--i->count];
    return fd;
}

int inherited_tcp(struct inherited *i, const char *name, const struct endpoint *wanted)
{
    for (unsigned k = 0; k < i->count; k++) {
        struct endpoint e;
        bool named = str_equal(i->list[k].name, name);
        if ((*i->list[k].name && !named) || !listens(i->list[k].fd) ||
            endpoint_of_socket(i->list[k].fd, &e) != 0 || !endpoint_equal_host(&e, wanted))
            continue;
        if (endpoint_port(&e) == endpoint_port(wanted) || (named && endpoint_port(wanted) == 0))
            return take_at(i, k);
    }
    return -1;
}

int inherited_unix(struct inherited *i, const char *path)
{
    for (unsigned k = 0; k < i->count; k++) {
        struct sockaddr_un a = {.sun_family = AF_UNSPEC};
        socklen_t len = sizeof(a) - 1;
        if (listens(i->list[k].fd) && getsockname(i->list[k].fd, (struct sockaddr *)&a, &len) == 0 &&
            a.sun_family == AF_UNIX && str_equal(a.sun_path, path))
            return take_at(i, k);
    }
    return -1;
}

int inherited_named(struct inherited *i, const char *name)
{
    for (unsigned k = 0; k < i->count; k++)
        if (str_equal(i->list[k].name, name))
            return take_at(i, k);
    return -1;
}

void inherited_end(struct inherited *i)
{
    while (i->count > 0) {
        struct endpoint e;
        char text[ENDPOINT_TEXT_LEN] = "of another kind";
        int fd = i->list[--i->count].fd;
        if (endpoint_of_socket(fd, &e) == 0)
            endpoint_format(&e, text);
        if (!*i->list[i->count].name)
            log_warning(NULL,
                        "we were given a socket (%s) that nothing in the configuration wants; it is closed",
                        text);
        (void)close(fd);
    }
}

bool inherited_leave(struct inherited *to, const char *name, int fd)
{
    return fd < 0 || add(to, name, fd);
}

int inherited_execute(const struct inherited *to, const char *program, char **words)
{
    char life[16], left[LEFT_LEN];
    size_t len = 0;
    left[0] = 0;
    for (unsigned k = 0; k < to->count; k++) {
        if (fd_set_cloexec(to->list[k].fd, 0) != 0 ||
            !str_format(left + len, sizeof(left) - len, "%s=%d ", to->list[k].name, to->list[k].fd))
            return EBADF;
        len += strlen(left + len);
    }
    (void)str_format(life, sizeof(life), "%u", to->life);
    if (setenv(left_key, left, 1) != 0 || setenv(life_key, life, 1) != 0 ||
        setenv(bound_key, to->bound, 1) != 0)
        return errno;
    (void)execv(program, words);
    return errno;
}
