/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Session timers (RFC 4028): who forgets calls that nobody confirms is told that this one lives, by UPDATE
 * where the far side takes it, else by a re-INVITE with what is in force. We want no timer ourselves, and no
 * call ends by one: T.30 knows better when a far side is gone. */
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "line/agent.h"

/* Met by a request of theirs, or another of ours is under way: so soon again. */
enum { BUSY_LEAST_MS = 2000, BUSY_SPREAD_MS = 2000 };

static bool equal_word(const char *a, const char *b)
{
    return a && str_equal_nocase(a, b);
}

static bool takes_update(const sip_t *sip)
{
    return sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE) && sip->sip_allow;
}

static void note(struct ua_call *c, const sip_t *sip, const char *ours)
{
    const sip_session_expires_t *x = sip->sip_session_expires;
    c->refresh.seconds = x && x->x_delta <= REFRESH_MOST_S ? (uint32_t)x->x_delta : 0;
    c->refresh.known = sip_has_feature(sip->sip_supported, "timer") > 0;
    c->refresh.ours = x && (equal_word(x->x_refresher, ours) || (!x->x_refresher && !c->refresh.known));
    c->refresh.update = c->refresh.update || takes_update(sip);
}

void refresh_asked(struct ua_call *c, const sip_t *invite)
{
    note(c, invite, "uas");
}

bool refresh_format_theirs(const struct ua_call *c, char expires[REFRESH_TEXT_LEN])
{
    expires[0] = 0;
    if (c->refresh.seconds > 0)
        (void)str_format(expires, REFRESH_TEXT_LEN, "Session-Expires: %u;refresher=%s", c->refresh.seconds,
                         c->refresh.ours ? "uas" : "uac");
    return c->refresh.seconds > 0 && c->refresh.known;
}

void refresh_format_ours(const struct ua_call *c, char expires[REFRESH_TEXT_LEN])
{
    expires[0] = 0;
    if (c->refresh.seconds > 0)
        (void)str_format(expires, REFRESH_TEXT_LEN, "Session-Expires: %u;refresher=%s", c->refresh.seconds,
                         c->refresh.ours ? "uac" : "uas");
}

void refresh_begin(struct ua_call *c)
{
    timer_stop(&c->refresh_timer);
    if (c->refresh.seconds == 0 || !c->refresh.ours || !call_state_has_media(c->state))
        return;
    uint32_t least = c->ua->refresh_least_s;
    uint32_t seconds = c->refresh.seconds > least ? c->refresh.seconds : least;
    timer_start(&c->refresh_timer, line_root_loop(c->ua->root), (int64_t)seconds * 1000 / 2);
}

void refresh_answered(struct ua_call *c, const sip_t *answer)
{
    note(c, answer, "uac");
    /* Who answers without naming one leaves it to the one that asked. */
    c->refresh.ours =
        c->refresh.ours || (answer->sip_session_expires && !answer->sip_session_expires->x_refresher);
    refresh_begin(c);
}

static void again_soon(struct ua_call *c)
{
    timer_start(&c->refresh_timer, line_root_loop(c->ua->root), BUSY_LEAST_MS + rand_below(BUSY_SPREAD_MS));
}

static void send_update(struct ua_call *c, const sip_t *challenge, const char *credentials)
{
    char expires[REFRESH_TEXT_LEN];
    bool www = challenge && challenge->sip_status->st_status == 401;
    refresh_format_ours(c, expires);
    c->refresh.updating = true;
    nua_update(c->nh, SIPTAG_UNKNOWN_STR(expires), SIPTAG_UNKNOWN_STR(REFRESH_SUPPORTED),
               TAG_IF(challenge && www, SIPTAG_AUTHORIZATION_STR(credentials)),
               TAG_IF(challenge && !www, SIPTAG_PROXY_AUTHORIZATION_STR(credentials)),
               TAG_IF(c->contact[0], SIPTAG_CONTACT_STR(c->contact)), TAG_END());
    sip_trace_request(&c->trace, "UPDATE", span_of(NULL, 0));
}

void refresh_due(void *context)
{
    struct ua_call *c = context;
    if (c->detached)
        return;
    if (c->state != CALL_TALKING || c->refresh.updating) {
        again_soon(c);
        return;
    }
    log_debug(id_text(c->attempt), "the call is refreshed (%s)", c->refresh.update ? "UPDATE" : "re-INVITE");
    c->challenged = false;
    if (c->refresh.update)
        send_update(c, NULL, NULL);
    else
        session_refresh(c);
}

/* UPDATE makes no dialog and ends one only where the far side says that there is none (RFC 3311). */
void refresh_on_update_answer(struct ua_call *c, int status, const sip_t *answer)
{
    SCOPED_BUF struct buf credentials;
    buf_init(&credentials, AUTH_HEADER_MAX);
    if (status < 200)
        return;
    c->refresh.updating = false;
    if (!call_answer_came(answer)) { /* the media may still be there, only sofia has given the dialog up */
        handoff_detach(c);
        return;
    }
    if ((status == 401 || status == 407) &&
        call_credentials(c, answer, "UPDATE", &credentials) == AUTH_READY) {
        send_update(c, answer, buf_text(&credentials));
        return;
    }
    refresh_ended(c, status, answer);
}

void refresh_ended(struct ua_call *c, int status, const sip_t *answer)
{
    bool not_done = status == 405 || status == 501;
    if (status < 300) {
        refresh_answered(c, answer);
        return;
    }
    log_debug(id_text(c->attempt), "the refresh of the call was answered with %d", status);
    if (not_done && c->refresh.update)
        c->refresh.update = false; /* it allows what it does not do */
    if (not_done || status == 491 || status == 500)
        again_soon(c);
    else
        refresh_begin(c);
}
