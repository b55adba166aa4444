/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/cidr.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/str.h"

enum { CIDR_TEXT_MAX = 64 };

bool ip_parse(const char *text, struct ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    *ip = (struct ip){0};
    if (inet_pton(AF_INET, text, ip->bytes) == 1)
        return true;
    if (inet_pton(AF_INET6, text, ip->bytes) != 1)
        return false;
    ip->v6 = memcmp(ip->bytes, mapped, sizeof(mapped)) != 0;
    if (!ip->v6) {
        memmove(ip->bytes, ip->bytes + 12, 4);
        memset(ip->bytes + 4, 0, 12);
    }
    return true;
}

static bool bit(const struct ip *ip, unsigned at)
{
    return (ip->bytes[at / 8] >> (7 - at % 8) & 1) != 0;
}

bool cidr_parse(const char *text, struct cidr *net)
{
    char address[CIDR_TEXT_MAX];
    uint64_t bits;
    if (!str_copy(address, sizeof(address), text))
        return false;
    char *slash = strchr(address, '/');
    if (slash)
        *slash = 0;
    if (!ip_parse(address, &net->ip))
        return false;
    unsigned most = net->ip.v6 ? 128 : 32;
    if (!slash)
        bits = most;
    else if (!str_to_u64(slash + 1, most, &bits))
        return false;
    net->bits = (unsigned)bits;
    for (unsigned i = net->bits; i < most; i++)
        if (bit(&net->ip, i))
            return false;
    return true;
}

bool cidr_holds(const struct cidr *net, const struct ip *ip)
{
    unsigned whole = net->bits / 8, rest = net->bits % 8;
    if (net->ip.v6 != ip->v6 || memcmp(net->ip.bytes, ip->bytes, whole) != 0)
        return false;
    return rest == 0 || ((net->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - rest)) == 0;
}

bool cidr_list_holds(const char *networks, const char *text)
{
    char one[CIDR_TEXT_MAX];
    struct ip ip;
    struct cidr net;
    if (!ip_parse(text, &ip))
        return false;
    while (*networks) {
        networks += strspn(networks, " ");
        size_t len = strcspn(networks, " ");
        bool whole = len > 0 && str_copy_span(one, sizeof(one), span_of(networks, len));
        if (whole && cidr_parse(one, &net) && cidr_holds(&net, &ip))
            return true;
        networks += len;
    }
    return false;
}
