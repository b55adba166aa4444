/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A call that is somebody else's: sent on before it is answered (302, RFC 3261 §21.3.3), or handed over
 * after, by REFER (RFC 3515, RFC 5589 §6). The trunk makes the new call; what it says of it comes in NOTIFY.
 */
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "line/agent.h"
#include "line/number.h"

/* Who has taken a REFER and says no more has the call: some never tell how it went. */
enum { NOTIFY_WAIT_MS = 60 * 1000 };

/* What we refuse elsewhere, and have asked for in this one call. */
static const char methods_of_forwarded[] = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, NOTIFY";

/* As name-addr: a number at the trunk. */
static bool format_target(const struct ua_call *c, const char *number, char text[CALL_URL_LEN])
{
    char user[3 * UA_NUMBER_LEN], host[TRUNK_HOST_LEN] = "", port[16] = "";
    struct endpoint literal;
    if (!number_to_user(number, user, sizeof(user)))
        return false;
    if (address_of_host(c->trunk.host, 0, &literal))
        address_format_uri_host(&literal, host);
    else
        (void)str_copy(host, sizeof(host), c->trunk.host);
    if (c->trunk.port)
        (void)str_format(port, sizeof(port), ":%u", c->trunk.port);
    return str_format(text, CALL_URL_LEN, "<sip:%s@%s%s>", user, host, port);
}

bool ua_redirect(struct ua_call *c, const char *number)
{
    char contact[CALL_URL_LEN];
    if (c->state != CALL_INVITED || !format_target(c, number, contact))
        return false;
    nua_respond(c->nh, SIP_302_MOVED_TEMPORARILY, SIPTAG_CONTACT_STR(contact), TAG_END());
    sip_trace_answer(&c->trace, 302, span_of(NULL, 0));
    outcome_set(&c->end.outcome, VERDICT_DONE, "sip-302", "The call was sent on to %.200s.", contact);
    call_end_soon(c);
    return true;
}

void forward_settle(struct ua_call *c, bool ok)
{
    if (c->forward == FORWARD_NOT)
        return;
    timer_stop(&c->forward_timer);
    c->forward = FORWARD_NOT;
    if (c->ua->handler->on_forwarded)
        c->ua->handler->on_forwarded(c->ua->context, c, ok);
}

void forward_is_late(void *context)
{
    struct ua_call *c = context;
    forward_settle(c, true);
}

static bool send_refer(struct ua_call *c, const sip_t *challenge, const char *credentials)
{
    char refer_to[CALL_URL_LEN];
    bool www = challenge && challenge->sip_status->st_status == 401;
    if (!format_target(c, c->forward_to, refer_to))
        return false;
    nua_refer(c->nh, SIPTAG_REFER_TO_STR(refer_to),
              TAG_IF(challenge && www, SIPTAG_AUTHORIZATION_STR(credentials)),
              TAG_IF(challenge && !www, SIPTAG_PROXY_AUTHORIZATION_STR(credentials)),
              TAG_IF(c->contact[0], SIPTAG_CONTACT_STR(c->contact)), TAG_END());
    sip_trace_request(&c->trace, "REFER", span_of(NULL, 0));
    return true;
}

bool ua_forward(struct ua_call *c, const char *number)
{
    if (c->state != CALL_TALKING || c->detached || c->refresh.updating || c->forward != FORWARD_NOT ||
        !str_copy(c->forward_to, sizeof(c->forward_to), number))
        return false;
    nua_set_hparams(c->nh, NUTAG_ALLOW(NULL), NUTAG_ALLOW(methods_of_forwarded), TAG_END());
    c->challenged = false;
    if (!send_refer(c, NULL, NULL))
        return false;
    c->forward = FORWARD_ASKED;
    return true;
}

static bool answers_challenge(struct ua_call *c, int status, const sip_t *answer)
{
    SCOPED_BUF struct buf credentials;
    buf_init(&credentials, AUTH_HEADER_MAX);
    return (status == 401 || status == 407) && call_answer_came(answer) &&
           call_credentials(c, answer, "REFER", &credentials) == AUTH_READY &&
           send_refer(c, answer, buf_text(&credentials));
}

void forward_on_answer(struct ua_call *c, int status, const sip_t *answer)
{
    if (status < 200 || c->forward != FORWARD_ASKED)
        return;
    log_debug(id_text(c->attempt), "REFER was answered with %d", status);
    if (answers_challenge(c, status, answer))
        return;
    if (!call_answer_came(answer)) /* the media is still there, only sofia has given the dialog up */
        handoff_detach(c);
    if (status >= 300) {
        forward_settle(c, false);
        return;
    }
    c->forward = FORWARD_TAKEN;
    timer_start(&c->forward_timer, line_root_loop(c->ua->root), NOTIFY_WAIT_MS);
}

/* The status line of message/sipfrag (RFC 3515 §2.4.5); 0: there is none. */
static unsigned status_in(const sip_t *notify)
{
    static const char version[] = "SIP/2.0 ";
    const sip_payload_t *body = notify->sip_payload;
    size_t at = sizeof(version) - 1;
    if (!body || !body->pl_data || body->pl_len < at + 3 || memcmp(body->pl_data, version, at) != 0)
        return 0;
    unsigned status = 0;
    for (size_t i = at; i < at + 3; i++) {
        if (!char_is_digit(body->pl_data[i]))
            return 0;
        status = status * 10 + (unsigned)(body->pl_data[i] - '0');
    }
    return status;
}

void forward_on_notify(struct ua_call *c, const sip_t *notify)
{
    unsigned status = status_in(notify);
    if (c->forward != FORWARD_NOT && status >= 200)
        forward_settle(c, status < 300);
}
