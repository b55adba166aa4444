/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/ua.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "line/agent.h"
#include "line/resolver.h"
#include "line/shield.h"

enum {
    OPEN_WAIT_MS = 2000,
    CLOSE_ANSWERS_MS = 500,
    CLOSE_WAIT_MS = 2000,
    STEP_MS = 20,
    SHIELD_MS = 10 * 1000
};

/* INVITEs waiting for an answer of ours; one more gets 503 without a trace here. */
enum { PROCEEDING_MAX = 1000 };

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
    const struct trunk_peer *peer = known ? trunks_match(&l->ua->trunks, &from) : NULL;
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

static void learn_port(struct listener *l, tagi_t tags[])
{
    const sip_contact_t *contact = NULL;
    (void)tl_gets(tags, NTATAG_CONTACT_REF(contact), TAG_END());
    uint64_t port = 0;
    if (contact && contact->m_url->url_port && str_to_u64(contact->m_url->url_port, UINT16_MAX, &port))
        endpoint_set_port(&l->endpoint, (uint16_t)port);
    else if (contact)
        endpoint_set_port(&l->endpoint, 5060); /* sofia leaves SIP's own port out */
}

static void on_event(nua_event_t event, int status, const char *phrase, nua_t *nua, struct listener *l,
                     nua_handle_t *nh, struct ua_call *c, const sip_t *sip, tagi_t tags[])
{
    if (event == nua_r_get_params)
        learn_port(l, tags);
    else if (event == nua_r_shutdown)
        l->gone = l->gone || status >= 200;
    else if (c)
        call_on_event(c, event, status, sip);
    else if (event == nua_i_invite && nh && sip)
        on_new_invite(l, nh, sip);
}

/* Whether the endpoint can be bound, as an errno: sofia only says no, and leaks what it had made until then.
 */
static int probe(const struct endpoint *e)
{
    static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
    static const int on = 1;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        SCOPED_FD int fd = socket(e->address.ss_family, types[i] | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return errno;
        /* Old TCP connections in TIME_WAIT are no obstacle (and none to sofia). */
        if ((types[i] == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0) ||
            bind(fd, (const struct sockaddr *)&e->address, e->len) < 0)
            return errno;
    }
    return 0;
}

static bool listener_open(struct listener *l, struct ua *ua, const struct endpoint *e)
{
    char host[ENDPOINT_TEXT_LEN], url[ENDPOINT_TEXT_LEN + 16];
    *l = (struct listener){.ua = ua, .endpoint = *e};
    address_format_uri_host(e, host);
    (void)str_format(url, sizeof(url), "sip:%s:%u", host, endpoint_port(e));
    endpoint_set_port(&l->endpoint, 0);
    errno = probe(e);
    if (errno)
        return false;
    l->nua = nua_create(line_root_su(ua->root), on_event, l, NUTAG_URL(url), NUTAG_MEDIA_ENABLE(0),
                        NUTAG_AUTOALERT(0), NUTAG_AUTOANSWER(0), NUTAG_ENABLEMESSAGE(0), NUTAG_EARLY_MEDIA(0),
                        NUTAG_SESSION_TIMER(0),
                        /* waiting and trying again is the queue's business */
                        NUTAG_MAX_RETRY_AFTER(0), NTATAG_MAX_PROCEEDING(PROCEEDING_MAX), TPTAG_STUN_SERVER(0),
                        SIPTAG_ALLOW(NULL), SIPTAG_ALLOW_STR(our_methods), SIPTAG_SUPPORTED_STR("100rel"),
                        SIPTAG_USER_AGENT_STR("Faxpost"), TAG_END());
    if (!l->nua)
        return false;
    nua_get_params(l->nua, TAG_ANY(), TAG_END());
    for (int left = OPEN_WAIT_MS; left > 0 && endpoint_port(&l->endpoint) == 0; left -= STEP_MS)
        (void)su_root_step(line_root_su(ua->root), STEP_MS);
    return endpoint_port(&l->endpoint) != 0;
}

static void listeners_close(struct ua *ua)
{
    for (unsigned i = 0; i < ua->listener_count; i++)
        if (ua->listeners[i].nua)
            nua_shutdown(ua->listeners[i].nua);
    for (unsigned i = 0; i < ua->listener_count; i++) {
        struct listener *l = &ua->listeners[i];
        for (int left = CLOSE_WAIT_MS; l->nua && left > 0 && !l->gone; left -= STEP_MS)
            (void)su_root_step(line_root_su(ua->root), STEP_MS);
        if (l->nua)
            nua_destroy(l->nua);
    }
}

struct ua *ua_open(const struct ua_opts *opts, unsigned *failed)
{
    struct ua *ua = mem_zalloc(sizeof(*ua));
    ua->root = opts->root;
    ua->handler = opts->handler;
    ua->context = opts->context;
    ua->shield_timer = (struct timer){.on_due = on_shield_over, .context = ua};
    list_init(&ua->calls);
    trunks_init(&ua->trunks);
    guard_init(&ua->guard, clock_mono_ms());
    ua->resolver = resolver_new(line_root_loop(opts->root), &ua->trunks);
    ports_init(&ua->ports, opts->media_first, opts->media_last);
    for (unsigned i = 0; i < opts->listen_count && i < UA_LISTENERS_MAX; i++) {
        ua->listener_count = i + 1;
        if (!listener_open(&ua->listeners[i], ua, &opts->listen[i])) {
            int error = errno;
            *failed = i;
            listeners_close(ua);
            resolver_free(ua->resolver);
            free(ua);
            errno = error;
            return NULL;
        }
    }
    return ua;
}

static void hang_up_each(void *context, struct ua_call *c)
{
    ua_hang_up(c);
}

static const struct ua_handler deaf = {0};

void ua_close(struct ua *ua)
{
    if (!ua)
        return;
    ua->closing = true;
    ua->handler = &deaf;
    ua_each_call(ua, hang_up_each, NULL);
    for (int left = CLOSE_ANSWERS_MS; left > 0 && !list_empty(&ua->calls); left -= STEP_MS)
        (void)su_root_step(line_root_su(ua->root), STEP_MS);
    list_each_safe (node, &ua->calls)
        call_free(CONTAINER_OF(node, struct ua_call, node));
    timer_stop(&ua->shield_timer);
    listeners_close(ua);
    resolver_free(ua->resolver);
    trunks_clear(&ua->trunks);
    free(ua);
}

struct endpoint ua_endpoint(const struct ua *ua, unsigned i)
{
    return ua->listeners[i].endpoint;
}

void ua_set_trunks(struct ua *ua, const struct trunk *list, size_t n)
{
    ua->trunks_known = true;
    trunks_set(&ua->trunks, list, n);
    resolver_look_up(ua->resolver);
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

struct listener *ua_listener_for(struct ua *ua, int family)
{
    for (unsigned i = 0; i < ua->listener_count; i++)
        if (ua->listeners[i].endpoint.address.ss_family == family)
            return &ua->listeners[i];
    return NULL;
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
