/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/service_manager.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

/* "/path", or "@name" for one without a file. -1 where that is no address we can speak to. */
static int connect_to(const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t n = strlen(name);
    if ((*name != '/' && *name != '@') || n < 2 || n >= sizeof(a.sun_path))
        return -1;
    memcpy(a.sun_path, name, n);
    if (*name == '@')
        a.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 &&
        connect(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static int64_t wanted_interval_ms(void)
{
    const char *pid = getenv("WATCHDOG_PID"), *us = getenv("WATCHDOG_USEC");
    uint64_t own, interval_us;
    if (!us || !str_to_u64(us, INT64_MAX, &interval_us))
        return 0;
    if (pid && (!str_to_u64(pid, INT32_MAX, &own) || own != (uint64_t)getpid()))
        return 0;
    return (int64_t)(interval_us / 1000);
}

void service_manager_open(struct service_manager *m)
{
    const char *name = getenv("NOTIFY_SOCKET");
    *m = (struct service_manager){.fd = name ? connect_to(name) : -1, .interval_ms = wanted_interval_ms()};
    (void)str_copy(m->name, sizeof(m->name), name ? name : "");
    (void)str_format(m->interval, sizeof(m->interval), "%s",
                     m->interval_ms > 0 ? getenv("WATCHDOG_USEC") : "");
    if (name && m->fd < 0)
        log_warning(NULL, "NOTIFY_SOCKET names no socket that can be spoken to: %.200s", name);
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

void service_manager_leave(const struct service_manager *m)
{
    if (*m->name)
        (void)setenv("NOTIFY_SOCKET", m->name, 1);
    if (*m->interval)
        (void)setenv("WATCHDOG_USEC", m->interval, 1);
}

void service_manager_tell(const struct service_manager *m, const char *lines)
{
    if (m->fd >= 0)
        (void)send(m->fd, lines, strlen(lines), MSG_NOSIGNAL);
}

static void on_watchdog(void *context)
{
    struct service_manager *m = context;
    service_manager_tell(m, "WATCHDOG=1");
    timer_start(&m->watchdog, m->loop, m->interval_ms / 2);
}

void service_manager_watch(struct service_manager *m, struct loop *loop)
{
    m->loop = loop;
    m->watchdog = (struct timer){.on_due = on_watchdog, .context = m};
    if (m->fd >= 0 && m->interval_ms > 1)
        on_watchdog(m);
}

void service_manager_close(struct service_manager *m)
{
    timer_stop(&m->watchdog);
    if (m->fd >= 0)
        (void)close(m->fd);
    m->fd = -1;
}
