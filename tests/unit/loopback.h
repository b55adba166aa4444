/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A UDP socket on loopback, on a port that the kernel picks. */
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "test.h"

/* flags: SOCK_NONBLOCK or 0. address: where it is; NULL: nobody asks. */
static inline int loopback_socket(int flags, struct sockaddr_in *address)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(any);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | flags, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    if (address)
        *address = any;
    return fd;
}
