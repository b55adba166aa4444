/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between the line and T.30: what comes from the far machine passes terminal → guard → hold → question →
 * engine, what goes to it engine → question → hold → terminal. */
#include <string.h>

#include <spandsp.h>

#include "base/attr.h"
#include "base/str.h"
#include "model/blocked.h"
#include "t30/guard.h"
#include "t30/session_inner.h"

/* T2 (7 s) is over before a sender of whose questions one was lost without a trace has come to the next; what
 * a receiver would do then, DIS, no sender expects. */
enum { PATIENCE_MS = 7 * 1000 };

/* --- from T.30 to the line --- */

static bool is_image_modem(int type)
{
    return type == T30_MODEM_V17 || type == T30_MODEM_V29 || type == T30_MODEM_V27TER;
}

static void trace(struct session *s, bool sent, struct span bytes, const char *dropped)
{
    struct session_frame frame = {s->now_ms, sent, bytes, guard_frame_name(bytes), dropped};
    s->opts.events->on_frame(s->opts.context, &frame);
}

static void trace_modem(struct session *s, bool sent, const char *name)
{
    struct session_frame frame = {s->now_ms, sent, span_of(NULL, 0), name, NULL};
    s->opts.events->on_frame(s->opts.context, &frame);
}

/* One that cannot be trained says nothing: it is V.21 that it hears, or FTT follows. On T.38 it is only
 * announced. */
static void trace_training(struct session *s, int status)
{
    if (status == (s->packets != NULL ? SIG_STATUS_TRAINING_IN_PROGRESS : SIG_STATUS_TRAINING_SUCCEEDED))
        trace_modem(s, false, s->modem);
}

static void on_engine_set_rx(void *context, const struct modem_setting *m)
{
    struct session *s = context;
    s->ecm_image = m->hdlc && is_image_modem(m->type);
    s->plain_image = !m->hdlc && is_image_modem(m->type);
    s->understood = s->image_over = false;
    s->modem = session_modem_name(m);
    hold_set_rx(&s->hold, m);
}

static void on_engine_set_tx(void *context, const struct modem_setting *m)
{
    struct session *s = context;
    s->sending_image = is_image_modem(m->type);
    s->poll.speaks = s->sending_image || m->type == T30_MODEM_V21;
    if (s->sending_image)
        trace_modem(s, true, session_modem_name(m));
    hold_set_tx(&s->hold, m);
}

static void on_hold_send(void *context, struct span frame)
{
    struct session *s = context;
    trace(s, true, frame, NULL);
    course_sends(&s->course, frame);
    s->settled = s->settled || (frame.len > 2 && (frame.data[2] & 0xFE) == T30_DCS);
    question_answered(&s->question, frame, s->now_ms);
    if (question_is_settled(&s->question))
        s->patience = PATIENCE_MS * SAMPLES_PER_MS;
}

/* DIS, or DTC of who polls, with what goes before it. */
static bool begins_anew(uint8_t fcf)
{
    static const uint8_t words[] = {T30_CSI, T30_DIS, T30_NSF, T30_CIG, T30_DTC, T30_NSC, T30_PWD, T30_SEP};
    return memchr(words, fcf, sizeof(words)) != NULL;
}

static void on_engine_send_frame(void *context, struct span frame)
{
    struct session *s = context;
    if (frame.len > 2 && (frame.data[2] & 0xFE) == T30_DIS && frame.len <= DIS_ROOM) {
        memcpy(s->dis, frame.data, frame.len);
        s->dis_len = frame.len;
    }
    /* All is stored and confirmed and nobody says goodbye: T.30 would begin anew, for another document. */
    if (!s->opts.sender && session_succeeded(s) && frame.len > 2 && begins_anew(frame.data[2])) {
        session_end_with(s, ENDING_FAR_HUNG_UP);
        return;
    }
    bool goodbye = frame.len > 2 && (frame.data[2] & 0xFE) == T30_DCN;
    s->again = s->again || (goodbye && !s->calls && !s->silence.met);
    if (s->again)
        return;
    if (session_poll_keeps(s, frame) || session_precedes(s, frame))
        return;
    if (frame.len != 3 || s->opts.sender) {
        hold_send_frame(&s->hold, frame);
        return;
    }
    uint8_t answer[3] = {frame.data[0], frame.data[1], question_answer(&s->question, frame.data[2])};
    hold_send_frame(&s->hold, span_of(answer, sizeof(answer)));
}

static void on_engine_drop_frame(void *context)
{
    struct session *s = context;
    s->dcs_len = s->poll.said_len = 0;
    hold_drop_frame(&s->hold);
}

static void on_engine_end(void *context, int t30_code)
{
    struct session *s = context;
    s->t30_code = t30_code;
    s->ended = true;
}

static void on_hold_question(void *context)
{
    struct session *s = context;
    s->opts.events->on_page_ending(s->opts.context, (unsigned)(s->opts.first + s->confirmed) + 1);
}

static void on_hold_end(void *context, enum hold_end end)
{
    struct session *s = context;
    if (s->poll.refused)
        session_end_with(s, ENDING_POLL_REFUSED);
    else
        session_end_with(s, end == HOLD_END_STORE_FAILED ? ENDING_STORE_FAILED : ENDING_STORE_SLOW);
}

/* --- from the line to T.30 --- */

/* A signal of any kind. */
static void hears(struct session *s)
{
    silence_ends(&s->silence, s->course.phase, s->ecm_image && !s->image_over, s->now_ms);
}

static const char *why_dropped(struct session *s, struct span frame)
{
#ifndef FAXPOST_WITHOUT_GUARD
    struct guard_context context = {
        .sender = s->opts.sender,
        .polls = s->opts.polls,
        .polled = !s->calls && s->send_file >= 0,
        .ecm_image = s->ecm_image,
        .offered = span_of(s->dis, s->dis_len),
    };
    struct guard_decision decision = guard_check(frame, &context);
    if (decision.verdict != GUARD_PASS)
        return decision.why;
    /* A fax machine that sends an image hears nothing; on T.38 a late repeat would break the call off. */
    if (s->sending_image && (frame.data[2] & 0xFE) != T30_DCN)
        return "nobody listens while an image is sent";
    /* libspandsp stops waiting for an answer when it hears one, and DIS after it is none. */
    if (s->opts.sender && s->course.phase == COURSE_CONFIRMING && (frame.data[1] & 0x10) == 0)
        return "no answer to a page";
    return session_poll_misfits(s, frame);
#else
    return NULL;
#endif
}

/* Before its training is confirmed, and so before any page. */
static void check_station(struct session *s)
{
    session_remember_far_id(s);
    if (s->blocked != NULL && station_is_blocked(s->blocked, s->far_id))
        session_end_with(s, ENDING_BLOCKED);
}

/* What a receiver's T.30 gets to hear. */
static void hear_as_receiver(struct session *s, struct span frame)
{
    struct question_heard h;
    question_hears(&s->question, frame, s->plain_image, s->now_ms, &h);
    if (!h.pass)
        return;
    if (h.pageless)
        engine_hear_image_bit(s->engine, SIG_STATUS_TRAINING_IN_PROGRESS);
    if ((frame.data[2] & 0xFE) == T30_DCS) {
        s->poll.settled = true;
        session_check_password(s);
    }
    engine_hear_frame(s->engine, h.len == 0 ? frame : span_of(h.frame, h.len), true);
    if ((frame.data[2] & 0xFE) == T30_PPS)
        session_check_size(s);
    if ((frame.data[2] & 0xFE) == T30_TSI || frame.data[2] == T30_CIG)
        check_station(s);
}

static void on_frame(void *context, struct span frame, bool fcs_good)
{
    struct session *s = context;
    if (s->ended)
        return;
    const char *dropped = fcs_good ? why_dropped(s, frame) : "FCS wrong";
    trace(s, false, frame, dropped);
    if (dropped == NULL)
        course_hears(&s->course, frame);
    s->image_over = s->image_over || (dropped == NULL && frame.data[2] == T4_RCP);
    hears(s);
    if (!fcs_good && !s->ecm_image) {
        course_hears_spoilt(&s->course);
        question_spoilt(&s->question, s->now_ms);
    }
    if (!fcs_good && hold_hears_status(&s->hold, false))
        engine_hear_frame(s->engine, frame, false);
    if (dropped != NULL)
        return;
    s->moved = s->understood = true;
    session_voice_is_fax(s);
    s->flags_only = false;
    s->patience = 0;
    if (!hold_hears_frame(&s->hold, frame))
        return;
    if (s->calls && frame.data[2] == T30_DIS)
        session_hear_capabilities(s, frame);
    if (s->ending != ENDING_NONE && s->calls)
        return;
    if (s->opts.polls && frame.data[2] == T30_DIS)
        session_poll_hears_dis(s, frame);
    else if (frame.data[2] == T30_DTC)
        session_poll_hears_dtc(s, frame);
    else if (s->opts.sender && (frame.data[2] != T30_DIS || session_fits(s, frame)))
        engine_hear_frame(s->engine, frame, true);
    else if (!s->opts.sender)
        hear_as_receiver(s, frame);
    session_poll_follow(s);
}

void session_want_t38(struct session *s)
{
    if (s->want_t38_told)
        return;
    s->want_t38_told = true;
    s->opts.events->on_want_t38(s->opts.context);
}

/* Of the signal that a receiver waits for. */
static void follow_signal(struct session *s, int status)
{
    switch (status) {
    case SIG_STATUS_CARRIER_UP: question_hears_carrier(&s->question, true, s->now_ms); break;
    case SIG_STATUS_CARRIER_DOWN: question_hears_carrier(&s->question, false, s->now_ms); break;
    case SIG_STATUS_FRAMING_OK:
        session_voice_is_fax(s);
        s->patience = 0;
        s->untrained_since_ms = 0;
        s->flags_only = true;
        question_hears_flags(&s->question, s->now_ms);
        break;
    case SIG_STATUS_TRAINING_SUCCEEDED:
        s->patience = 0;
        s->understood = true;
        question_hears_image(&s->question);
        break;
    default: break;
    }
}

/* The command after a page was on the line and none of it understood. Its sender says it again after T4 (3
 * s), three times in all (T.30 §5.4.3.1). libspandsp takes the end of the carrier for the end of T2 and asks
 * for a new beginning, by DIS, which no sender expects there. Having heard a bad frame it waits, but where it
 * listens to an ECM image it must not hear of that carrier's end at all. */
static bool bears_spoilt_command(struct session *s)
{
    bool flags_only = s->flags_only && !s->understood;
    s->flags_only = false;
    if (flags_only) {
        course_hears_spoilt(&s->course);
        question_spoilt(&s->question, s->now_ms);
    }
    if (s->opts.sender || s->understood)
        return false;
    if (s->ecm_image)
        return true;
    bool after_page = s->course.phase == COURSE_PAGE || s->course.phase == COURSE_CONFIRMING;
    if (flags_only && after_page && hold_hears_status(&s->hold, false))
        engine_hear_frame(s->engine, span_of(NULL, 0), false);
    return false;
}

static void on_frame_status(void *context, int status)
{
    struct session *s = context;
    if (s->ended)
        return;
    trace_training(s, status);
    if (status != SIG_STATUS_CARRIER_DOWN)
        hears(s);
    follow_signal(s, status);
    if (status == SIG_STATUS_CARRIER_DOWN && bears_spoilt_command(s))
        return;
    /* Flags of V.21: it is a fax machine that answered. */
    if (s->audio != NULL && s->calls && status == SIG_STATUS_FRAMING_OK)
        session_want_t38(s);
    if (hold_hears_status(&s->hold, status == SIG_STATUS_CARRIER_DOWN))
        engine_hear_frame_status(s->engine, status);
}

static void on_line_status(void *context, int status)
{
    struct session *s = context;
    bool signal_ended = status == T30_FRONT_END_RECEIVE_COMPLETE || status == T30_FRONT_END_SIGNAL_ABSENT;
    if (!signal_ended)
        hears(s);
    if (!s->ended && hold_hears_status(&s->hold, signal_ended))
        engine_hear_line_status(s->engine, status);
}

static void on_sent(void *context)
{
    struct session *s = context;
    course_sent(&s->course);
    s->moved = s->moved || s->sending_image;
    if (!s->ended && hold_hears_sent(&s->hold) && !session_follows(s))
        engine_sent(s->engine);
}

/* The training check was on the line, and the modem could make nothing of it. libspandsp answers only what it
 * was trained to, and breaks off when the sender then repeats its command; T.30 §5.3.6.1.4 has FTT for it. A
 * click, or V.21, is no training check. */
static void answer_lost_training(struct session *s, int bit)
{
    enum { CHECK_LEAST_MS = 1500, WRONG_BITS = 64 };
    if (bit == SIG_STATUS_CARRIER_UP)
        s->untrained_since_ms = s->now_ms;
    else if (bit == SIG_STATUS_TRAINING_SUCCEEDED)
        s->untrained_since_ms = 0;
    if (bit != SIG_STATUS_CARRIER_DOWN || s->untrained_since_ms == 0)
        return;
    bool check = s->now_ms - s->untrained_since_ms >= CHECK_LEAST_MS && s->plain_image && !s->opts.sender &&
                 s->audio != NULL && s->course.phase == COURSE_NEGOTIATING;
    s->untrained_since_ms = 0;
    if (!check || s->ended)
        return;
    engine_hear_image_bit(s->engine, SIG_STATUS_TRAINING_SUCCEEDED);
    for (int i = 0; i < WRONG_BITS; i++)
        engine_hear_image_bit(s->engine, 1);
}

static void on_image_bit(void *context, int bit)
{
    struct session *s = context;
    answer_lost_training(s, bit);
    if (!s->moved && bit != SIG_STATUS_CARRIER_DOWN)
        hears(s);
    s->moved = s->moved || bit >= 0;
    if (bit < 0)
        trace_training(s, bit);
    if (bit == SIG_STATUS_TRAINING_SUCCEEDED || bit >= 0)
        s->understood = true;
    if (s->understood || (bit == SIG_STATUS_TRAINING_IN_PROGRESS && s->packets != NULL))
        question_hears_image(&s->question);
    if (s->question.page_heard)
        s->patience = 0;
    if (!s->ended)
        engine_hear_image_bit(s->engine, bit);
}

static void on_image_bytes(void *context, struct span bytes)
{
    struct session *s = context;
    hears(s);
    s->moved = true;
    if (!s->ended)
        engine_hear_image_bytes(s->engine, bytes);
}

static void on_missing(void *context, unsigned packets)
{
    struct session *s = context;
    question_misses(&s->question, packets);
    course_hears_spoilt(&s->course);
}

static int next_image_bit(void *context)
{
    struct session *s = context;
    s->moved = true;
    course_sends_image(&s->course, 1);
    return engine_next_image_bit(s->engine);
}

static int next_image_bytes(void *context, uint8_t *to, int room)
{
    struct session *s = context;
    s->moved = true;
    course_sends_image(&s->course, (uint64_t)room * 8);
    return engine_next_image_bytes(s->engine, to, room);
}

void session_on_packet(void *context, struct span ifp, int copies)
{
    struct session *s = context;
    s->opts.events->on_packet(s->opts.context, ifp, copies);
}

const struct terminal_events session_terminal_events = {
    .on_frame = on_frame,
    .on_frame_status = on_frame_status,
    .on_line_status = on_line_status,
    .on_sent = on_sent,
    .on_image_bit = on_image_bit,
    .on_image_bytes = on_image_bytes,
    .on_missing = on_missing,
    .next_image_bit = next_image_bit,
    .next_image_bytes = next_image_bytes,
};

struct engine_user session_engine_user(struct session *s)
{
    return (struct engine_user){s,
                                on_engine_set_rx,
                                on_engine_set_tx,
                                on_engine_send_frame,
                                on_engine_drop_frame,
                                session_on_page,
                                on_engine_end};
}

struct hold_user session_hold_user(struct session *s)
{
    return (struct hold_user){s, on_hold_send, on_hold_question, on_hold_end};
}
