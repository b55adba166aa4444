/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/resolver.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "line/address.h"
#include "net/resolve.h"
#include "proto/naptr.h"
#include "proto/srv.h"

/* Providers move their names within minutes; a name that fails is asked for sooner. */
enum { AGAIN_MS = 5 * 60 * 1000, AGAIN_AFTER_FAILURE_MS = 15 * 1000 };

struct resolver {
    struct loop *loop;
    struct trunks *trunks;
    struct dns_client *dns; /* borrowed; NULL: neither NAPTR nor SRV */
    struct timer again;
    struct list look_ups; /* under way */
    bool once_more;       /* the trunks changed meanwhile */
    void (*on_looked_up)(void *context);
    void *context;
};

/* Of one host, port and transport: its NAPTR records, then the SRV records that they lead to, or the usual
 * ones, then the addresses of what those name, one after the other. */
struct look_up {
    struct list node;
    struct resolver *resolver;
    struct trunk trunk; /* the first one that wants it */
    struct dns_query *query;
    struct resolve *resolve;
    struct naptr services[NAPTR_MAX];
    size_t service_count, service_at;
    struct srv targets[SRV_TARGETS_MAX];
    size_t target_count, at;
    struct endpoint addresses[TRUNK_ADDRESSES_MAX];
    size_t count;
};

static void look_up_free(struct look_up *u)
{
    if (u->query)
        dns_query_cancel(u->query);
    resolve_cancel(u->resolve);
    list_remove(&u->node);
    free(u);
}

static void look_up_end(struct look_up *u)
{
    struct resolver *r = u->resolver;
    if (u->count == 0)
        timer_start(&r->again, r->loop, AGAIN_AFTER_FAILURE_MS);
    trunks_set_addresses(r->trunks, &u->trunk, u->addresses, u->count);
    r->on_looked_up(r->context);
    look_up_free(u);
    if (list_empty(&r->look_ups) && r->once_more)
        resolver_look_up(r);
}

static void find_next(struct look_up *u);

static void on_addresses(void *context, const struct resolve_result *result)
{
    struct look_up *u = context;
    u->resolve = NULL;
    if (result->count == 0)
        log_warning(NULL, "the trunk host %s cannot be looked up: %s", u->targets[u->at].target,
                    result->error);
    for (size_t i = 0; i < result->count && u->count < TRUNK_ADDRESSES_MAX; i++)
        u->addresses[u->count++] = result->address[i];
    u->at++;
    find_next(u);
}

static void find_next(struct look_up *u)
{
    if (u->at == u->target_count)
        look_up_end(u);
    else
        u->resolve = resolve_start(u->resolver->loop, u->targets[u->at].target, u->targets[u->at].port,
                                   on_addresses, u);
}

static void take_host_itself(struct look_up *u)
{
    u->targets[0] = (struct srv){.port = trunk_hop_port(&u->trunk)};
    (void)str_copy(u->targets[0].target, sizeof(u->targets[0].target), trunk_hop_host(&u->trunk));
    u->target_count = 1;
}

/* RFC 3263 §4.1 and §4.2, for a transport that is given. */
static const struct {
    const char *service, *prefix;
} ways[TRUNK_TRANSPORT_COUNT] = {[TRUNK_UDP] = {"SIP+D2U", "_sip._udp."},
                                 [TRUNK_TCP] = {"SIP+D2T", "_sip._tcp."},
                                 [TRUNK_TLS] = {"SIPS+D2T", "_sips._tcp."}};

static void ask_srv(struct look_up *u);

static void on_srv(void *context, const struct dns_answer *answer)
{
    struct look_up *u = context;
    u->query = NULL;
    for (size_t i = 0; i < answer->count && u->target_count < SRV_TARGETS_MAX; i++)
        u->target_count += srv_parse(answer->records[i], &u->targets[u->target_count]);
    if (u->target_count == 0 && u->service_at++ < u->service_count) {
        ask_srv(u);
        return;
    }
    if (u->target_count > 0)
        srv_order(u->targets, u->target_count, rand_below);
    else
        take_host_itself(u);
    find_next(u);
}

/* Under the names that the NAPTR records gave, and under the usual one when those have none. */
static void ask_srv(struct look_up *u)
{
    char usual[TRUNK_HOST_LEN + 16];
    (void)str_format(usual, sizeof(usual), "%s%s", ways[u->trunk.transport].prefix,
                     trunk_hop_host(&u->trunk));
    const char *name = u->service_at < u->service_count ? u->services[u->service_at].name : usual;
    u->query = dns_query_start(u->resolver->dns, name, SRV_DNS_TYPE, on_srv, u);
}

static void on_naptr(void *context, const struct dns_answer *answer)
{
    struct look_up *u = context;
    const char *service = ways[u->trunk.transport].service;
    u->query = NULL;
    for (size_t i = 0; i < answer->count && u->service_count < NAPTR_MAX; i++)
        u->service_count += naptr_parse(answer->records[i], service, &u->services[u->service_count]);
    naptr_order(u->services, u->service_count);
    ask_srv(u);
}

/* A port that is given leaves nothing to ask for. */
static bool ask_dns(struct look_up *u)
{
    if (!u->resolver->dns || trunk_hop_is_fixed(&u->trunk))
        return false;
    u->query = dns_query_start(u->resolver->dns, trunk_hop_host(&u->trunk), NAPTR_DNS_TYPE, on_naptr, u);
    return true;
}

static bool is_under_way(const struct resolver *r, const struct trunk *t)
{
    list_each (node, &r->look_ups)
        if (trunk_same_hop(&CONTAINER_OF(node, struct look_up, node)->trunk, t))
            return true;
    return false;
}

static void look_up(struct resolver *r, const struct trunk *t)
{
    struct look_up *u = mem_zalloc(sizeof(*u));
    u->resolver = r;
    u->trunk = *t;
    list_append(&r->look_ups, &u->node);
    if (ask_dns(u))
        return;
    take_host_itself(u);
    find_next(u);
}

static void on_again(void *context)
{
    resolver_look_up(context);
}

struct resolver *resolver_new(struct loop *l, struct trunks *t, struct dns_client *dns,
                              void (*on_looked_up)(void *context), void *context)
{
    struct resolver *r = mem_zalloc(sizeof(*r));
    r->loop = l;
    r->trunks = t;
    r->dns = dns;
    r->on_looked_up = on_looked_up;
    r->context = context;
    r->again = (struct timer){.on_due = on_again, .context = r};
    list_init(&r->look_ups);
    return r;
}

void resolver_free(struct resolver *r)
{
    if (!r)
        return;
    list_each_safe (node, &r->look_ups)
        look_up_free(CONTAINER_OF(node, struct look_up, node));
    timer_stop(&r->again);
    free(r);
}

void resolver_look_up(struct resolver *r)
{
    struct endpoint literal;
    bool names = false;
    r->once_more = !list_empty(&r->look_ups);
    if (r->once_more)
        return;
    list_each (node, &r->trunks->peers) {
        const struct trunk *t = &CONTAINER_OF(node, struct trunk_peer, node)->trunk;
        if (address_of_host(trunk_hop_host(t), 0, &literal))
            continue;
        names = true;
        if (!is_under_way(r, t))
            look_up(r, t);
    }
    if (names)
        timer_start(&r->again, r->loop, AGAIN_MS);
    else
        timer_stop(&r->again);
}
