/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <netinet/in.h>

#include "base/str.h"
#include "line/agent.h"

enum { ANSWER_WAIT_MS = 32 * 1000 };

/* How far a later process jumps ahead of the CSeq that it was told: re-INVITEs that were refused in the
 * meantime have used some. Gaps are fine (RFC 3261 §12.2.2). */
enum { CSEQ_JUMP = 100 };

static void header_text(char *to, size_t room, const void *header)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    to[0] = 0;
    char *text = header ? sip_header_as_string(home, header) : NULL;
    /* Cut text would be a wrong address: none is better, dialog_format then says so. */
    if (text && !str_copy(to, room, text))
        to[0] = 0;
    su_home_deinit(home);
}

static void set_target(struct dialog *d, const sip_contact_t *contact)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    char *text = contact ? url_as_string(home, contact->m_url) : NULL;
    if (text && !str_copy(d->target, sizeof(d->target), text))
        d->target[0] = 0;
    su_home_deinit(home);
}

static void set_route(struct dialog *d, const sip_t *sip, bool reversed)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    sip_route_t *route = NULL;
    if (sip->sip_record_route)
        route = reversed ? sip_route_reverse(home, sip->sip_record_route)
                         : sip_route_fixdup(home, sip->sip_record_route);
    d->route[0] = 0;
    for (; route; route = route->r_next) {
        char one[DIALOG_TEXT_LEN], all[DIALOG_ROUTE_LEN];
        header_text(one, sizeof(one), route);
        (void)str_copy(all, sizeof(all), d->route);
        if (!str_format(d->route, sizeof(d->route), "%s%s%s", all, all[0] ? "," : "", one))
            d->call_id[0] = 0; /* not a dialog we can hand over */
    }
    su_home_deinit(home);
}

void handoff_caller(struct ua_call *c, const sip_t *answer)
{
    struct dialog *d = &c->dialog;
    header_text(d->call_id, sizeof(d->call_id), answer->sip_call_id);
    header_text(d->local, sizeof(d->local), answer->sip_from);
    header_text(d->remote, sizeof(d->remote), answer->sip_to);
    set_target(d, answer->sip_contact);
    set_route(d, answer, true);
    d->cseq = answer->sip_cseq ? answer->sip_cseq->cs_seq : 0;
    handoff_choose_hop(c);
}

void handoff_callee(struct ua_call *c, const sip_t *invite)
{
    struct dialog *d = &c->dialog;
    header_text(d->call_id, sizeof(d->call_id), invite->sip_call_id);
    header_text(d->remote, sizeof(d->remote), invite->sip_from);
    set_target(d, invite->sip_contact);
    set_route(d, invite, false);
    handoff_choose_hop(c);
}

void handoff_callee_tags(struct ua_call *c, const sip_t *ack)
{
    header_text(c->dialog.local, sizeof(c->dialog.local), ack->sip_to);
}

void handoff_refresh(struct ua_call *c, const sip_t *message)
{
    if (message->sip_contact)
        set_target(&c->dialog, message->sip_contact);
    if (message->sip_status && message->sip_cseq) /* an answer to a request of ours */
        c->dialog.cseq = message->sip_cseq->cs_seq;
    handoff_choose_hop(c);
}

/* Where the dialog sends the next request (RFC 3261 §12.2.1.1). */
static const url_t *first_hop(su_home_t *home, const struct dialog *d)
{
    sip_route_t *route = d->route[0] ? sip_route_make(home, d->route) : NULL;
    return route ? route->r_url : url_make(home, d->target);
}

static struct endpoint endpoint_of(const url_t *url)
{
    struct endpoint e;
    char address[ENDPOINT_TEXT_LEN];
    const char *host = url ? url->url_host : NULL;
    if (url && url_param(url->url_params, "maddr", address, sizeof(address)) > 0)
        host = address;
    if (!host || !address_of_host(host, 0, &e))
        return (struct endpoint){0};
    return e;
}

void handoff_choose_hop(struct ua_call *c)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    struct dialog *d = &c->dialog;
    const url_t *url = first_hop(home, d);
    struct endpoint first = endpoint_of(url);
    bool nat = c->trunk.symmetric && c->peer.len > 0 && first.len > 0 && address_is_private(&first) &&
               !endpoint_equal_host(&first, &c->peer);
    char host[ENDPOINT_TEXT_LEN];
    char *text = first.len > 0 && (c->proxy[0] || d->hop[0]) ? url_as_string(home, url) : NULL;
    address_format_uri_host(&c->peer, host);
    /* Over TLS their connection is the way: who they are was found out when it was made. */
    if (c->way == TRUNK_TLS && c->caller)
        (void)str_copy(d->hop, sizeof(d->hop), c->proxy);
    else if (nat || c->way == TRUNK_TLS)
        (void)str_format(d->hop, sizeof(d->hop), "sip:%s:%u;transport=%s", host, endpoint_port(&c->peer),
                         trunk_transport_name(c->way));
    else if (!text || !str_copy(d->hop, sizeof(d->hop), text))
        (void)str_copy(d->hop, sizeof(d->hop), c->proxy);
    su_home_deinit(home);
    if (d->hop[0])
        nua_set_hparams(c->nh, NUTAG_PROXY(d->hop), TAG_END());
}

void handoff_bye(struct ua_call *c, uint32_t cseq_number, const sip_t *challenge, const char *credentials)
{
    const struct dialog *d = &c->dialog;
    bool www = challenge && challenge->sip_status->st_status == 401;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    sip_cseq_t *cseq = sip_cseq_create(home, cseq_number, SIP_METHOD_BYE);
    nua_handle_t *former = c->nh;
    c->nh = nua_handle(c->listener->nua, c, NUTAG_RETRY_COUNT(0), TAG_END());
    if (d->hop[0])
        nua_set_hparams(c->nh, NUTAG_PROXY(d->hop), TAG_END());
    nua_method(c->nh, NUTAG_METHOD("BYE"), NUTAG_URL(d->target), SIPTAG_CALL_ID_STR(d->call_id),
               SIPTAG_FROM_STR(d->local), SIPTAG_TO_STR(d->remote), SIPTAG_CSEQ(cseq),
               TAG_IF(d->route[0], SIPTAG_ROUTE_STR(d->route)),
               TAG_IF(challenge && www, SIPTAG_AUTHORIZATION_STR(credentials)),
               TAG_IF(challenge && !www, SIPTAG_PROXY_AUTHORIZATION_STR(credentials)), TAG_END());
    sip_trace_request(&c->trace, "BYE", span_of(NULL, 0));
    su_home_deinit(home);
    if (former) {
        nua_handle_bind(former, NULL);
        nua_handle_destroy(former);
    }
}

void handoff_detach(struct ua_call *c)
{
    c->detached = true;
    c->dialog.cseq += CSEQ_JUMP;
    nua_handle_bind(c->nh, NULL);
    nua_handle_destroy(c->nh);
    c->nh = NULL;
}

/* The one whose packets reach the next hop; any of IPv4 where that is a name. */
static struct listener *listener_of(struct ua *ua, const struct dialog *d)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    const url_t *url = d->hop[0] ? url_make(home, d->hop) : first_hop(home, d);
    struct endpoint e = endpoint_of(url);
    char name[8] = "";
    enum trunk_transport way = TRUNK_UDP;
    if (url && url_param(url->url_params, "transport", name, sizeof(name)) > 0)
        (void)!trunk_parse_transport(name, &way);
    su_home_deinit(home);
    if (e.len == 0)
        e = (struct endpoint){.address.ss_family = AF_INET, .len = sizeof(struct sockaddr_in)};
    return ua_listener_for(ua, &e, way);
}

struct ua_call *ua_bye(struct ua *ua, struct id attempt, struct span bytes)
{
    struct dialog d;
    if (!dialog_parse(bytes, &d))
        return NULL;
    struct listener *l = listener_of(ua, &d);
    if (!l)
        return NULL;
    struct ua_call *c = call_new(ua, l, attempt);
    c->dialog = d;
    call_set_state(c, CALL_ENDING);
    timer_start(&c->end_timer, line_root_loop(ua->root), ANSWER_WAIT_MS);
    outcome_set(&c->end.outcome, VERDICT_DONE, "sip-hung-up", "We ended the call.");
    handoff_bye(c, d.cseq + CSEQ_JUMP, NULL, NULL);
    return c;
}
