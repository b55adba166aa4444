/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* "192.0.2.1:25", "[2001:db8::1]:25": an address and a port as people write them. Names are not looked up
 * here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attr.h"

struct endpoint {
    struct sockaddr_storage address;
    socklen_t len;
};

enum { ENDPOINT_TEXT_LEN = 56 }; /* "[" INET6_ADDRSTRLEN "]:65535" NUL */

bool endpoint_parse(const char *text, struct endpoint *e) MUST_USE;
void endpoint_format(const struct endpoint *e, char text[ENDPOINT_TEXT_LEN]);
void endpoint_format_host(const struct endpoint *e,
                          char text[ENDPOINT_TEXT_LEN]); /* without port and brackets */
uint16_t endpoint_port(const struct endpoint *e);
void endpoint_set_port(struct endpoint *e, uint16_t port);
bool endpoint_equal_host(const struct endpoint *a, const struct endpoint *b);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b); /* the port too */
bool endpoint_is_loopback(const struct endpoint *e);
/* The local end of a bound socket; 0 or errno. */
int endpoint_of_socket(int fd, struct endpoint *e) MUST_USE;
