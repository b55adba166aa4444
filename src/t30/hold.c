/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/hold.h"

#include <string.h>

#include <spandsp.h>

#include "t30/command.h"

/* A question whose carrier does not fall is answered all the same. */
enum { CARRIER_FALLS_MS = 1500 };
/* A receiver waits 6 s for our carrier; nobody is there after this. */
enum { CARRIER_HELD_MS = 20000 };

static const struct modem_setting silent = {.type = T30_MODEM_NONE};
static const struct modem_setting v21 = {.type = T30_MODEM_V21, .bit_rate = 300, .hdlc = true};

void hold_init(struct hold *h, bool receiving, const struct hold_user *user)
{
    *h = (struct hold){.receiving = receiving, .user = *user};
}

void hold_use(struct hold *h, struct terminal *terminal, int64_t now_ms)
{
    h->receiving = h->receiving || h->answered;
    h->answered = false;
    h->terminal = terminal;
    h->now_ms = now_ms;
    h->state = HOLD_THROUGH;
}

static void enter(struct hold *h, enum hold_state state)
{
    h->state = state;
    h->since_ms = h->now_ms;
}

static void put(struct hold *h, struct span frame)
{
    if (frame.len > 0)
        h->user.on_send(h->user.context, frame);
    h->terminal->kind->send_frame(h->terminal, frame);
}

static void send(struct hold *h, uint8_t fcf)
{
    /* The lowest bit is that of T.30's own response (T.30 §5.3.6.1); who has called has it set. */
    uint8_t x = h->receiving ? h->held[2] & 1 : !h->answered;
    uint8_t frame[3] = {0xFF, 0x13, fcf | x};
    put(h, span_of(frame, sizeof(frame)));
}

static void keep(struct hold *h, struct span frame)
{
    memcpy(h->held, frame.data, frame.len);
    h->held_len = frame.len;
}

static void let_go(struct hold *h)
{
    enter(h, HOLD_THROUGH);
    put(h, span_of(h->held, h->held_len));
}

static void end_carrier(struct hold *h)
{
    h->closing = true;
    put(h, (struct span){NULL, 0});
}

static void farewell(struct hold *h, enum hold_end end)
{
    h->end = end;
    h->closing = false;
    enter(h, HOLD_FAREWELL);
    send(h, T30_DCN);
}

static void over(struct hold *h, enum hold_end end)
{
    enter(h, HOLD_OVER);
    h->user.on_end(h->user.context, end);
}

/* What is held can go, or never will. */
static void settle(struct hold *h)
{
    if (h->state == HOLD_RESPONSE && h->failed && h->v21) {
        farewell(h, HOLD_END_STORE_FAILED);
    } else if (h->state == HOLD_RESPONSE && h->stored) {
        let_go(h);
    } else if (h->state == HOLD_CARRIER && h->failed) {
        h->terminal->kind->drop_frame(h->terminal);
        h->terminal->kind->set_tx(h->terminal, &v21);
        farewell(h, HOLD_END_STORE_FAILED);
    } else if (h->state == HOLD_CARRIER && h->stored) {
        enter(h, HOLD_THROUGH);
        h->terminal->kind->set_tx(h->terminal, &h->carrier);
    } else if (h->state == HOLD_AWAITING && h->stored) {
        enter(h, HOLD_THROUGH);
    }
}

void hold_turn_sender(struct hold *h)
{
    h->receiving = false;
    h->answered = true;
    hold_page(h, false);
}

void hold_page(struct hold *h, bool ecm)
{
    h->ecm = ecm;
    h->stored = h->failed = h->v21 = h->asked = h->closing = false;
    h->page_ms = h->now_ms;
    enter(h, HOLD_AWAITING);
}

void hold_next_page(struct hold *h, bool last_page)
{
    h->last_page = last_page;
    h->may_ask = false;
}

void hold_stored(struct hold *h, bool ok)
{
    if (ok)
        h->stored = true;
    else
        h->failed = true;
    settle(h);
}

void hold_may_ask(struct hold *h)
{
    h->may_ask = true;
    if (h->state == HOLD_QUESTION)
        let_go(h);
}

/* The sender has asked and is silent: the next 2 s. */
static void answer(struct hold *h)
{
    h->asked = false;
    h->v21 = true;
    enter(h, HOLD_RESPONSE);
    h->terminal->kind->set_rx(h->terminal, &silent);
    h->terminal->kind->set_tx(h->terminal, &v21);
    settle(h);
}

static void refuse(struct hold *h)
{
    enter(h, HOLD_REFUSAL);
    h->closing = false;
    /* Without ECM there is no RNR. A carrier without any frame would do, but gateways hang on it. */
    send(h, h->ecm ? T30_RNR : T30_CRP);
}

static int64_t state_limit_ms(const struct hold *h)
{
    switch (h->state) {
    case HOLD_RESPONSE: return h->v21 ? HOLD_PREAMBLE_MS : HOLD_QUIET_MS;
    case HOLD_LISTEN: return h->asked ? CARRIER_FALLS_MS : HOLD_QUIET_MS;
    case HOLD_QUESTION: return HOLD_QUESTION_MS;
    case HOLD_CARRIER: return CARRIER_HELD_MS;
    case HOLD_REFUSAL:
    case HOLD_FAREWELL: return HOLD_QUIET_MS;
    case HOLD_THROUGH:
    case HOLD_AWAITING:
    case HOLD_OVER: break;
    }
    return -1;
}

int64_t hold_due_ms(const struct hold *h)
{
    int64_t limit = state_limit_ms(h);
    return limit < 0 ? INT64_MAX : h->since_ms + limit;
}

void hold_run(struct hold *h, int64_t now_ms)
{
    h->now_ms = now_ms;
    if (now_ms < hold_due_ms(h))
        return;
    if (h->state == HOLD_FAREWELL) {
        over(h, h->end);
    } else if (h->state == HOLD_LISTEN && h->asked) {
        answer(h);
    } else if (h->state == HOLD_RESPONSE && h->v21 && now_ms - h->page_ms < HOLD_TOTAL_MS) {
        refuse(h);
    } else if (h->state == HOLD_RESPONSE && h->v21) {
        farewell(h, HOLD_END_STORE_SLOW);
    } else if (h->state == HOLD_QUESTION) {
        farewell(h, HOLD_END_STORE_SLOW);
    } else if (h->state == HOLD_CARRIER) {
        h->terminal->kind->drop_frame(h->terminal);
        h->terminal->kind->set_tx(h->terminal, &v21);
        farewell(h, HOLD_END_STORE_SLOW);
    } else {
        over(h, HOLD_END_STORE_SLOW);
    }
}

void hold_set_rx(struct hold *h, const struct modem_setting *m)
{
    h->terminal->kind->set_rx(h->terminal, m);
}

void hold_set_tx(struct hold *h, const struct modem_setting *m)
{
    bool carrier = m->type != T30_MODEM_NONE && m->type != T30_MODEM_DONE && m->type != T30_MODEM_PAUSE;
    if (!h->receiving && carrier && h->state == HOLD_AWAITING) {
        h->carrier = *m;
        enter(h, HOLD_CARRIER);
        settle(h);
        return;
    }
    if (m->type == T30_MODEM_DONE && h->state != HOLD_OVER)
        enter(h, HOLD_THROUGH);
    h->terminal->kind->set_tx(h->terminal, m);
    if (h->receiving && m->type == T30_MODEM_V21 &&
        (h->state == HOLD_AWAITING || h->state == HOLD_RESPONSE)) {
        h->v21 = true;
        h->since_ms = h->now_ms;
        settle(h);
    }
}

static bool confirms_page(struct span frame)
{
    return frame.len == 3 && ((frame.data[2] & 0xFE) == T30_MCF || (frame.data[2] & 0xFE) == T30_RTP);
}

static bool ends_document(const struct hold *h, struct span frame)
{
    uint8_t word = command_word(frame);
    return frame.len <= sizeof(h->held) &&
           (word == T30_EOP || (h->last_page && (word == T30_MPS || word == T30_EOM)));
}

void hold_send_frame(struct hold *h, struct span frame)
{
    if (!h->receiving && h->state == HOLD_THROUGH && !h->may_ask && ends_document(h, frame)) {
        keep(h, frame);
        enter(h, HOLD_QUESTION);
        h->user.on_question(h->user.context);
        return;
    }
    bool held = h->receiving && (h->state == HOLD_AWAITING || h->state == HOLD_RESPONSE);
    if (!held || !confirms_page(frame)) {
        put(h, frame);
        return;
    }
    keep(h, frame);
    if (h->state == HOLD_AWAITING)
        enter(h, HOLD_RESPONSE);
    settle(h);
}

void hold_drop_frame(struct hold *h)
{
    if (h->state == HOLD_RESPONSE)
        enter(h, HOLD_AWAITING);
    if (h->state == HOLD_QUESTION)
        enter(h, HOLD_THROUGH);
    h->terminal->kind->drop_frame(h->terminal);
}

/* Everything a sender may say to get an answer about its page. */
static bool is_question(uint8_t fcf)
{
    static const uint8_t questions[] = {T30_RR,  T30_PPS,     T30_EOR,     T30_MPS,     T30_EOM,
                                        T30_EOP, T30_PRI_MPS, T30_PRI_EOM, T30_PRI_EOP, T30_EOS};
    return memchr(questions, fcf & 0xFE, sizeof(questions)) != NULL;
}

bool hold_hears_frame(struct hold *h, struct span frame)
{
    bool goodbye = frame.len >= 3 && (frame.data[2] & 0xFE) == T30_DCN;
    switch (h->state) {
    case HOLD_THROUGH:
    case HOLD_AWAITING: return true;
    case HOLD_LISTEN:
        if (frame.len >= 3 && is_question(frame.data[2])) {
            h->asked = true;
            h->since_ms = h->now_ms;
        }
        break;
    case HOLD_RESPONSE:
    case HOLD_REFUSAL:
    case HOLD_CARRIER:
    case HOLD_QUESTION:
    case HOLD_FAREWELL:
    case HOLD_OVER: break;
    }
    if (goodbye && h->state != HOLD_OVER)
        over(h, HOLD_END_STORE_SLOW);
    return false;
}

bool hold_hears_status(struct hold *h, bool signal_ended)
{
    switch (h->state) {
    case HOLD_THROUGH:
    case HOLD_AWAITING:
    case HOLD_CARRIER: return true;
    case HOLD_RESPONSE: return !h->v21; /* T.30 still waits for the question's carrier to fall */
    case HOLD_LISTEN:
        if (signal_ended && h->asked)
            answer(h);
        return false;
    case HOLD_REFUSAL:
    case HOLD_QUESTION:
    case HOLD_FAREWELL:
    case HOLD_OVER: break;
    }
    return false;
}

bool hold_hears_sent(struct hold *h)
{
    if (h->state != HOLD_REFUSAL && h->state != HOLD_FAREWELL)
        return h->state != HOLD_OVER;
    if (!h->closing) {
        end_carrier(h);
    } else if (h->state == HOLD_FAREWELL) {
        over(h, h->end);
    } else {
        enter(h, HOLD_LISTEN);
        h->terminal->kind->set_tx(h->terminal, &silent);
        h->terminal->kind->set_rx(h->terminal, &v21);
    }
    return false;
}
