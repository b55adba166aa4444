/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/trunk.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "line/address.h"
#include "proto/cidr.h"

enum { SIP_PORT = 5060, SIP_TLS_PORT = 5061, ADDRESS_REST_MS = 5 * 60 * 1000 };

static struct trunk_peer *peer_of(struct list *node)
{
    return CONTAINER_OF(node, struct trunk_peer, node);
}

void trunks_init(struct trunks *t)
{
    list_init(&t->peers);
}

static void peer_free(struct trunk_peer *p)
{
    list_remove(&p->node);
    free(p);
}

void trunks_clear(struct trunks *t)
{
    list_each_safe (node, &t->peers)
        peer_free(peer_of(node));
}

static struct trunk_peer *find(const struct trunks *t, const char *id)
{
    list_each (node, &t->peers)
        if (str_equal(peer_of(node)->trunk.id, id))
            return peer_of(node);
    return NULL;
}

const struct trunk_peer *trunks_find(const struct trunks *t, const char *id)
{
    const struct trunk_peer *found = find(t, id);
    list_each (node, &t->peers)
        if (!found && str_equal(peer_of(node)->trunk.name, id))
            found = peer_of(node);
    return found;
}

static void put(struct trunks *t, const struct trunk *trunk)
{
    struct trunk_peer *p = find(t, trunk->id);
    if (!p) {
        p = mem_zalloc(sizeof(*p));
        list_append(&t->peers, &p->node);
    }
    if (p->trunk.registers != trunk->registers || !p->trunk.keepalive_s != !trunk->keepalive_s)
        p->health = (struct trunk_health){0};
    bool same = p->trunk.host[0] && trunk_same_hop(&p->trunk, trunk);
    p->trunk = *trunk;
    if (!same) {
        p->looked_up = address_of_host(trunk_hop_host(trunk), trunk_hop_port(trunk), &p->addresses[0]);
        p->address_count = p->looked_up ? 1 : 0;
    }
}

static bool listed(const struct trunk *list, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(list[i].id, id))
            return true;
    return false;
}

void trunks_set(struct trunks *t, const struct trunk *list, size_t n)
{
    list_each_safe (node, &t->peers)
        if (!listed(list, n, peer_of(node)->trunk.id))
            peer_free(peer_of(node));
    for (size_t i = 0; i < n; i++)
        put(t, &list[i]);
}

static int64_t failed_before(const struct trunk_peer *p, const struct endpoint *e)
{
    for (size_t i = 0; i < p->address_count; i++)
        if (endpoint_equal(&p->addresses[i], e))
            return p->failed_ms[i];
    return 0;
}

void trunks_set_addresses(struct trunks *t, const struct trunk *like, const struct endpoint *addresses,
                          size_t n)
{
    list_each (node, &t->peers) {
        struct trunk_peer *p = peer_of(node);
        int64_t failed_ms[TRUNK_ADDRESSES_MAX] = {0};
        if (!trunk_same_hop(&p->trunk, like))
            continue;
        p->looked_up = true;
        if (n == 0)
            continue;
        n = n < TRUNK_ADDRESSES_MAX ? n : (size_t)TRUNK_ADDRESSES_MAX;
        for (size_t i = 0; i < n; i++)
            failed_ms[i] = failed_before(p, &addresses[i]);
        memcpy(p->failed_ms, failed_ms, sizeof(failed_ms));
        memcpy(p->addresses, addresses, n * sizeof(*addresses));
        p->address_count = n;
    }
}

void trunks_address_failed(struct trunks *t, const char *id, const struct endpoint *address, int64_t now_ms)
{
    struct trunk_peer *p = find(t, id);
    for (size_t i = 0; p && i < p->address_count; i++)
        if (endpoint_equal(&p->addresses[i], address))
            p->failed_ms[i] = now_ms;
}

enum trunk_way trunk_best_address(const struct trunk_peer *p, bool v4, bool v6, int64_t now_ms,
                                  struct endpoint *e)
{
    enum trunk_way way = p->looked_up ? TRUNK_WAY_NONE : TRUNK_WAY_UNKNOWN;
    bool found = false;
    for (size_t i = 0; i < p->address_count; i++) {
        if (!(p->addresses[i].address.ss_family == AF_INET6 ? v6 : v4))
            continue;
        bool fresh = p->failed_ms[i] == 0 || now_ms - p->failed_ms[i] >= ADDRESS_REST_MS;
        if (!found || fresh)
            *e = p->addresses[i];
        found = true;
        way = fresh ? TRUNK_WAY_FRESH : TRUNK_WAY_WORN;
        if (fresh)
            break;
    }
    return way;
}

static bool has_address(const struct trunk_peer *p, const struct endpoint *from)
{
    for (size_t i = 0; i < p->address_count; i++)
        if (endpoint_equal_host(&p->addresses[i], from))
            return true;
    char host[ENDPOINT_TEXT_LEN];
    endpoint_format_host(from, host);
    return cidr_list_holds(p->trunk.addresses, host);
}

const struct trunk_peer *trunks_match(const struct trunks *t, const struct endpoint *from, const char *called)
{
    const struct trunk_peer *found = NULL;
    bool by_port = false;
    list_each (node, &t->peers) {
        struct trunk_peer *p = peer_of(node);
        if (!has_address(p, from))
            continue;
        if (called && p->trunk.registers && str_equal(called, p->trunk.id))
            return p;
        bool port = trunk_port(&p->trunk) == endpoint_port(from);
        if (!found || (port && !by_port))
            found = p;
        by_port = by_port || port;
    }
    return found;
}

struct endpoint trunk_our_address(const struct trunk *t, const struct endpoint *local)
{
    struct endpoint e = t->advertised;
    if (e.len == 0 || e.address.ss_family != local->address.ss_family)
        return *local;
    endpoint_set_port(&e, endpoint_port(local));
    return e;
}

bool trunk_same_advertised(const struct trunk *a, const struct trunk *b)
{
    return a->advertised.len == b->advertised.len &&
           (a->advertised.len == 0 || endpoint_equal_host(&a->advertised, &b->advertised));
}

static uint16_t port_or_usual(uint16_t port, enum trunk_transport transport)
{
    return port ? port : (uint16_t)(transport == TRUNK_TLS ? SIP_TLS_PORT : SIP_PORT);
}

uint16_t trunk_port(const struct trunk *t)
{
    return port_or_usual(t->port, t->transport);
}

const char *trunk_hop_host(const struct trunk *t)
{
    return t->proxy_host[0] ? t->proxy_host : t->host;
}

uint16_t trunk_hop_port(const struct trunk *t)
{
    return port_or_usual(t->proxy_host[0] ? t->proxy_port : t->port, t->transport);
}

bool trunk_hop_is_fixed(const struct trunk *t)
{
    struct endpoint literal;
    return (t->proxy_host[0] ? t->proxy_port : t->port) != 0 ||
           address_of_host(trunk_hop_host(t), 0, &literal);
}

bool trunk_same_hop(const struct trunk *a, const struct trunk *b)
{
    return str_equal(trunk_hop_host(a), trunk_hop_host(b)) && trunk_hop_port(a) == trunk_hop_port(b) &&
           trunk_hop_is_fixed(a) == trunk_hop_is_fixed(b) && a->transport == b->transport;
}

static const char *const transports[TRUNK_TRANSPORT_COUNT] = {
#define TRUNK_TRANSPORT_NAME(name, text) [TRUNK_##name] = text,
    TRUNK_TRANSPORTS(TRUNK_TRANSPORT_NAME)
#undef TRUNK_TRANSPORT_NAME
};

const char *trunk_transport_name(enum trunk_transport t)
{
    return transports[t];
}

bool trunk_parse_transport(const char *text, enum trunk_transport *t)
{
    for (int i = 0; i < TRUNK_TRANSPORT_COUNT; i++) {
        if (str_equal_nocase(text, transports[i])) {
            *t = (enum trunk_transport)i;
            return true;
        }
    }
    return false;
}

static bool is_host(const char *host)
{
    struct endpoint e;
    if (address_of_host(host, 0, &e))
        return true;
    for (const char *at = host; *at; at++)
        if (!char_is_alpha(*at) && !char_is_digit(*at) && *at != '.' && *at != '-')
            return false;
    return host[0] != 0;
}

static bool parse_uri(const char *uri, char to[TRUNK_HOST_LEN], uint16_t *to_port)
{
    const char *host = str_starts_nocase(uri, "sip:") ? uri + 4 : uri;
    const char *end = host[0] == '[' ? strchr(host, ']') : host + strcspn(host, ":;");
    uint64_t port = 0;
    if (!end)
        return false;
    end += *end == ']';
    if (!str_copy_span(to, TRUNK_HOST_LEN, span_of(host, (size_t)(end - host))) || !is_host(to))
        return false;
    char digits[8] = "0";
    size_t len = *end == ':' ? strcspn(end + 1, ";") : 0;
    if (*end == ':' && !str_copy_span(digits, sizeof(digits), span_of(end + 1, len)))
        return false;
    if (!str_to_u64(digits, UINT16_MAX, &port) ||
        (end[len + (*end == ':')] && end[len + (*end == ':')] != ';'))
        return false;
    *to_port = (uint16_t)port;
    return true;
}

bool trunk_parse_peer(const char *uri, struct trunk *t)
{
    return parse_uri(uri, t->host, &t->port);
}

bool trunk_parse_proxy(const char *uri, struct trunk *t)
{
    t->proxy_host[0] = 0;
    t->proxy_port = 0;
    return *uri == 0 || parse_uri(uri, t->proxy_host, &t->proxy_port);
}
