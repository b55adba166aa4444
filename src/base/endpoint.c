/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/str.h"

static struct sockaddr_in *v4(struct endpoint *e)
{
    return (struct sockaddr_in *)(void *)&e->address;
}

static struct sockaddr_in6 *v6(struct endpoint *e)
{
    return (struct sockaddr_in6 *)(void *)&e->address;
}

static const struct sockaddr_in *v4_const(const struct endpoint *e)
{
    return (const struct sockaddr_in *)(const void *)&e->address;
}

static const struct sockaddr_in6 *v6_const(const struct endpoint *e)
{
    return (const struct sockaddr_in6 *)(const void *)&e->address;
}

static bool set_host(struct endpoint *e, const char *host, bool bracketed)
{
    memset(e, 0, sizeof(*e));
    if (!bracketed && inet_pton(AF_INET, host, &v4(e)->sin_addr) == 1) {
        e->address.ss_family = AF_INET;
        e->len = sizeof(struct sockaddr_in);
        return true;
    }
    if (bracketed && inet_pton(AF_INET6, host, &v6(e)->sin6_addr) == 1) {
        e->address.ss_family = AF_INET6;
        e->len = sizeof(struct sockaddr_in6);
        return true;
    }
    return false;
}

bool endpoint_parse(const char *text, struct endpoint *e)
{
    char host[INET6_ADDRSTRLEN];
    bool bracketed = text[0] == '[';
    const char *start = text + bracketed;
    const char *end = bracketed ? strchr(start, ']') : strrchr(start, ':');
    uint64_t port;
    if (!end || !str_copy_span(host, sizeof(host), span_of(start, (size_t)(end - start))))
        return false;
    const char *colon = end + bracketed;
    if (*colon != ':' || !str_to_u64(colon + 1, 65535, &port) || !set_host(e, host, bracketed))
        return false;
    endpoint_set_port(e, (uint16_t)port);
    return true;
}

void endpoint_format_host(const struct endpoint *e, char text[ENDPOINT_TEXT_LEN])
{
    const void *host = e->address.ss_family == AF_INET6 ? (const void *)&v6_const(e)->sin6_addr
                                                        : (const void *)&v4_const(e)->sin_addr;
    if (!inet_ntop(e->address.ss_family, host, text, ENDPOINT_TEXT_LEN))
        (void)str_copy(text, ENDPOINT_TEXT_LEN, "?");
}

void endpoint_format(const struct endpoint *e, char text[ENDPOINT_TEXT_LEN])
{
    char host[ENDPOINT_TEXT_LEN];
    endpoint_format_host(e, host);
    bool brackets = e->address.ss_family == AF_INET6;
    (void)str_format(text, ENDPOINT_TEXT_LEN, brackets ? "[%.45s]:%u" : "%.45s:%u", host, endpoint_port(e));
}

uint16_t endpoint_port(const struct endpoint *e)
{
    return ntohs(e->address.ss_family == AF_INET6 ? v6_const(e)->sin6_port : v4_const(e)->sin_port);
}

void endpoint_set_port(struct endpoint *e, uint16_t port)
{
    if (e->address.ss_family == AF_INET6)
        v6(e)->sin6_port = htons(port);
    else
        v4(e)->sin_port = htons(port);
}

bool endpoint_equal_host(const struct endpoint *a, const struct endpoint *b)
{
    if (a->address.ss_family != b->address.ss_family)
        return false;
    if (a->address.ss_family == AF_INET6)
        return memcmp(&v6_const(a)->sin6_addr, &v6_const(b)->sin6_addr, sizeof(struct in6_addr)) == 0;
    return v4_const(a)->sin_addr.s_addr == v4_const(b)->sin_addr.s_addr;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
    return endpoint_equal_host(a, b) && endpoint_port(a) == endpoint_port(b);
}

bool endpoint_is_loopback(const struct endpoint *e)
{
    if (e->address.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&v6_const(e)->sin6_addr);
    return ntohl(v4_const(e)->sin_addr.s_addr) >> 24 == 127;
}

int endpoint_of_socket(int fd, struct endpoint *e)
{
    memset(e, 0, sizeof(*e));
    e->len = sizeof(e->address);
    return getsockname(fd, (struct sockaddr *)&e->address, &e->len) < 0 ? errno : 0;
}
