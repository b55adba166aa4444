/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/rand.h"
#include "base/scope.h"
#include "base/str.h"
#include "line/agent.h"
#include "line/number.h"
#include "line/status.h"
#include "model/call_trace.h"

/* 64 * T1: after that no answer comes any more (RFC 3261 §17.1.1.2 timer B, §17.1.2.2 timer F). */
enum { ANSWER_WAIT_MS = 32 * 1000 };

/* With a count of 0 sofia neither follows redirects nor answers challenges by itself. */
enum { SOFIA_RETRIES = 0 };

/* ---- life ---- */

static void on_ring_timeout(void *context);
static void on_glare_over(void *context);
static void on_end_timeout(void *context);

struct ua_call *call_new(struct ua *ua, struct listener *l, struct id attempt)
{
    struct ua_call *c = mem_zalloc(sizeof(*c));
    c->ua = ua;
    c->listener = l;
    c->attempt = attempt;
    c->media_fd = -1;
    c->side.session = ((uint64_t)rand_below(UINT32_MAX) << 16) + 1;
    c->side.version = 1;
    rand_bytes(c->side.key, sizeof(c->side.key));
    c->ring_timer = (struct timer){.on_due = on_ring_timeout, .context = c};
    c->glare_timer = (struct timer){.on_due = on_glare_over, .context = c};
    c->refresh_timer = (struct timer){.on_due = refresh_due, .context = c};
    c->forward_timer = (struct timer){.on_due = forward_is_late, .context = c};
    c->end_timer = (struct timer){.on_due = on_end_timeout, .context = c};
    list_append(&ua->calls, &c->node);
    return c;
}

void call_free(struct ua_call *c)
{
    timer_stop(&c->ring_timer);
    timer_stop(&c->glare_timer);
    timer_stop(&c->refresh_timer);
    timer_stop(&c->end_timer);
    timer_stop(&c->forward_timer);
    list_remove(&c->node);
    if (c->nh) {
        nua_handle_bind(c->nh, NULL);
        nua_handle_destroy(c->nh);
    }
    if (c->media_fd >= 0)
        (void)close(c->media_fd);
    if (c->secret)
        explicit_bzero(c->secret, strlen(c->secret));
    free(c->secret);
    explicit_bzero(c, sizeof(*c)); /* keys of its media */
    free(c);
}

void call_set_state(struct ua_call *c, enum call_state to)
{
    if (!call_state_may_move(c->state, to))
        panic("call %s cannot go from %s to %s", id_text(c->attempt), call_state_name(c->state),
              call_state_name(to));
    log_debug(id_text(c->attempt), "sip: %s -> %s", call_state_name(c->state), call_state_name(to));
    c->state = to;
}

void call_end(struct ua_call *c)
{
    forward_settle(c, c->forward == FORWARD_TAKEN); /* many hang up instead of telling that it worked */
    call_set_state(c, CALL_ENDED);
    SCOPED_BUF struct buf trace;
    buf_init(&trace, CALL_TRACE_SIP_MAX);
    sip_trace_format(&c->trace, &trace);
    c->end.answered = c->answered;
    c->end.trace = buf_text(&trace);
    if (c->ua->handler->on_ended)
        c->ua->handler->on_ended(c->ua->context, c, &c->end);
    call_free(c);
}

/* sofia names its own address, which nobody reaches through a NAT; where UDP and TCP share a port no
 * transport, so that what follows a call over TCP comes over UDP; and over TLS a sips URI, which wants TLS on
 * every hop (RFC 3261 §26.4.4). */
static void set_contact(struct ua_call *c)
{
    char host[ENDPOINT_TEXT_LEN];
    if (c->trunk.advertised.len == 0 && c->way == TRUNK_UDP)
        return;
    address_format_uri_host(&c->side.local, host);
    (void)str_format(c->contact, sizeof(c->contact), "<sip:%s:%u;transport=%s>", host,
                     endpoint_port(&c->listener->endpoint), trunk_transport_name(c->way));
}

int call_open_port(struct ua_call *c)
{
    c->side.local = c->listener->endpoint;
    c->media_fd = ports_open(&c->ua->ports, &c->side.local);
    if (c->media_fd < 0)
        return -c->media_fd;
    c->side.local = trunk_our_address(&c->trunk, &c->side.local);
    set_contact(c);
    return 0;
}

static void allow_media(struct ua_call *c, bool t38)
{
    c->side.srtp = c->trunk.srtp;
    c->side.correction = c->trunk.correction;
    c->side.t38 = t38 && c->trunk.t38 && c->trunk.srtp != OFFER_SRTP_REQUIRED;
}

static void progress(struct ua_call *c, enum ua_progress p)
{
    if (c->ua->handler->on_progress)
        c->ua->handler->on_progress(c->ua->context, c, p);
}

/* ---- a call of ours ---- */

/* Sends the INVITE on a handle of its own. After a challenge: once more with credentials, as the next request
 * of the same Call-ID (RFC 3261 §22.2). */
static void invite(struct ua_call *c, const sip_t *challenge, const char *credentials)
{
    SCOPED_BUF struct buf body;
    buf_init(&body, SDP_BYTES_MAX);
    struct sdp ours;
    offer_audio(&c->side, &ours);
    sdp_format(&ours, &body);
    if (c->nh) {
        nua_handle_bind(c->nh, NULL);
        nua_handle_destroy(c->nh);
    }
    c->nh = nua_handle(c->listener->nua, c, NUTAG_RETRY_COUNT(SOFIA_RETRIES), TAG_END());
    if (c->proxy[0])
        nua_set_hparams(c->nh, NUTAG_PROXY(c->proxy), TAG_END());
    bool www = challenge && challenge->sip_status->st_status == 401;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    sip_cseq_t *cseq =
        challenge ? sip_cseq_create(home, challenge->sip_cseq->cs_seq + 1, SIP_METHOD_INVITE) : NULL;
    nua_invite(c->nh, NUTAG_URL(c->url), SIPTAG_TO_STR(c->to), TAG_IF(!challenge, SIPTAG_FROM_STR(c->from)),
               TAG_IF(challenge, SIPTAG_FROM(challenge ? challenge->sip_from : NULL)),
               TAG_IF(challenge, SIPTAG_CALL_ID(challenge ? challenge->sip_call_id : NULL)),
               TAG_IF(challenge, SIPTAG_CSEQ(cseq)),
               TAG_IF(challenge && www, SIPTAG_AUTHORIZATION_STR(credentials)),
               TAG_IF(challenge && !www, SIPTAG_PROXY_AUTHORIZATION_STR(credentials)),
               TAG_IF(c->identity[0], SIPTAG_HEADER_STR(c->identity)), SIPTAG_UNKNOWN_STR(REFRESH_SUPPORTED),
               TAG_IF(c->contact[0], SIPTAG_CONTACT_STR(c->contact)),
               SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(buf_text(&body)), TAG_END());
    sip_trace_request(&c->trace, "INVITE", buf_span(&body));
    su_home_deinit(home);
}

static struct ua_call *cannot(struct ua_ended *failed, enum dial_failure failure, const char *text)
{
    outcome_set(&failed->outcome, failure == DIAL_FINAL ? VERDICT_GIVE_UP : VERDICT_RETRY, "sip-not-sent",
                "%s", text);
    failed->failure = failure;
    return NULL;
}

static bool dial_urls(struct ua_call *c, const struct ua_dial *d, const struct endpoint *peer)
{
    char user[3 * UA_NUMBER_LEN], host[TRUNK_HOST_LEN], ours[ENDPOINT_TEXT_LEN];
    char name[3 * UA_NUMBER_LEN];
    struct endpoint literal;
    bool fits = true;
    char port[16] = "";
    bool named = !address_of_host(d->trunk->host, 0, &literal);
    /* The name stays in the request, but the packet goes to the address that we know and take calls from. */
    if (named || d->trunk->proxy_host[0] || d->trunk->transport == TRUNK_TLS)
        fits = ua_proxy(d->trunk, peer, c->proxy);
    if (named)
        (void)str_copy(host, sizeof(host), d->trunk->host);
    else
        address_format_uri_host(&literal, host);
    if (!named || d->trunk->port) /* where the DNS says it, it is none of the domain's name */
        (void)str_format(port, sizeof(port), ":%u", trunk_port(d->trunk));
    if (!number_to_user(d->number, user, sizeof(user)))
        return false;
    fits = str_format(c->url, sizeof(c->url), "sip:%s@%s%s;transport=%s", user, host, port,
                      trunk_transport_name(d->trunk->transport)) &&
           fits;
    fits = str_format(c->to, sizeof(c->to), "<sip:%s@%s>", user, host) && fits;
    bool own_header = d->trunk->identity != TRUNK_IDENTITY_FROM && d->trunk->user[0] && d->caller_id[0];
    const char *who = d->caller_id[0] && !own_header ? d->caller_id
                      : d->trunk->user[0]            ? d->trunk->user
                                                     : "anonymous";
    address_format_uri_host(&c->side.local, ours);
    number_quote_name(d->caller_name, name, sizeof(name));
    /* A provider that wants a password wants its own domain in From too (RFC 3261 §22.1's realm in practice).
     */
    const char *domain = d->trunk->user[0] ? host : ours;
    if (own_header && number_to_user(d->caller_id, user, sizeof(user)))
        fits = str_format(c->identity, sizeof(c->identity), "%s: %s<sip:%s@%s>",
                          d->trunk->identity == TRUNK_IDENTITY_ASSERTED ? "P-Asserted-Identity"
                                                                        : "P-Preferred-Identity",
                          name, user, domain) &&
               fits;
    if (!number_to_user(who, user, sizeof(user)))
        (void)str_copy(user, sizeof(user), "anonymous");
    return str_format(c->from, sizeof(c->from), "%s<sip:%s@%s>", name, user, domain) && fits;
}

struct ua_call *ua_dial(struct ua *ua, const struct ua_dial *d, struct ua_ended *failed)
{
    struct endpoint peer;
    *failed = (struct ua_ended){0};
    enum trunk_way known = ua_peer_endpoint(ua, d->trunk, &peer);
    if (known == TRUNK_WAY_UNKNOWN) {
        failed->failure = DIAL_NOT_YET;
        outcome_set(&failed->outcome, VERDICT_RETRY, "trunk-not-ready",
                    "The trunk's host name is being looked up. The call is made in a moment.");
        return NULL;
    }
    if (known < TRUNK_WAY_WORN)
        return cannot(
            failed, DIAL_PROTOCOL,
            "The trunk's host name has no known address now. The call is tried again; if this stays, "
            "check the name in the trunk's settings.");
    struct listener *l = ua_listener_for(ua, &peer, d->trunk->transport);
    if (!l)
        return cannot(failed, DIAL_FINAL,
                      "No SIP listener has an address of the trunk's kind (IPv4 or IPv6). Add one to "
                      "sip_listen, or for a "
                      "trunk over TLS to sip_tls_listen, in faxpost.conf.");
    struct ua_call *c = call_new(ua, l, d->attempt);
    c->caller = true;
    c->trunk = *d->trunk;
    c->peer = peer;
    c->way = d->trunk->transport;
    allow_media(c, d->t38);
    c->secret = mem_strdup(d->secret);
    if (call_open_port(c) != 0) {
        call_free(c);
        return cannot(
            failed, DIAL_PROTOCOL,
            "No media port was free, or no route leads to the trunk. The call is tried again; if this "
            "stays, check media_port_first and media_port_last and the network.");
    }
    if (!dial_urls(c, d, &peer)) {
        call_free(c);
        return cannot(failed, DIAL_FINAL, "The number holds something that cannot be dialled. Check it.");
    }
    call_set_state(c, CALL_CALLING);
    if (d->ring_timeout_ms)
        timer_start(&c->ring_timer, line_root_loop(ua->root), d->ring_timeout_ms);
    invite(c, NULL, NULL);
    return c;
}

static void cancel(struct ua_call *c)
{
    timer_stop(&c->ring_timer);
    call_set_state(c, CALL_CANCELLING);
    timer_start(&c->end_timer, line_root_loop(c->ua->root), ANSWER_WAIT_MS);
    nua_cancel(c->nh, TAG_END());
    sip_trace_request(&c->trace, "CANCEL", span_of(NULL, 0));
}

static void on_ring_timeout(void *context)
{
    struct ua_call *c = context;
    c->end.failure = DIAL_NO_ANSWER;
    c->end.sip_status = 408;
    outcome_set(&c->end.outcome, VERDICT_RETRY, "sip-no-answer",
                "It rang, but nobody answered in time. The call is tried again later.");
    cancel(c);
}

static void on_glare_over(void *context)
{
    struct ua_call *c = context;
    call_set_state(c, CALL_TALKING);
    session_try_t38(c);
}

static void on_end_timeout(void *context)
{
    call_end(context);
}

enum auth_result call_credentials(struct ua_call *c, const sip_t *answer, const char *method,
                                  struct buf *header)
{
    char cnonce[AUTH_CNONCE_LEN], opened[UA_SECRET_LEN] = "";
    struct ua *ua = c->ua;
    bool came_in = !c->secret && ua->open_secret;
    if (came_in && !ua->open_secret(ua->context, &c->trunk, opened, sizeof(opened)))
        return AUTH_NO_SECRET;
    auth_cnonce(cnonce);
    struct auth_try try = {.user = c->trunk.user,
                           .secret = c->secret ? c->secret : opened,
                           .method = method,
                           .uri = c->dialog.target[0] ? c->dialog.target : c->url,
                           .cnonce = cnonce,
                           .answered = c->challenged};
    c->challenged = true;
    enum auth_result result = auth_answer(answer, &try, header);
    explicit_bzero(opened, sizeof(opened));
    return result;
}

/* The far side's last word to our INVITE, or the end of waiting for it. */
static void invite_failed(struct ua_call *c, int status, const sip_t *sip)
{
    bool from_network = call_answer_came(sip);
    c->end.by_far_side = from_network;
    if (!c->end.outcome.code[0]) {
        c->end.sip_status = from_network ? status : 0;
        c->end.failure = from_network
                             ? status_outcome(status, &c->end.outcome)
                             : status_unreachable("did not answer our call request", &c->end.outcome);
    }
    call_end(c);
}

/* The next one of the trunk's addresses, where this one does not answer or has no room (RFC 3263 §4.3). */
static bool try_next_address(struct ua_call *c)
{
    struct endpoint peer;
    if (c->state != CALL_CALLING)
        return false;
    ua_peer_failed(c->ua, &c->trunk, &c->peer);
    if (ua_peer_endpoint(c->ua, &c->trunk, &peer) != TRUNK_WAY_FRESH || endpoint_equal(&peer, &c->peer) ||
        peer.address.ss_family != c->peer.address.ss_family || !ua_proxy(&c->trunk, &peer, c->proxy))
        return false;
    char text[ENDPOINT_TEXT_LEN];
    endpoint_format(&peer, text);
    log_info(id_text(c->attempt), "trunk %s: nobody takes the call there; the next of its addresses is %s",
             c->trunk.name, text);
    c->peer = peer;
    c->challenged = false;
    invite(c, NULL, NULL);
    return true;
}

void call_on_tls_fault(struct ua_call *c, const struct endpoint *peer, enum tls_fault f)
{
    char why[OUTCOME_TEXT_LEN];
    if (!c->caller || c->state != CALL_CALLING || c->way != TRUNK_TLS || !endpoint_equal(&c->peer, peer))
        return;
    if (try_next_address(c))
        return;
    tls_fault_text(f, trunk_hop_host(&c->trunk), why, sizeof(why));
    c->end.failure = DIAL_PROTOCOL;
    outcome_set(&c->end.outcome, VERDICT_RETRY, "sip-unreachable", "The trunk cannot be reached: %s", why);
    call_end(c);
}

static void login_failed(struct ua_call *c, enum auth_result result, int status)
{
    static const char *const texts[] = {
        [AUTH_NO_SECRET] = "The trunk asks for a user name and password, but none are set. Set them in the "
                           "trunk's settings.",
        [AUTH_REFUSED] = "The trunk does not accept our user name and password. Check both in the trunk's "
                         "settings.",
        [AUTH_IMPOSSIBLE] =
            "The trunk asks for a kind of login that we do not have (only Digest with MD5 or SHA-256).",
    };
    c->end.by_far_side = true;
    c->end.sip_status = status;
    c->end.failure = DIAL_FINAL;
    outcome_set(&c->end.outcome, VERDICT_GIVE_UP, "sip-login", "%s", texts[result]);
    call_end(c);
}

static void on_invite_challenge(struct ua_call *c, int status, const sip_t *sip)
{
    SCOPED_BUF struct buf credentials;
    buf_init(&credentials, AUTH_HEADER_MAX);
    enum auth_result result = call_credentials(c, sip, "INVITE", &credentials);
    if (result == AUTH_READY)
        invite(c, sip, buf_text(&credentials));
    else
        login_failed(c, result, status);
}

static void on_invite_answer(struct ua_call *c, int status, const sip_t *sip)
{
    if ((status == 401 || status == 407) && c->state != CALL_CANCELLING && sip && sip->sip_cseq) {
        on_invite_challenge(c, status, sip);
        return;
    }
    if (status < 200) {
        if (c->state == CALL_CALLING && status > 100)
            call_set_state(c, CALL_RINGING);
        if (sip && sip->sip_payload)
            c->answered_early = session_description(c, sip, &c->theirs);
        if (c->state != CALL_CANCELLING)
            progress(c, status > 100 ? UA_RINGING : UA_TRYING);
        return;
    }
    if ((status == 503 || !call_answer_came(sip)) && try_next_address(c))
        return;
    timer_stop(&c->ring_timer);
    if (status >= 300) {
        invite_failed(c, status, sip);
        return;
    }
    handoff_caller(c, sip);
    call_ack(c);
    if (c->state == CALL_CANCELLING) { /* their 200 crossed our CANCEL */
        call_bye(c);
        return;
    }
    call_set_state(c, CALL_TALKING);
    c->challenged = false;
    session_on_answer(c, sip);
}

/* ---- a call to us ---- */

/* Over what it came; a transport that is none of ours cannot have brought it. */
static enum trunk_transport way_of(const sip_t *invite)
{
    enum trunk_transport way = TRUNK_UDP;
    const char *name = invite->sip_via ? sip_via_transport(invite->sip_via) : NULL;
    return name && trunk_parse_transport(name, &way) ? way : TRUNK_UDP;
}

void call_invited(struct ua_call *c, const sip_t *invite, const struct endpoint *from)
{
    call_set_state(c, CALL_INVITED);
    sip_trace_event(&c->trace, nua_i_invite, 0, invite);
    c->peer = *from;
    c->way = way_of(invite);
    refresh_asked(c, invite);
    struct number_party caller;
    number_of_caller(invite, c->trunk.caller_from, &caller);
    char called[UA_NUMBER_LEN];
    number_of_called(invite, &c->trunk, called, sizeof(called));
    c->offered_late = !invite->sip_payload;
    int error = 0;
    if (!c->offered_late && !session_description(c, invite, &c->theirs)) {
        nua_respond(c->nh, SIP_488_NOT_ACCEPTABLE, NUTAG_WITH_THIS(c->listener->nua), TAG_END());
        call_free(c);
        return;
    }
    error = call_open_port(c);
    if (error) {
        log_error(id_text(c->attempt),
                  "a call was refused because no media port is free between media_port_first and "
                  "media_port_last (%s)",
                  strerror(error));
        nua_respond(c->nh, SIP_503_SERVICE_UNAVAILABLE, NUTAG_WITH_THIS(c->listener->nua), TAG_END());
        call_free(c);
        return;
    }
    handoff_callee(c, invite);
    struct ua_invited who = {
        .trunk = &c->trunk, .called = called, .calling = caller.number, .calling_name = caller.name};
    endpoint_format_host(from, who.peer_ip);
    nua_respond(c->nh, SIP_180_RINGING, NUTAG_WITH_THIS(c->listener->nua),
                TAG_IF(c->contact[0], SIPTAG_CONTACT_STR(c->contact)), TAG_END());
    sip_trace_answer(&c->trace, 180, span_of(NULL, 0));
    c->ua->handler->on_invited(c->ua->context, c, &who);
}

void ua_accept(struct ua_call *c, bool t38)
{
    if (c->state != CALL_INVITED)
        return;
    allow_media(c, t38);
    session_answer(c);
}

void call_end_soon(struct ua_call *c)
{
    call_set_state(c, CALL_ENDING);
    timer_start(&c->end_timer, line_root_loop(c->ua->root), 0);
}

static void refuse(struct ua_call *c, int status)
{
    if (status < 300 || status > 699)
        panic("a call cannot be refused with %d", status);
    nua_respond(c->nh, status, sip_status_phrase(status), TAG_END());
    sip_trace_answer(&c->trace, status, span_of(NULL, 0));
    outcome_set(&c->end.outcome, VERDICT_DONE, "sip-refused", "The call was refused with %d.", status);
    call_end_soon(c);
}

void ua_reject(struct ua_call *c, int sip_status)
{
    if (c->state == CALL_INVITED)
        refuse(c, sip_status);
}

/* ---- the end ---- */

bool call_answer_came(const sip_t *answer)
{
    return answer && (answer->sip_flags & MSG_FLG_COMPLETE) != 0; /* one that was read */
}

void call_ack(struct ua_call *c)
{
    nua_ack(c->nh, TAG_END());
    sip_trace_request(&c->trace, "ACK", span_of(NULL, 0));
}

void call_bye(struct ua_call *c)
{
    timer_stop(&c->glare_timer);
    timer_stop(&c->refresh_timer);
    c->challenged = false;
    call_set_state(c, CALL_ENDING);
    timer_start(&c->end_timer, line_root_loop(c->ua->root), ANSWER_WAIT_MS);
    if (c->refresh.updating && !c->detached) /* sofia would first wait for its answer */
        handoff_detach(c);
    if (c->detached)
        handoff_bye(c, c->dialog.cseq + 1, NULL, NULL);
    else {
        nua_bye(c->nh, TAG_END());
        sip_trace_request(&c->trace, "BYE", span_of(NULL, 0));
    }
}

void ua_hang_up(struct ua_call *c)
{
    if (!c->end.outcome.code[0]) {
        c->end.failure = DIAL_CANCELLED;
        outcome_set(&c->end.outcome, VERDICT_DONE, "sip-hung-up", "We ended the call.");
    }
    switch (c->state) {
    case CALL_CALLING:
    case CALL_RINGING: cancel(c); break;
    case CALL_INVITED: refuse(c, 480); break;
    case CALL_ANSWERING: c->hang_up_wanted = true; break; /* BYE only after ACK (RFC 3261 §15) */
    case CALL_TALKING:
    case CALL_OFFERING:
    case CALL_WAITING:
    case CALL_ANSWERING_AGAIN: call_bye(c); break;
    case CALL_NEW:
    case CALL_CANCELLING:
    case CALL_ENDING:
    case CALL_ENDED:
    case CALL_STATE_COUNT: break;
    }
}

static void gone(struct ua_call *c, const char *code, const char *text)
{
    c->end.by_far_side = c->state != CALL_ENDING;
    if (!c->end.outcome.code[0])
        outcome_set(&c->end.outcome, VERDICT_DONE, code, "%s", text);
    call_end(c);
}

static void on_bye_answer(struct ua_call *c, int status, const sip_t *sip)
{
    if (status < 200 || c->state != CALL_ENDING)
        return;
    SCOPED_BUF struct buf credentials;
    buf_init(&credentials, AUTH_HEADER_MAX);
    if ((status == 401 || status == 407) && sip && sip->sip_cseq &&
        call_credentials(c, sip, "BYE", &credentials) == AUTH_READY) {
        handoff_bye(c, sip->sip_cseq->cs_seq + 1, sip, buf_text(&credentials));
        return;
    }
    call_end(c); /* whatever the answer: 481 says that they do not know the call either */
}

void call_on_event(struct ua_call *c, nua_event_t event, int status, const sip_t *sip)
{
    bool first = c->state == CALL_CALLING || c->state == CALL_RINGING || c->state == CALL_CANCELLING;
    sip_trace_event(&c->trace, event, status, sip);
    if (event == nua_r_invite && first)
        on_invite_answer(c, status, sip);
    else if (event == nua_r_invite && c->state == CALL_OFFERING)
        session_on_reanswer(c, status, sip);
    else if (event == nua_r_invite && status >= 200 && status < 300) /* we hung up meanwhile */
        call_ack(c);
    else if (event == nua_i_invite && sip && status < 200) /* else sofia has refused it: 491, 500 */
        session_on_reinvite(c, sip);
    else if (event == nua_i_ack && sip)
        session_on_ack(c, sip);
    else if (event == nua_r_update)
        refresh_on_update_answer(c, status, sip);
    else if (event == nua_r_refer)
        forward_on_answer(c, status, sip);
    else if (event == nua_i_notify && sip)
        forward_on_notify(c, sip);
    else if (event == nua_r_bye || event == nua_r_method)
        on_bye_answer(c, status, sip);
    else if (event == nua_i_cancel)
        gone(c, "sip-cancelled", "The caller gave up before the call was answered.");
    else if (event == nua_i_bye)
        gone(c, "sip-bye", "The far side hung up.");
    else if (event == nua_i_terminated)
        gone(c, "sip-lost", "The call broke off: the far side no longer answers or no longer knows it.");
}

struct id ua_call_attempt(const struct ua_call *c)
{
    return c->attempt;
}

bool ua_call_is_caller(const struct ua_call *c)
{
    return c->caller;
}
