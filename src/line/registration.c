/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/registration.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "line/number.h"
#include "line/register_plan.h"

enum { TOKEN_BYTES = 12, NO_ADDRESS_S = 5 };

struct registration {
    struct list node;
    struct ua *ua;
    struct trunk trunk; /* as it was when it began */
    struct listener *listener;
    nua_handle_t *nh;     /* of the REGISTER under way; NULL: none */
    struct endpoint peer; /* to whom */
    struct timer timer;   /* refresh, or next try */
    unsigned failures;    /* in a row */
    bool bound;           /* the registrar has our contact, as far as we know */
    bool leaving;         /* nobody wants it any more */
    bool taking_back;     /* its last request is the one under way */
    bool no_address;      /* the name has none yet */
    bool challenged;      /* the request under way has credentials */
    bool stale_once;      /* it was sent again for a nonce that had run out */
    uint32_t cseq, asked_s;
    char call_id[2 * TOKEN_BYTES + 1], tag[2 * TOKEN_BYTES + 1];
    char url[CALL_URL_LEN], who[CALL_URL_LEN], contact[CALL_URL_LEN], proxy[CALL_URL_LEN];
};

static void on_timer(void *context);

/* ---- life ---- */

static void token(char text[2 * TOKEN_BYTES + 1])
{
    uint8_t random[TOKEN_BYTES];
    rand_bytes(random, sizeof(random));
    hex_format(random, sizeof(random), text);
}

static struct registration *registration_new(struct ua *ua, const struct trunk *t)
{
    struct registration *r = mem_zalloc(sizeof(*r));
    r->ua = ua;
    r->trunk = *t;
    r->asked_s = t->register_s;
    r->timer = (struct timer){.on_due = on_timer, .context = r};
    token(r->call_id);
    token(r->tag);
    list_append(&ua->registrations, &r->node);
    return r;
}

static void drop_handle(struct registration *r)
{
    if (r->nh)
        nua_handle_destroy(r->nh);
    r->nh = NULL;
}

/* A former one of the same account, that has not been taken back yet: to do so later would take back the new
 * one. */
static bool is_former(const struct registration *former, const struct registration *r)
{
    return former->leaving && !r->leaving && str_equal(former->trunk.id, r->trunk.id) &&
           str_equal(former->trunk.host, r->trunk.host) && str_equal(former->trunk.user, r->trunk.user);
}

static bool waits_for_former(const struct registration *r)
{
    list_each (node, &r->ua->registrations)
        if (is_former(CONTAINER_OF(node, struct registration, node), r))
            return true;
    return false;
}

static void registration_free(struct registration *r)
{
    list_each (node, &r->ua->registrations) {
        struct registration *next = CONTAINER_OF(node, struct registration, node);
        if (is_former(r, next))
            timer_start(&next->timer, line_root_loop(r->ua->root), 0);
    }
    timer_stop(&r->timer);
    drop_handle(r);
    list_remove(&r->node);
    free(r);
}

static void say(struct registration *r, enum trunk_state state, uint32_t next_s, const char *text)
{
    if (!r->leaving)
        ua_set_trunk_state(r->ua, r->trunk.id, state, next_s, text);
}

/* ---- asking ---- */

static bool make_urls(struct registration *r)
{
    char ours[ENDPOINT_TEXT_LEN], user[3 * TRUNK_USER_LEN], port[16] = "";
    const struct trunk *t = &r->trunk;
    const struct endpoint us = trunk_our_address(t, &r->listener->endpoint);
    address_format_uri_host(&us, ours);
    if (t->port)
        (void)str_format(port, sizeof(port), ":%u", t->port);
    return number_to_userinfo(t->user, user, sizeof(user)) && ua_proxy(t, &r->peer, r->proxy) &&
           str_format(r->url, sizeof(r->url), "sip:%s%s", t->host, port) &&
           str_format(r->who, sizeof(r->who), "<sip:%s@%s>", user, t->host) &&
           str_format(r->contact, sizeof(r->contact), "<sip:%s@%s:%u;transport=%s>", t->id, ours,
                      endpoint_port(&r->listener->endpoint), trunk_transport_name(t->transport));
}

static void send_register(struct registration *r, const sip_t *challenge, const char *credentials)
{
    char from[CALL_URL_LEN + 64], expires[16], call_id[sizeof(r->call_id) + 16];
    bool www = challenge && challenge->sip_status->st_status == 401;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    sip_cseq_t *cseq = sip_cseq_create(home, ++r->cseq, SIP_METHOD_REGISTER);
    (void)str_format(from, sizeof(from), "%s;tag=%s", r->who, r->tag);
    (void)str_format(call_id, sizeof(call_id), "%s@faxpost", r->call_id);
    (void)str_format(expires, sizeof(expires), "%u", r->taking_back ? 0 : r->asked_s);
    drop_handle(r);
    r->nh = nua_handle(r->listener->nua, NULL, NUTAG_RETRY_COUNT(0), TAG_END());
    nua_set_hparams(r->nh, NUTAG_PROXY(r->proxy), TAG_END());
    nua_method(r->nh, NUTAG_METHOD("REGISTER"), NUTAG_URL(r->url), SIPTAG_FROM_STR(from),
               SIPTAG_TO_STR(r->who), SIPTAG_CALL_ID_STR(call_id), SIPTAG_CSEQ(cseq),
               SIPTAG_CONTACT_STR(r->contact), SIPTAG_EXPIRES_STR(expires),
               TAG_IF(challenge && www, SIPTAG_AUTHORIZATION_STR(credentials)),
               TAG_IF(challenge && !www, SIPTAG_PROXY_AUTHORIZATION_STR(credentials)), TAG_END());
    su_home_deinit(home);
}

static void failed(struct registration *r, enum register_failure f, uint32_t retry_after_s,
                   const char *format, ...) PRINTF_LIKE(4, 5);

static void begin(struct registration *r)
{
    r->challenged = r->stale_once = false;
    enum trunk_way way = ua_peer_endpoint(r->ua, &r->trunk, &r->peer);
    r->no_address = way < TRUNK_WAY_WORN;
    if (way == TRUNK_WAY_UNKNOWN) /* registrations_kick follows */
        return;
    if (r->no_address) {
        failed(r, REGISTER_UNREACHED, 0,
               "The name %s has no address that we could use: the DNS knows none, or none of the family of "
               "our own "
               "addresses (sip_listen).",
               trunk_hop_host(&r->trunk));
        return;
    }
    r->listener = ua_listener_for(r->ua, &r->peer, r->trunk.transport);
    if (!r->listener || !make_urls(r)) {
        failed(r, REGISTER_UNREACHED, 0,
               "We have no SIP address that reaches %s, or the trunk's user name is too long. Look at "
               "sip_listen, for TLS at sip_tls_listen, in faxpost.conf.",
               r->trunk.host);
        return;
    }
    send_register(r, NULL, NULL);
}

static void on_timer(void *context)
{
    if (!waits_for_former(context))
        begin(context);
}

static void take_back(struct registration *r)
{
    r->taking_back = true;
    begin(r);
}

/* ---- answers ---- */

static void failed(struct registration *r, enum register_failure f, uint32_t retry_after_s,
                   const char *format, ...)
{
    char text[OUTCOME_TEXT_LEN];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    drop_handle(r);
    r->bound = false;
    r->failures++;
    if (f == REGISTER_UNREACHED && !r->no_address)
        ua_peer_failed(r->ua, &r->trunk, &r->peer);
    uint32_t wait_s = register_retry_s(f, r->failures, retry_after_s, rand_below(UINT32_MAX));
    if (r->failures == 1 && !r->leaving)
        log_error(NULL, "trunk %s is not registered: %s It is tried again.", r->trunk.name, text);
    say(r, TRUNK_DOWN, wait_s, text);
    timer_start(&r->timer, line_root_loop(r->ua->root), (int64_t)wait_s * 1000);
}

/* Seconds the registrar gave our contact; where it does not list it, what it says for all, or what we asked
 * for. */
static uint32_t granted(const struct registration *r, const sip_t *sip)
{
    uint64_t seconds = sip->sip_expires ? sip->sip_expires->ex_delta : r->asked_s;
    for (const sip_contact_t *c = sip->sip_contact; c; c = c->m_next)
        if (c->m_url->url_user && str_equal(c->m_url->url_user, r->trunk.id) && c->m_expires &&
            str_to_u64(c->m_expires, UINT32_MAX, &seconds))
            break;
    return seconds > REGISTER_MOST_S ? (uint32_t)REGISTER_MOST_S : (uint32_t)seconds;
}

static void succeeded(struct registration *r, const sip_t *sip)
{
    char text[OUTCOME_TEXT_LEN];
    uint32_t seconds = granted(r, sip), again_s = register_refresh_s(seconds);
    drop_handle(r);
    if (!r->bound)
        log_info(NULL, "trunk %s is registered at %s for %u s", r->trunk.name, r->trunk.host, seconds);
    r->bound = true;
    r->failures = 0;
    (void)str_format(text, sizeof(text), "Registered as %.128s at %.255s.", r->trunk.user, r->trunk.host);
    say(r, TRUNK_UP, again_s, text);
    timer_start(&r->timer, line_root_loop(r->ua->root), (int64_t)again_s * 1000);
}

static bool is_stale(const sip_t *sip)
{
    const msg_auth_t *at =
        sip->sip_status->st_status == 407 ? sip->sip_proxy_authenticate : sip->sip_www_authenticate;
    const char *stale = at ? msg_header_find_param(at->au_common, "stale=") : NULL;
    return stale && (str_equal_nocase(stale, "true") || str_equal_nocase(stale, "\"true\""));
}

static void on_challenge(struct registration *r, int status, const sip_t *sip)
{
    SCOPED_BUF struct buf credentials;
    char secret[UA_SECRET_LEN] = "", cnonce[AUTH_CNONCE_LEN];
    if (r->challenged && is_stale(sip) && !r->stale_once) {
        r->stale_once = true;
        r->challenged = false;
    }
    if (r->ua->open_secret && !r->ua->open_secret(r->ua->context, &r->trunk, secret, sizeof(secret))) {
        failed(r, REGISTER_REFUSED, 0,
               "The stored password cannot be read with this installation's key. Set it again: faxpost set "
               "trunks.%s.password",
               r->trunk.name);
        return;
    }
    buf_init(&credentials, AUTH_HEADER_MAX);
    auth_cnonce(cnonce);
    const struct auth_try try = {.user = r->trunk.user,
                                 .secret = secret,
                                 .method = "REGISTER",
                                 .uri = r->url,
                                 .cnonce = cnonce,
                                 .answered = r->challenged};
    enum auth_result result = auth_answer(sip, &try, &credentials);
    explicit_bzero(secret, sizeof(secret));
    r->challenged = true;
    if (result == AUTH_READY)
        send_register(r, sip, buf_text(&credentials));
    else if (result == AUTH_REFUSED)
        failed(r, REGISTER_REFUSED, 0,
               "%s does not accept our user name and password (%d). Check both: faxpost set "
               "trunks.%s.password",
               r->trunk.host, status, r->trunk.name);
    else
        failed(r, REGISTER_REFUSED, 0,
               "%s wants a kind of login that we do not have (only Digest with MD5 or SHA-256).",
               r->trunk.host);
}

/* 423 (RFC 3261 §10.2.8). */
static bool ask_for_longer(struct registration *r, const sip_t *sip)
{
    uint32_t least = sip->sip_min_expires ? (uint32_t)sip->sip_min_expires->me_delta : 0;
    if (least <= r->asked_s || least > REGISTER_MOST_S)
        return false;
    r->asked_s = least;
    begin(r);
    return true;
}

static uint32_t retry_after(const sip_t *sip)
{
    return sip->sip_retry_after ? (uint32_t)sip->sip_retry_after->af_delta : 0;
}

static void refused(struct registration *r, int status, const sip_t *sip)
{
    const char *host = r->trunk.host;
    if (status == 423 && ask_for_longer(r, sip))
        return;
    if (status == 404)
        failed(r, REGISTER_REFUSED, 0, "%s knows no user %s (404). Check the trunk's user name.", host,
               r->trunk.user);
    else if (status == 403)
        failed(r, REGISTER_REFUSED, retry_after(sip),
               "%s refuses to register us (403): the account may be closed, or allowed from elsewhere only. "
               "Check user "
               "name and password, then ask who runs it.",
               host);
    else
        failed(r, status >= 500 ? REGISTER_UNREACHED : REGISTER_REFUSED, retry_after(sip),
               "%s answered our registration with %d %s.", host, status, sip_status_phrase(status));
}

/* The answer to what was under way when it was to leave, or to its last request. */
static void take_back_if(struct registration *r, bool taken)
{
    drop_handle(r);
    r->bound = r->bound || taken;
    if (r->bound && !r->taking_back)
        take_back(r);
}

static void on_answer(struct registration *r, int status, const sip_t *sip)
{
    bool from_network = call_answer_came(sip);
    if (status < 200)
        return;
    if ((status == 401 || status == 407) && from_network && r->leaving == r->taking_back)
        on_challenge(r, status, sip);
    else if (r->leaving)
        take_back_if(r, status < 300 && from_network);
    else if (status < 300 && from_network)
        succeeded(r, sip);
    else if (from_network)
        refused(r, status, sip);
    else
        failed(r, REGISTER_UNREACHED, 0,
               "%s does not answer our registration. Check its address, port and transport, and that no "
               "firewall is "
               "between us.",
               trunk_hop_host(&r->trunk));
}

bool registrations_on_event(struct ua *ua, nua_handle_t *nh, nua_event_t event, int status, const sip_t *sip)
{
    list_each_safe (node, &ua->registrations) {
        struct registration *r = CONTAINER_OF(node, struct registration, node);
        if (r->nh != nh || !nh)
            continue;
        if (event == nua_r_method)
            on_answer(r, status, sip);
        if (r->leaving && (!r->nh || timer_running(&r->timer)))
            registration_free(r);
        return true;
    }
    return false;
}

void registrations_on_tls_fault(struct ua *ua, const struct endpoint *peer, enum tls_fault f)
{
    char why[OUTCOME_TEXT_LEN];
    list_each_safe (node, &ua->registrations) {
        struct registration *r = CONTAINER_OF(node, struct registration, node);
        if (!r->nh || r->trunk.transport != TRUNK_TLS || !endpoint_equal(&r->peer, peer))
            continue;
        tls_fault_text(f, trunk_hop_host(&r->trunk), why, sizeof(why));
        failed(r, REGISTER_UNREACHED, 0, "%s", why);
        if (r->leaving)
            registration_free(r);
    }
}

/* ---- what is wanted ---- */

static void leave(struct registration *r)
{
    r->leaving = true;
    timer_stop(&r->timer);
    if (r->nh) /* one at a time (RFC 3261 §10.2): its answer says whether there is something to take back */
        return;
    if (r->bound)
        take_back(r);
    if (!r->nh) /* never taken, or its address is gone */
        registration_free(r);
}

static struct registration *find(const struct ua *ua, const char *id)
{
    list_each (node, &ua->registrations) {
        struct registration *r = CONTAINER_OF(node, struct registration, node);
        if (!r->leaving && str_equal(r->trunk.id, id))
            return r;
    }
    return NULL;
}

static bool same(const struct trunk *a, const struct trunk *b)
{
    return b->registers && str_equal(a->host, b->host) && a->port == b->port && trunk_same_hop(a, b) &&
           str_equal(a->user, b->user) && a->register_s == b->register_s &&
           a->secret_mark == b->secret_mark && trunk_same_advertised(a, b);
}

void registrations_follow(struct ua *ua)
{
    list_each_safe (node, &ua->registrations) {
        struct registration *r = CONTAINER_OF(node, struct registration, node);
        const struct trunk_peer *p = trunks_find(&ua->trunks, r->trunk.id);
        if (!r->leaving && (!p || !same(&r->trunk, &p->trunk)))
            leave(r);
    }
    list_each (node, &ua->trunks.peers) {
        const struct trunk *t = &CONTAINER_OF(node, struct trunk_peer, node)->trunk;
        if (!t->registers || find(ua, t->id))
            continue;
        struct registration *r = registration_new(ua, t);
        say(r, TRUNK_TRYING, 0, "Registering.");
        /* From the loop: a name's address may be there in a moment. */
        timer_start(&r->timer, line_root_loop(ua->root), 0);
    }
}

void registrations_kick(struct ua *ua)
{
    list_each (node, &ua->registrations) {
        struct registration *r = CONTAINER_OF(node, struct registration, node);
        struct endpoint e;
        bool found = ua_peer_endpoint(ua, &r->trunk, &e) >= TRUNK_WAY_WORN;
        if (r->no_address && !r->nh && !r->leaving && (found || !timer_running(&r->timer)))
            timer_start(&r->timer, line_root_loop(ua->root), 0);
    }
}

void registrations_renew(struct ua *ua, const char *trunk_id)
{
    struct registration *r = find(ua, trunk_id);
    if (r && r->bound && !r->nh)
        timer_start(&r->timer, line_root_loop(ua->root), 0);
}

void registrations_leave(struct ua *ua)
{
    list_each_safe (node, &ua->registrations) {
        struct registration *r = CONTAINER_OF(node, struct registration, node);
        if (!r->leaving)
            leave(r);
    }
}

bool registrations_leaving(const struct ua *ua)
{
    return !list_empty(&ua->registrations);
}

void registrations_free(struct ua *ua)
{
    list_each_safe (node, &ua->registrations)
        registration_free(CONTAINER_OF(node, struct registration, node));
}
