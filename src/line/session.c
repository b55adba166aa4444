/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "base/log.h"
#include "base/rand.h"
#include "line/agent.h"

/* RFC 3261 §14.1, when an offer of ours met one of theirs: who owns the Call-ID waits 2.1 to 4 s, the other
 * up to 2 s, both in steps of 10 ms. */
enum {
    GLARE_STEP_MS = 10,
    GLARE_OWNER_LEAST_MS = 2100,
    GLARE_OWNER_MOST_MS = 4000,
    GLARE_OTHER_MOST_MS = 2000
};

bool session_description(const struct ua_call *c, const sip_t *sip, struct sdp *sdp)
{
    const char *why = "there is none";
    const sip_payload_t *body = sip->sip_payload;
    if (body && body->pl_data && sdp_parse(span_of(body->pl_data, body->pl_len), sdp, &why))
        return true;
    log_warning(id_text(c->attempt), "the far side's session description cannot be used: %s", why);
    return false;
}

static void format_body(struct ua_call *c, const struct sdp *ours, struct buf *body)
{
    buf_init(body, SDP_BYTES_MAX);
    sdp_format(ours, body);
    c->side.version++;
}

static void respond_200(struct ua_call *c, const struct sdp *ours)
{
    SCOPED_BUF struct buf body;
    char expires[REFRESH_TEXT_LEN];
    bool require = refresh_format_theirs(c, expires);
    format_body(c, ours, &body);
    nua_respond(c->nh, SIP_200_OK, TAG_IF(c->contact[0], SIPTAG_CONTACT_STR(c->contact)),
                TAG_IF(expires[0], SIPTAG_UNKNOWN_STR(expires)),
                TAG_IF(require, SIPTAG_UNKNOWN_STR("Require: timer")), SIPTAG_UNKNOWN_STR(REFRESH_SUPPORTED),
                SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(buf_text(&body)), TAG_END());
    sip_trace_answer(&c->trace, 200, buf_span(&body));
}

/* Tells the media's owner what is in force; the first time with the socket. */
static void tell_media(struct ua_call *c, bool refused_t38)
{
    SCOPED_BUF struct buf dialog;
    buf_init(&dialog, DIALOG_BYTES_MAX);
    if (!dialog_format(&c->dialog, &dialog)) {
        log_warning(
            id_text(c->attempt),
            "the headers of this call are too long to be kept for a restart: if this process ends first, "
            "nobody can send BYE");
        buf_reset(&dialog);
    }
    struct ua_media m = {
        .media = c->media, .fd = c->media_fd, .dialog = buf_span(&dialog), .refused_t38 = refused_t38};
    if (c->trunk.symmetric)
        m.peer = c->peer;
    c->media_fd = -1;
    c->answered = true;
    sip_trace_answered(&c->trace);
    if (c->ua->handler->on_media)
        c->ua->handler->on_media(c->ua->context, c, &m);
    if (m.fd >= 0)
        (void)close(m.fd);
}

/* ---- the first offer ---- */

void session_on_answer(struct ua_call *c, const sip_t *answer)
{
    /* The answer may have come in a reliable provisional response already (RFC 6337 §2.2). */
    bool known = (!answer->sip_payload && c->answered_early) || session_description(c, answer, &c->theirs);
    if (!known || !offer_answered(&c->theirs, &c->side, false, &c->media)) {
        c->end.failure = DIAL_PROTOCOL;
        outcome_set(&c->end.outcome, VERDICT_RETRY, "sip-answer",
                    "The far side answered the call, but not in a way that fax can use (no G.711 audio, or "
                    "none that is "
                    "encrypted as the trunk has it). The call "
                    "is tried again.");
        call_bye(c);
        return;
    }
    if (c->ua->handler->on_progress)
        c->ua->handler->on_progress(c->ua->context, c, UA_ANSWERED);
    refresh_answered(c, answer);
    tell_media(c, false);
}

void session_answer(struct ua_call *c)
{
    struct sdp ours;
    if (c->offered_late) {
        offer_audio(&c->side, &ours);
    } else if (!offer_answer(&c->theirs, &c->side, &ours, &c->media)) {
        nua_respond(c->nh, SIP_488_NOT_ACCEPTABLE, TAG_END());
        sip_trace_answer(&c->trace, 488, span_of(NULL, 0));
        outcome_set(&c->end.outcome, VERDICT_DONE, "sip-488",
                    "A call came in that offers neither G.711 audio, encrypted as the trunk has it (srtp), "
                    "nor, where allowed, T.38.");
        call_end_soon(c);
        return;
    }
    call_set_state(c, CALL_ANSWERING);
    respond_200(c, &ours);
}

/* ACK to the first or a later 200 of ours; where that carried the offer, it brings the answer. */
void session_on_ack(struct ua_call *c, const sip_t *ack)
{
    bool first = c->state == CALL_ANSWERING;
    if (!first && c->state != CALL_ANSWERING_AGAIN)
        return;
    struct sdp theirs;
    bool t38 = !first && c->media.kind == MEDIA_T38;
    bool good = !c->offered_late ||
                (session_description(c, ack, &theirs) && offer_answered(&theirs, &c->side, t38, &c->media));
    c->offered_late = false;
    if (first)
        handoff_callee_tags(c, ack);
    call_set_state(c, CALL_TALKING);
    refresh_begin(c);
    if (!good && first)
        outcome_set(&c->end.outcome, VERDICT_DONE, "sip-answer",
                    "The caller's answer to our offer has no G.711.");
    if (c->hang_up_wanted || (!good && first)) {
        call_bye(c);
        return;
    }
    tell_media(c, false);
    session_try_t38(c);
}

/* ---- later offers ---- */

void session_on_reinvite(struct ua_call *c, const sip_t *invite)
{
    struct sdp theirs, ours;
    if (c->state != CALL_TALKING && c->state != CALL_WAITING) {
        nua_respond(c->nh, SIP_491_REQUEST_PENDING, NUTAG_WITH_THIS(c->listener->nua), TAG_END());
        sip_trace_answer(&c->trace, 491, span_of(NULL, 0));
        return;
    }
    c->offered_late = !invite->sip_payload;
    struct media agreed = c->media;
    bool good;
    if (c->offered_late) {
        offer_again(&c->side, &c->media, &ours);
        good = true;
    } else {
        good = session_description(c, invite, &theirs) && offer_answer(&theirs, &c->side, &ours, &agreed);
    }
    if (!good) { /* the call goes on as it was (RFC 3261 §14.2) */
        nua_respond(c->nh, SIP_488_NOT_ACCEPTABLE, NUTAG_WITH_THIS(c->listener->nua), TAG_END());
        sip_trace_answer(&c->trace, 488, span_of(NULL, 0));
        return;
    }
    timer_stop(&c->glare_timer);
    handoff_refresh(c, invite);
    refresh_asked(c, invite);
    c->media = agreed;
    call_set_state(c, CALL_ANSWERING_AGAIN);
    respond_200(c, &ours);
}

static void reinvite(struct ua_call *c, const sip_t *challenge, const char *credentials)
{
    struct sdp ours;
    SCOPED_BUF struct buf body;
    bool www = challenge && challenge->sip_status->st_status == 401;
    char expires[REFRESH_TEXT_LEN];
    refresh_format_ours(c, expires);
    if (c->refresh.reinviting)
        offer_again(&c->side, &c->media, &ours);
    else
        offer_t38(&c->side, &ours);
    format_body(c, &ours, &body);
    nua_invite(c->nh, SIPTAG_UNKNOWN_STR(REFRESH_SUPPORTED), TAG_IF(expires[0], SIPTAG_UNKNOWN_STR(expires)),
               TAG_IF(challenge && www, SIPTAG_AUTHORIZATION_STR(credentials)),
               TAG_IF(challenge && !www, SIPTAG_PROXY_AUTHORIZATION_STR(credentials)),
               TAG_IF(c->contact[0], SIPTAG_CONTACT_STR(c->contact)),
               SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(buf_text(&body)), TAG_END());
    sip_trace_request(&c->trace, "re-INVITE", buf_span(&body));
}

void session_try_t38(struct ua_call *c)
{
    if (!c->t38_wanted || c->state != CALL_TALKING)
        return;
    if (c->media.kind == MEDIA_T38 || !c->side.t38) {
        c->t38_wanted = false;
        return;
    }
    c->challenged = false;
    call_set_state(c, CALL_OFFERING);
    reinvite(c, NULL, NULL);
}

void session_refresh(struct ua_call *c)
{
    c->refresh.reinviting = true;
    call_set_state(c, CALL_OFFERING);
    reinvite(c, NULL, NULL);
}

void ua_want_t38(struct ua_call *c)
{
    c->t38_wanted = true;
    session_try_t38(c);
}

void ua_keep_audio(struct ua_call *c)
{
    if (c->media.kind != MEDIA_T38)
        c->side.t38 = false;
}

static void wait_for_other(struct ua_call *c)
{
    uint32_t least = c->caller ? GLARE_OWNER_LEAST_MS : 0;
    uint32_t most = c->caller ? GLARE_OWNER_MOST_MS : GLARE_OTHER_MOST_MS;
    uint32_t steps = (most - least) / GLARE_STEP_MS;
    call_set_state(c, CALL_WAITING);
    timer_start(&c->glare_timer, line_root_loop(c->ua->root),
                least + (int64_t)rand_below(steps + 1) * GLARE_STEP_MS);
}

static bool same_media(const struct media *a, const struct media *b)
{
    bool held = a->remote.len == 0 || b->remote.len == 0;
    return a->kind == b->kind && a->encrypted == b->encrypted &&
           (held ? a->remote.len == b->remote.len : endpoint_equal(&a->remote, &b->remote)) &&
           memcmp(a->theirs.key, b->theirs.key, sizeof(a->theirs.key)) == 0;
}

static void lost(struct ua_call *c)
{
    outcome_set(&c->end.outcome, VERDICT_DONE, "sip-lost",
                "The far side no longer knows or answers the call.");
    call_bye(c);
}

/* To a re-INVITE that was to change nothing; where it changes something all the same, we follow. */
static void on_refreshed(struct ua_call *c, int status, const sip_t *answer)
{
    struct sdp theirs;
    struct media now;
    bool t38 = c->media.kind == MEDIA_T38;
    c->refresh.reinviting = false;
    call_set_state(c, CALL_TALKING);
    if (!call_answer_came(answer)) {
        handoff_detach(c);
        return;
    }
    if (status == 408 || status == 481) {
        lost(c);
        return;
    }
    refresh_ended(c, status, answer);
    if (status < 300 && session_description(c, answer, &theirs) &&
        offer_answered(&theirs, &c->side, t38, &now) && !same_media(&now, &c->media)) {
        c->media = now;
        tell_media(c, false);
    }
    session_try_t38(c);
}

void session_on_reanswer(struct ua_call *c, int status, const sip_t *answer)
{
    if (status < 200)
        return;
    SCOPED_BUF struct buf credentials;
    buf_init(&credentials, AUTH_HEADER_MAX);
    if ((status == 401 || status == 407) && answer &&
        call_credentials(c, answer, "INVITE", &credentials) == AUTH_READY) {
        reinvite(c, answer, buf_text(&credentials));
        return;
    }
    if (answer)
        handoff_refresh(c, answer);
    if (status < 300)
        call_ack(c);
    if (c->refresh.reinviting) {
        on_refreshed(c, status, answer);
        return;
    }
    if (status == 491) {
        wait_for_other(c);
        return;
    }
    c->t38_wanted = false;
    call_set_state(c, CALL_TALKING);
    /* Some gateways never answer what they do not like. Their media is still there, only sofia has given the
     * dialog up. */
    bool silent = !call_answer_came(answer);
    if (silent)
        handoff_detach(c);
    else if (status == 408 || status == 481) { /* the dialog is gone (RFC 3261 §12.2.1.2) */
        lost(c);
        return;
    }
    if (status < 300)
        refresh_answered(c, answer);
    struct sdp theirs;
    bool taken = status < 300 && session_description(c, answer, &theirs) &&
                 offer_answered(&theirs, &c->side, true, &c->media);
    log_debug(id_text(c->attempt), "T.38 was %s (%d)", taken ? "taken" : "refused", status);
    tell_media(c, !taken);
}
