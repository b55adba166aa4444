/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/keepalive.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/str.h"
#include "line/register_plan.h"
#include "line/registration.h"

struct keepalive {
    struct list node;
    struct ua *ua;
    struct trunk trunk;   /* as it was when it began */
    nua_handle_t *nh;     /* of the OPTIONS under way; NULL: none */
    struct endpoint peer; /* to whom */
    struct timer timer;   /* the next one */
    unsigned failures;    /* in a row */
    bool no_address;      /* the name has none yet */
};

static struct keepalive *keepalive_of(struct list *node)
{
    return CONTAINER_OF(node, struct keepalive, node);
}

static void drop_handle(struct keepalive *k)
{
    if (k->nh)
        nua_handle_destroy(k->nh);
    k->nh = NULL;
}

static void keepalive_free(struct keepalive *k)
{
    timer_stop(&k->timer);
    drop_handle(k);
    list_remove(&k->node);
    free(k);
}

static void say(struct keepalive *k, enum trunk_state state, uint32_t next_s, const char *text)
{
    if (!k->trunk.registers)
        ua_set_trunk_state(k->ua, k->trunk.id, state, next_s, text);
}

static void again_in(struct keepalive *k, uint32_t seconds)
{
    drop_handle(k);
    timer_start(&k->timer, line_root_loop(k->ua->root), (int64_t)seconds * 1000);
}

static void failed(struct keepalive *k, const char *format, ...) PRINTF_LIKE(2, 3);

static void failed(struct keepalive *k, const char *format, ...)
{
    char text[OUTCOME_TEXT_LEN];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    k->failures++;
    if (!k->no_address)
        ua_peer_failed(k->ua, &k->trunk, &k->peer);
    uint32_t wait_s = register_retry_s(REGISTER_UNREACHED, k->failures, 0, rand_below(UINT32_MAX));
    if (wait_s > k->trunk.keepalive_s)
        wait_s = k->trunk.keepalive_s;
    if (k->failures == 1)
        log_error(NULL, "trunk %s is down: %s It is asked again.", k->trunk.name, text);
    say(k, TRUNK_DOWN, wait_s, text);
    again_in(k, wait_s);
    if (k->trunk.registers && !k->no_address)
        registrations_renew(k->ua, k->trunk.id);
}

static bool make_urls(const struct trunk *t, const struct endpoint *peer, const struct listener *l,
                      char url[CALL_URL_LEN], char proxy[CALL_URL_LEN], char from[CALL_URL_LEN])
{
    char ours[ENDPOINT_TEXT_LEN], port[16] = "";
    const struct endpoint us = trunk_our_address(t, &l->endpoint);
    address_format_uri_host(&us, ours);
    if (t->port)
        (void)str_format(port, sizeof(port), ":%u", t->port);
    return ua_proxy(t, peer, proxy) && str_format(url, CALL_URL_LEN, "sip:%s%s", t->host, port) &&
           str_format(from, CALL_URL_LEN, "<sip:faxpost@%s>", ours);
}

static void ask(void *context)
{
    struct keepalive *k = context;
    char url[CALL_URL_LEN], proxy[CALL_URL_LEN], from[CALL_URL_LEN];
    enum trunk_way way = ua_peer_endpoint(k->ua, &k->trunk, &k->peer);
    k->no_address = way < TRUNK_WAY_WORN;
    if (way == TRUNK_WAY_UNKNOWN) /* keepalives_kick follows */
        return;
    if (k->no_address) {
        failed(k,
               "The name %s has no address that we could use: the DNS knows none, or none of the family of "
               "our own addresses (sip_listen).",
               trunk_hop_host(&k->trunk));
        return;
    }
    struct listener *l = ua_listener_for(k->ua, &k->peer, k->trunk.transport);
    if (!l || !make_urls(&k->trunk, &k->peer, l, url, proxy, from)) {
        failed(k,
               "We have no SIP address that reaches %s. Look at sip_listen, for TLS at sip_tls_listen, in "
               "faxpost.conf.",
               trunk_hop_host(&k->trunk));
        return;
    }
    k->nh = nua_handle(l->nua, NULL, NUTAG_RETRY_COUNT(0), TAG_END());
    nua_set_hparams(k->nh, NUTAG_PROXY(proxy), TAG_END());
    nua_options(k->nh, NUTAG_URL(url), SIPTAG_FROM_STR(from), SIPTAG_TO_STR(url), TAG_END());
}

static void answered(struct keepalive *k, int status)
{
    char text[OUTCOME_TEXT_LEN];
    if (k->failures > 0)
        log_info(NULL, "trunk %s answers again", k->trunk.name);
    k->failures = 0;
    (void)str_format(text, sizeof(text), "%.255s answers (%d).", k->trunk.host, status);
    say(k, TRUNK_UP, k->trunk.keepalive_s, text);
    again_in(k, k->trunk.keepalive_s);
}

bool keepalives_on_event(struct ua *ua, nua_handle_t *nh, nua_event_t event, int status, const sip_t *sip)
{
    list_each_safe (node, &ua->keepalives) {
        struct keepalive *k = keepalive_of(node);
        if (k->nh != nh || !nh)
            continue;
        bool from_network = call_answer_came(sip);
        if (event == nua_r_options && status >= 200 && from_network)
            answered(k, status);
        else if (event == nua_r_options && status >= 200)
            failed(k,
                   "%s does not answer. Check its address, port and transport, that it runs, and that no "
                   "firewall is between us; if it takes calls and only passes OPTIONS over: faxpost set "
                   "trunks.%s.keepalive 0",
                   trunk_hop_host(&k->trunk), k->trunk.name);
        return true;
    }
    return false;
}

void keepalives_on_tls_fault(struct ua *ua, const struct endpoint *peer, enum tls_fault f)
{
    char why[OUTCOME_TEXT_LEN];
    list_each_safe (node, &ua->keepalives) {
        struct keepalive *k = keepalive_of(node);
        if (!k->nh || k->trunk.transport != TRUNK_TLS || !endpoint_equal(&k->peer, peer))
            continue;
        tls_fault_text(f, trunk_hop_host(&k->trunk), why, sizeof(why));
        failed(k, "%s", why);
    }
}

/* ---- what is wanted ---- */

static bool same(const struct trunk *a, const struct trunk *b)
{
    return str_equal(a->host, b->host) && a->port == b->port && trunk_same_hop(a, b) &&
           a->keepalive_s == b->keepalive_s && a->registers == b->registers && str_equal(a->name, b->name) &&
           trunk_same_advertised(a, b);
}

static bool is_followed(const struct ua *ua, const char *id)
{
    list_each (node, &ua->keepalives)
        if (str_equal(keepalive_of(node)->trunk.id, id))
            return true;
    return false;
}

static void begin(struct ua *ua, const struct trunk *t)
{
    struct keepalive *k = mem_zalloc(sizeof(*k));
    k->ua = ua;
    k->trunk = *t;
    k->timer = (struct timer){.on_due = ask, .context = k};
    list_append(&ua->keepalives, &k->node);
    say(k, TRUNK_TRYING, 0, "It was asked, and has not answered yet.");
    /* From the loop: a name's address may be there in a moment. A registered one was heard just now. */
    timer_start(&k->timer, line_root_loop(ua->root), t->registers ? (int64_t)t->keepalive_s * 1000 : 0);
}

void keepalives_follow(struct ua *ua)
{
    list_each_safe (node, &ua->keepalives) {
        struct keepalive *k = keepalive_of(node);
        const struct trunk_peer *p = trunks_find(&ua->trunks, k->trunk.id);
        if (!p || !same(&k->trunk, &p->trunk))
            keepalive_free(k);
    }
    list_each (node, &ua->trunks.peers) {
        const struct trunk *t = &CONTAINER_OF(node, struct trunk_peer, node)->trunk;
        if (t->keepalive_s > 0 && !is_followed(ua, t->id))
            begin(ua, t);
    }
}

void keepalives_kick(struct ua *ua)
{
    list_each (node, &ua->keepalives) {
        struct keepalive *k = keepalive_of(node);
        struct endpoint e;
        bool found = ua_peer_endpoint(ua, &k->trunk, &e) >= TRUNK_WAY_WORN;
        if (k->no_address && !k->nh && (found || !timer_running(&k->timer)))
            timer_start(&k->timer, line_root_loop(ua->root), 0);
    }
}

void keepalives_free(struct ua *ua)
{
    list_each_safe (node, &ua->keepalives)
        keepalive_free(keepalive_of(node));
}
