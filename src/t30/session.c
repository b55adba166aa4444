/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What comes from the far machine passes terminal → guard → hold → engine, what goes to it engine → hold →
 * terminal. Calls into a session end in conclude(): the engine is never ended from inside its own callbacks.
 */
#include "t30/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <spandsp.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "t30/guard.h"
#include "t30/page_file.h"
#include "t30/session_inner.h"

/* Without a good frame or image data for so long a call is dead. T.30's own waits (T0, T5) end at 60 s. */
enum { STUCK_MS = 90 * 1000 };
/* 1 MB at 2400 bit/s takes 55 minutes. */
enum { PAGE_MS = 60 * 60 * 1000 };
/* How exactly T.30's timers (3 s and more) are kept on T.38, where no samples come to count. */
enum { TIMER_TICK_MS = 100 };
enum { SAMPLES_PER_MS = 8, AUDIO_CHUNK = 160 };
/* T2 (7 s) is over before a sender of whose questions one was lost without a trace has come to the next; what
 * a receiver would do then, DIS, no sender expects. */
enum { PATIENCE_MS = 7 * 1000 };

/* --- the end --- */

void session_end_with(struct session *s, enum ending ending)
{
    if (s->ending == ENDING_NONE)
        s->ending = ending;
}

/* Where T.30's own code is not the whole truth. */
static int end_code(const struct session *s)
{
    bool dcn_at_sender = s->t30_code == T30_ERR_TX_BADPG || s->t30_code == T30_ERR_RX_DCNPHD ||
                         s->t30_code == T30_ERR_RX_DCNRRD;
    if (s->opts.sender && dcn_at_sender && course_in_doubt(&s->course))
        return COMPLETION_LEFT;
    if (s->opts.sender || s->t30_code != T30_ERR_RX_DCNDATA)
        return s->t30_code;
    if (question_is_refused(&s->question))
        return T30_ERR_RX_DCNNORTN;
    return question_is_settled(&s->question) ? T30_ERR_RX_DCNPHD : s->t30_code;
}

static void tell_done(struct session *s)
{
    struct session_result result = {
        .pages = s->confirmed,
        .last_page_uncertain = s->opts.sender && s->course.question_sent && !session_succeeded(s),
        .rate = s->rate,
    };
    enum fate fate = !s->opts.sender              ? FATE_RECEIVED
                     : result.last_page_uncertain ? FATE_SENT_IN_DOUBT
                                                  : FATE_SENT;
    session_remember_far_id(s);
    (void)str_copy(result.far_id, sizeof(result.far_id), s->far_id);
    if (session_succeeded(s))
        outcome_done(&result.outcome);
    else if (s->ending != ENDING_NONE)
        ending_outcome(s->ending, fate, &result.outcome);
    else
        completion_outcome(end_code(s), fate, &result.outcome);
    s->opts.events->on_done(s->opts.context, &result);
}

/* Last statement of every call into the session: on_done may free it. */
static void conclude(struct session *s)
{
    if (!s->ended && s->ending != ENDING_NONE) {
        if (s->engine != NULL)
            engine_terminate(s->engine);
        s->ended = true;
    }
    if (!s->ended || s->told)
        return;
    s->told = true;
    tell_done(s);
}

/* --- from T.30 to the line --- */

static bool is_image_modem(int type)
{
    return type == T30_MODEM_V17 || type == T30_MODEM_V29 || type == T30_MODEM_V27TER;
}

static void on_engine_set_rx(void *context, const struct modem_setting *m)
{
    struct session *s = context;
    s->ecm_image = m->hdlc && is_image_modem(m->type);
    s->plain_image = !m->hdlc && is_image_modem(m->type);
    s->understood = false;
    hold_set_rx(&s->hold, m);
}

static void on_engine_set_tx(void *context, const struct modem_setting *m)
{
    struct session *s = context;
    s->sending_image = is_image_modem(m->type);
    hold_set_tx(&s->hold, m);
}

static void trace(struct session *s, bool sent, struct span bytes, const char *dropped)
{
    struct session_frame frame = {s->now_ms, sent, bytes, guard_frame_name(bytes), dropped};
    s->opts.events->on_frame(s->opts.context, &frame);
}

static void on_hold_send(void *context, struct span frame)
{
    struct session *s = context;
    trace(s, true, frame, NULL);
    course_sends(&s->course, frame);
    question_answered(&s->question, frame, s->now_ms);
    if (question_is_settled(&s->question))
        s->patience = PATIENCE_MS * SAMPLES_PER_MS;
}

static bool begins_anew(uint8_t fcf)
{
    return fcf == T30_CSI || fcf == T30_DIS || fcf == T30_NSF;
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
    session_end_with(context, end == HOLD_END_STORE_FAILED ? ENDING_STORE_FAILED : ENDING_STORE_SLOW);
}

/* --- from the line to T.30 --- */

static const char *why_dropped(struct session *s, struct span frame)
{
#ifndef FAXPOST_WITHOUT_GUARD
    struct guard_context context = {s->opts.sender, s->ecm_image, span_of(s->dis, s->dis_len)};
    struct guard_decision decision = guard_check(frame, &context);
    if (decision.verdict != GUARD_PASS)
        return decision.why;
    /* A fax machine that sends an image hears nothing; on T.38 a late repeat would break the call off. */
    if (s->sending_image && (frame.data[2] & 0xFE) != T30_DCN)
        return "nobody listens while an image is sent";
    /* libspandsp stops waiting for an answer when it hears one, and DIS after it is none. */
    if (s->opts.sender && s->course.phase == COURSE_CONFIRMING && (frame.data[1] & 0x10) == 0)
        return "no answer to a page";
#endif
    return NULL;
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
    engine_hear_frame(s->engine, h.len == 0 ? frame : span_of(h.frame, h.len), true);
    if ((frame.data[2] & 0xFE) == T30_PPS)
        session_check_size(s);
}

static void on_frame(void *context, struct span frame, bool fcs_good)
{
    struct session *s = context;
    if (s->ended)
        return;
    const char *dropped = fcs_good ? why_dropped(s, frame) : "FCS wrong";
    trace(s, false, frame, dropped);
    if (!fcs_good && !s->ecm_image) {
        course_hears_spoilt(&s->course);
        question_spoilt(&s->question, s->now_ms);
    }
    if (!fcs_good && hold_hears_status(&s->hold, false))
        engine_hear_frame(s->engine, frame, false);
    if (dropped != NULL)
        return;
    s->moved = s->understood = true;
    s->flags_only = false;
    s->patience = 0;
    course_hears(&s->course, frame);
    if (!hold_hears_frame(&s->hold, frame))
        return;
    if (s->opts.sender)
        engine_hear_frame(s->engine, frame, true);
    else
        hear_as_receiver(s, frame);
}

static void want_t38(struct session *s)
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
        s->patience = 0;
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
    follow_signal(s, status);
    if (status == SIG_STATUS_CARRIER_DOWN && bears_spoilt_command(s))
        return;
    /* Flags of V.21: it is a fax machine that answered. */
    if (s->audio != NULL && s->opts.sender && status == SIG_STATUS_FRAMING_OK)
        want_t38(s);
    if (hold_hears_status(&s->hold, status == SIG_STATUS_CARRIER_DOWN))
        engine_hear_frame_status(s->engine, status);
}

static void on_line_status(void *context, int status)
{
    struct session *s = context;
    bool signal_ended = status == T30_FRONT_END_RECEIVE_COMPLETE || status == T30_FRONT_END_SIGNAL_ABSENT;
    if (!s->ended && hold_hears_status(&s->hold, signal_ended))
        engine_hear_line_status(s->engine, status);
}

static void on_sent(void *context)
{
    struct session *s = context;
    course_sent(&s->course);
    s->moved = s->moved || s->sending_image;
    if (!s->ended && hold_hears_sent(&s->hold))
        engine_sent(s->engine);
}

static void on_image_bit(void *context, int bit)
{
    struct session *s = context;
    s->moved = s->moved || bit >= 0;
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

static void on_packet(void *context, struct span ifp, int copies)
{
    struct session *s = context;
    s->opts.events->on_packet(s->opts.context, ifp, copies);
}

static const struct terminal_events terminal_events = {
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

/* --- media --- */

static int open_receive_file(struct session *s)
{
    if (s->file >= 0)
        (void)close(s->file);
    s->file = page_file_empty();
    s->taken = 0;
    return s->file < 0 ? errno : 0;
}

static void drop_media(struct session *s)
{
    engine_free(s->engine);
    packet_terminal_free(s->packets);
    audio_terminal_free(s->audio);
    s->engine = NULL;
    s->packets = NULL;
    s->audio = NULL;
}

/* line_rate: the most the line carries, bit/s; 0: any. */
static void start_engine(struct session *s, struct terminal *terminal, uint32_t line_rate)
{
    hold_use(&s->hold, terminal, s->now_ms);
    s->ecm_image = s->plain_image = s->understood = s->sending_image = s->flags_only = false;
    s->patience = 0;
    s->question = (struct question){.numbered = s->packets != NULL};
    /* A question that was asked elsewhere may have been answered there. */
    s->course = (struct course){
        .phase = COURSE_CONNECTING,
        .question_sent = s->course.question_sent,
        .asked = s->course.asked,
        .spoilt = s->course.asked > 0,
    };
    s->page_ms = s->moved_ms = s->elapsed_ms = s->now_ms;
    if (!s->opts.sender && open_receive_file(s) != 0) {
        log_error(NULL, "no memory file to receive into: error %d", errno);
        session_end_with(s, ENDING_FILE);
        return;
    }
    struct engine_opts opts = {
        .sender = s->opts.sender,
        .file = s->file,
        .first = (unsigned)s->opts.first + s->confirmed,
        .last = (unsigned)s->opts.page_count - 1,
        .station_id = s->station_id,
        .ecm = s->opts.ecm,
        .max_rate = line_rate != 0 && line_rate < s->opts.max_rate ? line_rate : s->opts.max_rate,
        .user = {s, on_engine_set_rx, on_engine_set_tx, on_engine_send_frame, on_engine_drop_frame,
                 session_on_page, on_engine_end},
    };
    s->engine = engine_new(&opts);
}

/* False where there is nothing left to begin: all is confirmed and only the goodbye was missing. */
static bool may_begin(struct session *s, int64_t now_ms)
{
    session_remember_far_id(s);
    session_set_now(s, now_ms);
    s->ran_ms = now_ms;
    if (s->told || s->ended)
        return false;
    if (session_succeeded(s)) {
        s->ended = true;
        return false;
    }
    drop_media(s);
    return true;
}

void session_use_t38(struct session *s, int64_t now_ms, const struct session_t38 *far)
{
    if (may_begin(s, now_ms)) {
        s->want_t38_told = true;
        s->packets = packet_terminal_new(&(struct packet_terminal_opts){
            .events = &terminal_events,
            .context = s,
            .on_packet = on_packet,
            .version = far->version,
            .unpaced = far->unpaced,
            .now_us = now_ms * 1000,
        });
        start_engine(s, packet_terminal_base(s->packets), far->max_rate);
    }
    conclude(s);
}

void session_use_audio(struct session *s, int64_t now_ms, enum law law)
{
    if (may_begin(s, now_ms)) {
        s->law = law;
        s->audio = audio_terminal_new(&terminal_events, s);
        start_engine(s, audio_terminal_base(s->audio), 0);
    }
    conclude(s);
}

/* --- time --- */

static void watch(struct session *s)
{
    if (s->moved)
        s->moved_ms = s->now_ms;
    s->moved = false;
    if (s->now_ms - s->moved_ms > STUCK_MS)
        session_end_with(s, ENDING_STUCK);
    else if (s->now_ms - s->page_ms > PAGE_MS)
        session_end_with(s, ENDING_TOO_SLOW);
}

void session_set_now(struct session *s, int64_t now_ms)
{
    s->now_ms = now_ms;
    s->hold.now_ms = now_ms;
    if (s->packets != NULL)
        packet_terminal_set_now(s->packets, now_ms * 1000);
}

static void elapse(struct session *s, int64_t samples)
{
    int64_t waited = samples < s->patience ? samples : s->patience;
    s->patience -= waited;
    engine_elapse(s->engine, samples - waited);
}

/* Audio counts its time in samples, so that it stays in step with what was heard. */
static void advance(struct session *s, int64_t now_ms)
{
    int64_t passed = now_ms - s->elapsed_ms;
    session_set_now(s, now_ms);
    s->elapsed_ms = now_ms;
    if (passed > 0 && s->packets != NULL && !s->ended)
        elapse(s, passed * SAMPLES_PER_MS);
    if (!s->ended)
        hold_run(&s->hold, now_ms);
}

static bool is_live(const struct session *s)
{
    return s->engine != NULL && !s->told;
}

void session_run(struct session *s, int64_t now_ms)
{
    if (!is_live(s)) {
        s->now_ms = now_ms;
        return;
    }
    s->ran_ms = now_ms;
    advance(s, now_ms);
    if (s->packets != NULL)
        packet_terminal_run(s->packets);
    if (s->audio != NULL && !s->opts.sender)
        want_t38(s);
    session_check_size(s);
    watch(s);
    conclude(s);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t session_due_ms(const struct session *s)
{
    if (!is_live(s))
        return INT64_MAX;
    int64_t due = earlier(s->ran_ms + (s->packets != NULL ? TIMER_TICK_MS : 1000), hold_due_ms(&s->hold));
    if (s->packets == NULL)
        return due;
    int64_t packet_us = packet_terminal_due_us(s->packets);
    return packet_us == INT64_MAX ? due : earlier(due, (packet_us + 999) / 1000);
}

void session_receive(struct session *s, int64_t now_ms, struct span ifp, uint16_t sequence)
{
    if (!is_live(s) || s->packets == NULL)
        return;
    advance(s, now_ms);
    packet_terminal_receive(s->packets, ifp, sequence);
    conclude(s);
}

void session_hear(struct session *s, int64_t now_ms, struct span octets)
{
    if (!is_live(s) || s->audio == NULL)
        return;
    advance(s, now_ms);
    int16_t samples[AUDIO_CHUNK];
    for (size_t at = 0, n; at < octets.len && !s->ended; at += n) {
        n = octets.len - at < AUDIO_CHUNK ? octets.len - at : AUDIO_CHUNK;
        if (audio_terminal_listens(s->audio)) {
            law_expand(s->law, span_of(octets.data + at, n), samples);
            audio_terminal_hear(s->audio, samples, (int)n);
        }
        elapse(s, (int64_t)n);
    }
    conclude(s);
}

void session_hear_gap(struct session *s, int64_t now_ms, size_t samples)
{
    if (!is_live(s) || s->audio == NULL)
        return;
    advance(s, now_ms);
    if (audio_terminal_listens(s->audio))
        question_misses(&s->question, samples < 8000 ? (uint32_t)samples : 8000);
    audio_terminal_hear_gap(s->audio, (int)(samples < 8000 ? samples : 8000));
    if (!s->ended)
        elapse(s, (int64_t)samples);
    conclude(s);
}

void session_speak(struct session *s, int64_t now_ms, uint8_t *octets, size_t count)
{
    int16_t samples[AUDIO_CHUNK];
    for (size_t at = 0, n; at < count; at += n) {
        n = count - at < AUDIO_CHUNK ? count - at : AUDIO_CHUNK;
        bool live = is_live(s) && s->audio != NULL && !s->ended;
        if (live && audio_terminal_speak(s->audio, samples, (int)n))
            law_compress(s->law, samples, n, octets + at);
        else
            memset(octets + at, law_silence(s->law), n);
    }
    conclude(s);
}

bool session_listens(const struct session *s)
{
    return is_live(s) && s->audio != NULL && audio_terminal_listens(s->audio);
}

bool session_hears_carrier(const struct session *s)
{
    return session_listens(s) && audio_terminal_hears_carrier(s->audio);
}

void session_hang_up(struct session *s, int64_t now_ms)
{
    s->now_ms = now_ms;
    session_end_with(s, ENDING_FAR_HUNG_UP);
    conclude(s);
}

void session_cancel(struct session *s, int64_t now_ms)
{
    s->now_ms = now_ms;
    session_end_with(s, ENDING_CANCELLED);
    conclude(s);
}

/* --- life --- */

static int open_send_file(struct session *s)
{
    s->file = page_file_make(s->opts.pages, s->opts.page_count);
    if (s->file < 0)
        return errno;
    s->page_bytes = mem_zalloc(s->opts.page_count * sizeof(*s->page_bytes));
    s->forms = mem_zalloc(s->opts.page_count * sizeof(*s->forms));
    for (size_t i = 0; i < s->opts.page_count; i++) {
        s->page_bytes[i] = s->opts.pages[i].t6.len;
        s->forms[i] = s->opts.pages[i].form;
    }
    s->opts.pages = NULL;
    return 0;
}

struct session *session_new(const struct session_opts *opts)
{
    if (opts->sender && opts->first >= opts->page_count) {
        errno = EINVAL;
        return NULL;
    }
    struct session *s = mem_zalloc(sizeof(*s));
    s->opts = *opts;
    s->file = -1;
    (void)str_copy(s->station_id, sizeof(s->station_id), opts->station_id);
    s->opts.station_id = s->station_id;
    hold_init(&s->hold, !opts->sender, &(struct hold_user){s, on_hold_send, on_hold_question, on_hold_end});
    int error = opts->sender ? open_send_file(s) : 0;
    if (error == 0)
        return s;
    session_free(s);
    errno = error;
    return NULL;
}

void session_free(struct session *s)
{
    if (s == NULL)
        return;
    drop_media(s);
    if (s->file >= 0)
        (void)close(s->file);
    free(s->page_bytes);
    free(s->forms);
    free(s);
}
