/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the parent tells the program that started it as a service: sd_notify(3), "Notes", which is a datagram
 * of lines to the unix socket that NOTIFY_SOCKET names. Where nobody asked, nothing is sent. */
#pragma once

#include "net/loop.h"

struct service_manager {
    struct loop *loop;
    struct timer watchdog;
    int fd;                       /* -1: nobody asked */
    int64_t interval_ms;          /* of the watchdog; 0: none is wanted */
    char name[108], interval[24]; /* as they were in the environment */
};

/* Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child speaks for us.
 */
void service_manager_open(struct service_manager *m);
/* Lines such as "READY=1\nSTATUS=..."; lost where nobody takes it. */
void service_manager_tell(const struct service_manager *m, const char *lines);
/* From now on it hears twice in each of its intervals that our loop turns. */
void service_manager_watch(struct service_manager *m, struct loop *loop);
/* Into the environment again, for a program that takes our place. */
void service_manager_leave(const struct service_manager *m);
void service_manager_close(struct service_manager *m);
