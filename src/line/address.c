/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/address.h"

#include <netinet/in.h>
#include <string.h>

#include "base/str.h"
#include "proto/cidr.h"

struct sdp_address address_to_sdp(const struct endpoint *e)
{
    struct sdp_address to = {.family = e->address.ss_family};
    if (to.family == AF_INET6)
        memcpy(to.bytes, &((const struct sockaddr_in6 *)(const void *)&e->address)->sin6_addr, 16);
    else
        memcpy(to.bytes, &((const struct sockaddr_in *)(const void *)&e->address)->sin_addr, 4);
    return to;
}

struct endpoint address_from_sdp(const struct sdp_address *a, uint16_t port)
{
    struct endpoint e = {.address.ss_family = (sa_family_t)a->family};
    if (a->family == AF_INET6) {
        memcpy(&((struct sockaddr_in6 *)(void *)&e.address)->sin6_addr, a->bytes, 16);
        e.len = sizeof(struct sockaddr_in6);
    } else if (a->family == AF_INET) {
        memcpy(&((struct sockaddr_in *)(void *)&e.address)->sin_addr, a->bytes, 4);
        e.len = sizeof(struct sockaddr_in);
    }
    endpoint_set_port(&e, port);
    return e;
}

bool address_is_any(const struct endpoint *e)
{
    struct sdp_address a = address_to_sdp(e);
    return sdp_address_is_any(&a);
}

bool address_is_private(const struct endpoint *e)
{
    char host[ENDPOINT_TEXT_LEN];
    endpoint_format_host(e, host);
    return cidr_list_holds("10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 "
                           "127.0.0.0/8 fc00::/7 fe80::/10 ::1",
                           host);
}

bool address_of_host(const char *host, uint16_t port, struct endpoint *e)
{
    char bare[SDP_ADDRESS_LEN];
    struct sdp_address parsed;
    size_t len = strlen(host);
    bool brackets = len >= 2 && host[0] == '[' && host[len - 1] == ']';
    struct span inner = brackets ? span_of(host + 1, len - 2) : span_of(host, len);
    if (!str_copy_span(bare, sizeof(bare), inner) || !sdp_address_parse(bare, &parsed) ||
        (brackets && parsed.family != AF_INET6))
        return false;
    *e = address_from_sdp(&parsed, port);
    return true;
}

void address_format_uri_host(const struct endpoint *e, char text[ENDPOINT_TEXT_LEN])
{
    char host[ENDPOINT_TEXT_LEN];
    endpoint_format_host(e, host);
    (void)str_format(text, ENDPOINT_TEXT_LEN, e->address.ss_family == AF_INET6 ? "[%.45s]" : "%.45s", host);
}
