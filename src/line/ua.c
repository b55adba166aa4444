/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/ua.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "conf/conf.h"
#include "line/agent.h"
#include "line/keepalive.h"
#include "line/registration.h"
#include "line/resolver.h"
#include "line/shield.h"
#include "net/tls_lent.h"

enum { PROBES = 16, CLOSE_ANSWERS_MS = 2000, CLOSE_WAIT_MS = 2000, SHIELD_MS = 10 * 1000 };

/* INVITEs waiting for an answer of ours; one more gets 503 without a trace here. */
enum { PROCEEDING_MAX = CONF_CALLS_MAX };

/* Certificates between a peer's and an authority. */
enum { TLS_CHAIN_MAX = 5 };

/* What nta_check_method lets through; all else is answered 405, REFER (D8) and UPDATE too: an offer in an
 * UPDATE would be answered by nobody. */
static const char our_methods[] = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK";

static bool sender_of(nua_t *nua, struct endpoint *from)
{
    msg_t *request = nua_current_request(nua);
    const su_sockaddr_t *a = request ? msg_addr(request) : NULL;
    *from = (struct endpoint){0};
    if (!a || (a->su_family != AF_INET && a->su_family != AF_INET6))
        return false;
    from->len = a->su_family == AF_INET6 ? (socklen_t)sizeof(struct sockaddr_in6)
                                         : (socklen_t)sizeof(struct sockaddr_in);
    memcpy(&from->address, a, from->len);
    return true;
}

static void on_shield_over(void *context)
{
    struct ua *ua = context;
    for (unsigned i = 0; i < ua->listener_count; i++)
        shield_lower(&ua->listeners[i].endpoint);
}

static void raise_shield(struct ua *ua)
{
    if (timer_running(&ua->shield_timer))
        return; /* what still comes was in the socket before */
    bool raised = false;
    for (unsigned i = 0; i < ua->listener_count; i++)
        raised = shield_raise(&ua->listeners[i].endpoint, &ua->trunks) || raised;
    if (raised)
        timer_start(&ua->shield_timer, line_root_loop(ua->root), SHIELD_MS);
}

static void turn_away(struct listener *l, nua_handle_t *nh, const struct endpoint *from)
{
    struct guard *g = &l->ua->guard;
    int64_t now = clock_mono_ms();
    uint64_t count;
    if (!guard_allow(g, now))
        raise_shield(l->ua);
    if (guard_log_due(g, now, &count)) {
        char text[ENDPOINT_TEXT_LEN];
        endpoint_format(from, text);
        log_warning(
            NULL,
            "a call from %s was refused: no trunk has that address (%llu such calls since the last line "
            "like this). If it should be one, add it as a trunk.",
            text, (unsigned long long)count);
    }
    nua_respond(nh, SIP_403_FORBIDDEN, NUTAG_WITH_THIS(l->nua), TAG_END());
    nua_handle_destroy(nh);
}

static void on_new_invite(struct listener *l, nua_handle_t *nh, const sip_t *sip)
{
    /* Without trunks yet we could only take friends for strangers. */
    if (l->ua->closing || !l->ua->trunks_known) {
        nua_respond(nh, SIP_503_SERVICE_UNAVAILABLE, NUTAG_WITH_THIS(l->nua), SIPTAG_RETRY_AFTER_STR("2"),
                    TAG_END());
        nua_handle_destroy(nh);
        return;
    }
    struct endpoint from;
    bool known = sender_of(l->nua, &from);
    const char *called = sip->sip_request->rq_url->url_user;
    const struct trunk_peer *peer = known ? trunks_match(&l->ua->trunks, &from, called) : NULL;
    if (!peer) {
        turn_away(l, nh, &from);
        return;
    }
    struct ua_call *c = call_new(l->ua, l, id_new());
    c->nh = nh;
    c->trunk = peer->trunk;
    nua_handle_bind(nh, c);
    call_invited(c, sip, &from);
}

static void on_event(nua_event_t event, int status, const char *phrase, nua_t *nua, struct listener *l,
                     nua_handle_t *nh, struct ua_call *c, const sip_t *sip, tagi_t tags[])
{
    if (event == nua_r_shutdown)
        l->gone = l->gone || status >= 200;
    else if (c)
        call_on_event(c, event, status, sip);
    else if (registrations_on_event(l->ua, nh, event, status, sip) ||
             keepalives_on_event(l->ua, nh, event, status, sip))
        return;
    else if (event == nua_i_invite && nh && sip)
        on_new_invite(l, nh, sip);
}

/* Binds and lets go of the endpoint, as an errno: sofia only says no, and leaks what it had made until then.
 * Port 0 becomes one that is free for UDP and TCP. */
static int probe(struct endpoint *e)
{
    static const int on = 1;
    for (int i = 0; i < PROBES; i++) {
        struct endpoint at = *e;
        SCOPED_FD int udp = socket(e->address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        SCOPED_FD int tcp = socket(e->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (e->address.ss_family == AF_INET6 && udp >= 0)
            (void)setsockopt(udp, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
        if (udp < 0 || tcp < 0 || bind(udp, (const struct sockaddr *)&at.address, at.len) < 0)
            return errno;
        int error = endpoint_of_socket(udp, &at);
        if (error)
            return error;
        /* Old TCP connections in TIME_WAIT are no obstacle (and none to sofia); `::` does not mean IPv4 too.
         */
        if (setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
            (at.address.ss_family == AF_INET6 &&
             setsockopt(tcp, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0))
            return errno;
        if (bind(tcp, (const struct sockaddr *)&at.address, at.len) == 0) {
            *e = at;
            return 0;
        }
        if (errno != EADDRINUSE || endpoint_port(e) != 0)
            return errno;
    }
    return EADDRINUSE;
}

static bool listener_open(struct ua *ua, const struct endpoint *e, bool tls)
{
    char host[ENDPOINT_TEXT_LEN], url[ENDPOINT_TEXT_LEN + 32];
    if (ua->listener_count == INTERFACES_MAX)
        return true;
    struct listener *l = &ua->listeners[ua->listener_count++];
    *l = (struct listener){.ua = ua, .endpoint = *e, .tls = tls};
    address_format_uri_host(e, host);
    (void)str_format(url, sizeof(url), "%s:%s:%u", tls ? "sips" : "sip", host, endpoint_port(e));
    errno = 0;
    l->nua = nua_create(line_root_su(ua->root), on_event, l, NUTAG_URL(url), NUTAG_MEDIA_ENABLE(0),
                        NUTAG_AUTOALERT(0), NUTAG_AUTOANSWER(0), NUTAG_AUTOACK(0), NUTAG_ENABLEMESSAGE(0),
                        NUTAG_EARLY_MEDIA(0), NUTAG_SESSION_TIMER(0),
                        /* waiting and trying again is the queue's business */
                        NUTAG_MAX_RETRY_AFTER(0), NTATAG_MAX_PROCEEDING(PROCEEDING_MAX), TPTAG_STUN_SERVER(0),
                        SIPTAG_ALLOW(NULL), SIPTAG_ALLOW_STR(our_methods), SIPTAG_SUPPORTED_STR("100rel"),
                        SIPTAG_USER_AGENT_STR("Faxpost"), TAG_IF(tls, NUTAG_CERTIFICATE_DIR(TLS_LENT_FOLDER)),
                        TAG_IF(tls, TPTAG_TLS_VERIFY_POLICY(TPTLS_VERIFY_SUBJECTS_OUT)),
                        TAG_IF(tls, TPTAG_TLS_VERIFY_DEPTH(TLS_CHAIN_MAX)), TAG_END());
    return l->nua != NULL;
}

/* fe80::/10 needs an interface's name in every URI. */
static bool is_link_local(const struct sockaddr *a)
{
    return a->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

/* 0.0.0.0 or ::, one listener for each address this machine has now. */
static bool interfaces_open(struct ua *ua, const struct endpoint *any, bool tls)
{
    struct ifaddrs *list;
    bool good = true;
    if (getifaddrs(&list) < 0)
        return false;
    for (const struct ifaddrs *i = list; good && i; i = i->ifa_next) {
        if (!i->ifa_addr || i->ifa_addr->sa_family != any->address.ss_family || is_link_local(i->ifa_addr))
            continue;
        struct endpoint e = *any;
        memcpy(&e.address, i->ifa_addr, e.len);
        endpoint_set_port(&e, endpoint_port(any));
        good = listener_open(ua, &e, tls);
    }
    freeifaddrs(list);
    return good;
}

static bool named_open(struct ua *ua, const struct endpoint *e, bool tls)
{
    struct endpoint *named = &ua->named[ua->named_count++];
    *named = *e;
    errno = probe(named);
    if (errno)
        return false;
    return address_is_any(named) ? interfaces_open(ua, named, tls) : listener_open(ua, named, tls);
}

static bool all_gone(void *context)
{
    const struct ua *ua = context;
    for (unsigned i = 0; i < ua->listener_count; i++)
        if (ua->listeners[i].nua && !ua->listeners[i].gone)
            return false;
    return true;
}

static void listeners_close(struct ua *ua)
{
    for (unsigned i = 0; i < ua->listener_count; i++)
        if (ua->listeners[i].nua)
            nua_shutdown(ua->listeners[i].nua);
    line_root_run_sofia(ua->root, CLOSE_WAIT_MS, all_gone, ua);
    for (unsigned i = 0; i < ua->listener_count; i++)
        if (ua->listeners[i].nua)
            nua_destroy(ua->listeners[i].nua);
}

static void on_addresses(void *context)
{
    registrations_kick(context);
    keepalives_kick(context);
}

/* ---- TLS connections that failed ---- */

/* More at once than there is room for: those are found out when nobody answers. */
static void on_tls_fault(void *context, const struct endpoint *peer, enum tls_fault f)
{
    struct ua *ua = context;
    if (ua->tls_fault_count == TLS_FAULTS_MAX)
        return;
    ua->tls_faults[ua->tls_fault_count].peer = *peer;
    ua->tls_faults[ua->tls_fault_count++].fault = f;
    timer_start(&ua->tls_timer, line_root_loop(ua->root), 0);
}

static void tell_tls_faults(void *context)
{
    struct ua *ua = context;
    for (unsigned i = 0; i < ua->tls_fault_count; i++) {
        const struct endpoint *peer = &ua->tls_faults[i].peer;
        registrations_on_tls_fault(ua, peer, ua->tls_faults[i].fault);
        keepalives_on_tls_fault(ua, peer, ua->tls_faults[i].fault);
        list_each_safe (node, &ua->calls)
            call_on_tls_fault(CONTAINER_OF(node, struct ua_call, node), peer, ua->tls_faults[i].fault);
    }
    ua->tls_fault_count = 0;
}

static bool open_all(struct ua *ua, const struct ua_opts *opts)
{
    for (unsigned i = 0; i < opts->listen_count && i < UA_LISTENERS_MAX; i++)
        if (!named_open(ua, &opts->listen[i], false))
            return false;
    for (unsigned i = 0; i < opts->listen_tls_count && i < UA_LISTENERS_MAX; i++)
        if (!named_open(ua, &opts->listen_tls[i], true))
            return false;
    return true;
}

struct ua *ua_open(const struct ua_opts *opts, unsigned *failed)
{
    struct ua *ua = mem_zalloc(sizeof(*ua));
    ua->root = opts->root;
    ua->handler = opts->handler;
    ua->context = opts->context;
    ua->shield_timer = (struct timer){.on_due = on_shield_over, .context = ua};
    ua->tls_watch = (struct tls_watch){.on_fault = on_tls_fault, .context = ua};
    ua->tls_timer = (struct timer){.on_due = tell_tls_faults, .context = ua};
    tls_watch_start(&ua->tls_watch, ua->root);
    auth_keep_from_sofia();
    ua->open_secret = opts->open_secret;
    ua->refresh_least_s = opts->refresh_least_s ? opts->refresh_least_s : (uint32_t)REFRESH_LEAST_S;
    list_init(&ua->calls);
    list_init(&ua->registrations);
    list_init(&ua->keepalives);
    trunks_init(&ua->trunks);
    guard_init(&ua->guard, clock_mono_ms());
    ua->resolver = resolver_new(line_root_loop(opts->root), &ua->trunks, opts->dns, on_addresses, ua);
    ports_init(&ua->ports, opts->media_first, opts->media_last);
    if (open_all(ua, opts))
        return ua;
    int error = errno;
    *failed = ua->named_count - 1;
    listeners_close(ua);
    tls_watch_stop(&ua->tls_watch);
    resolver_free(ua->resolver);
    free(ua);
    errno = error;
    return NULL;
}

static void hang_up_each(void *context, struct ua_call *c)
{
    ua_hang_up(c);
}

static bool all_answered(void *context)
{
    const struct ua *ua = context;
    return list_empty(&ua->calls) && !registrations_leaving(ua);
}

static const struct ua_handler deaf = {0};

void ua_close(struct ua *ua)
{
    if (!ua)
        return;
    ua->closing = true;
    ua->handler = &deaf;
    ua_each_call(ua, hang_up_each, NULL);
    registrations_leave(ua);
    line_root_run_sofia(ua->root, CLOSE_ANSWERS_MS, all_answered, ua);
    registrations_free(ua);
    keepalives_free(ua);
    list_each_safe (node, &ua->calls)
        call_free(CONTAINER_OF(node, struct ua_call, node));
    timer_stop(&ua->shield_timer);
    listeners_close(ua);
    tls_watch_stop(&ua->tls_watch);
    timer_stop(&ua->tls_timer);
    resolver_free(ua->resolver);
    trunks_clear(&ua->trunks);
    free(ua);
}

struct endpoint ua_endpoint(const struct ua *ua, unsigned i)
{
    return ua->named[i];
}

void ua_set_trunks(struct ua *ua, const struct trunk *list, size_t n)
{
    ua->trunks_known = true;
    trunks_set(&ua->trunks, list, n);
    resolver_look_up(ua->resolver);
    registrations_follow(ua);
    keepalives_follow(ua);
    if (timer_running(&ua->shield_timer)) { /* it lets the old ones through */
        timer_stop(&ua->shield_timer);
        on_shield_over(ua);
    }
}

const struct trunk *ua_trunk(const struct ua *ua, const char *id)
{
    const struct trunk_peer *peer = trunks_find(&ua->trunks, id);
    return peer ? &peer->trunk : NULL;
}

void ua_set_trunk_state(struct ua *ua, const char *id, enum trunk_state state, uint32_t next_s,
                        const char *text)
{
    list_each (node, &ua->trunks.peers) {
        struct trunk_peer *p = CONTAINER_OF(node, struct trunk_peer, node);
        if (!str_equal(p->trunk.id, id))
            continue;
        p->health.state = state;
        p->health.next_s = next_s;
        (void)str_copy(p->health.text, sizeof(p->health.text), text);
        if (ua->handler->on_trunk)
            ua->handler->on_trunk(ua->context, &p->trunk, &p->health);
    }
}

void ua_tell_trunks(struct ua *ua)
{
    list_each (node, &ua->trunks.peers) {
        const struct trunk_peer *p = CONTAINER_OF(node, struct trunk_peer, node);
        if (ua->handler->on_trunk)
            ua->handler->on_trunk(ua->context, &p->trunk, &p->health);
    }
}

enum trunk_way ua_peer_endpoint(const struct ua *ua, const struct trunk *t, struct endpoint *e)
{
    const struct trunk_peer *p = trunks_find(&ua->trunks, t->id);
    struct trunk_peer alone = {.trunk = *t, .looked_up = true};
    alone.address_count = address_of_host(trunk_hop_host(t), trunk_hop_port(t), &alone.addresses[0]) ? 1 : 0;
    return trunk_best_address(alone.address_count || !p ? &alone : p, ua_has_family(ua, AF_INET),
                              ua_has_family(ua, AF_INET6), clock_mono_ms(), e);
}

void ua_peer_failed(struct ua *ua, const struct trunk *t, const struct endpoint *peer)
{
    trunks_address_failed(&ua->trunks, t->id, peer, clock_mono_ms());
}

static struct listener *first_of_family(const struct ua *ua, int family, bool tls)
{
    for (unsigned i = 0; i < ua->listener_count; i++)
        if (ua->listeners[i].endpoint.address.ss_family == family && ua->listeners[i].tls == tls)
            return (struct listener *)&ua->listeners[i];
    return NULL;
}

bool ua_has_family(const struct ua *ua, int family)
{
    return first_of_family(ua, family, false) || first_of_family(ua, family, true);
}

struct listener *ua_listener_for(struct ua *ua, const struct endpoint *peer, enum trunk_transport way)
{
    struct endpoint local;
    bool tls = way == TRUNK_TLS, routed = ports_local_for(peer, &local) == 0;
    for (unsigned i = 0; routed && i < ua->listener_count; i++)
        if (ua->listeners[i].tls == tls && endpoint_equal_host(&ua->listeners[i].endpoint, &local))
            return &ua->listeners[i];
    return first_of_family(ua, peer->address.ss_family, tls);
}

bool ua_proxy(const struct trunk *t, const struct endpoint *peer, char proxy[CALL_URL_LEN])
{
    char address[ENDPOINT_TEXT_LEN];
    struct endpoint literal;
    const char *host = trunk_hop_host(t);
    address_format_uri_host(peer, address);
    bool named = t->transport == TRUNK_TLS && !address_of_host(host, 0, &literal);
    return str_format(proxy, CALL_URL_LEN, "sip:%s:%u;transport=%s%s%s", named ? host : address,
                      endpoint_port(peer), trunk_transport_name(t->transport), named ? ";maddr=" : "",
                      named ? address : "");
}

struct ua_call *ua_find(const struct ua *ua, struct id attempt)
{
    list_each (node, &ua->calls) {
        struct ua_call *c = CONTAINER_OF(node, struct ua_call, node);
        if (id_equal(c->attempt, attempt))
            return c;
    }
    return NULL;
}

void ua_each_call(struct ua *ua, void (*f)(void *context, struct ua_call *call), void *context)
{
    list_each_safe (node, &ua->calls)
        f(context, CONTAINER_OF(node, struct ua_call, node));
}
