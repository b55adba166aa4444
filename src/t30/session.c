/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A session's media, time, life and end. Calls into a session end in conclude(): the engine is never ended
 * from inside its own callbacks. */
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
enum { TIMER_TICK_MS = 100, VOICE_TICK_MS = 100 };
enum { AUDIO_CHUNK = 160 };
/* What is missing is a hole in the network up to here, over which a modem keeps its carrier. Beyond it nobody
 * speaks any more, and T.30's timers have to know. */
enum { GAP_SAMPLES_MAX = 500 * SAMPLES_PER_MS };

/* --- the end --- */

void session_end_with(struct session *s, enum ending ending)
{
    if (s->ending == ENDING_NONE)
        s->ending = ending;
}

/* Where T.30's own code is not the whole truth. */
static int end_code(const struct session *s)
{
    /* What we asked for was refused: DCN came where DCS should have. */
    if (s->opts.polls && s->poll.commands > 0 && s->t30_code == T30_ERR_RX_DCNWHY)
        return COMPLETION_POLL_DENIED;
    bool dcn_at_sender = s->t30_code == T30_ERR_TX_BADPG || s->t30_code == T30_ERR_RX_DCNPHD ||
                         s->t30_code == T30_ERR_RX_DCNRRD;
    if (s->opts.sender && dcn_at_sender && course_in_doubt(&s->course))
        return COMPLETION_LEFT;
    /* T.38 has no carrier that could go on: a signal was announced, and nothing of it came. */
    bool announced = s->packets != NULL && s->t30_code == T30_ERR_HDLC_CARRIER;
    if (s->abandoned || announced || (!s->opts.sender && s->t30_code == T30_ERR_RETRYDCN))
        return silence_cause(&s->silence, s->opts.sender, &s->question);
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
    enum fate fate = s->opts.polls                ? FATE_POLLING
                     : !s->opts.sender            ? FATE_RECEIVED
                     : result.last_page_uncertain ? FATE_SENT_IN_DOUBT
                     : s->poll.turned             ? FATE_POLLED
                                                  : FATE_SENT;
    if (s->ending == ENDING_NONE && s->refused && s->t30_code == T30_ERR_OK)
        s->ending = ENDING_PAGE_REFUSED;
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
    if (!s->ended && (s->ending != ENDING_NONE || s->abandoned)) {
        if (s->engine != NULL)
            engine_terminate(s->engine);
        s->ended = true;
    }
    if (!s->ended || s->told)
        return;
    s->told = true;
    tell_done(s);
}

/* --- media --- */

static int open_receive_file(struct session *s)
{
    if (s->file >= 0)
        (void)close(s->file);
    s->file = page_file_empty();
    s->taken = 0;
    return s->file < 0 ? errno : 0;
}

void session_drop_media(struct session *s)
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
    s->ecm_image = s->image_over = s->plain_image = s->understood = s->sending_image = s->flags_only = false;
    s->settled = false;
    s->dcs_len = 0;
    s->patience = 0;
    s->again = false;
    session_poll_begin(s);
    s->silence = (struct silence){0};
    s->question = (struct question){.numbered = s->packets != NULL};
    /* A question that was asked elsewhere may have been answered there. */
    s->course = (struct course){
        .phase = COURSE_CONNECTING,
        .question_sent = s->course.question_sent,
        .last_page = s->course.last_page,
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
        .calls = s->calls,
        .receive_file = s->file,
        .send_file = s->send_file,
        .first = (unsigned)s->opts.first + s->confirmed,
        .last = (unsigned)s->opts.page_count - 1,
        .station_id = s->station_id,
        .subaddress = s->opts.sender ? s->subaddress : "",
        .selective = s->opts.polls ? s->poll.selective : "",
        .password = s->opts.polls ? s->poll.password : "",
        .selects = !s->calls && s->poll.selective[0] != 0,
        .ecm = s->opts.ecm,
        .max_rate = line_rate != 0 && line_rate < s->opts.max_rate ? line_rate : s->opts.max_rate,
        .user = session_engine_user(s),
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
    session_drop_media(s);
    return true;
}

static void use_t38(struct session *s, int64_t now_ms)
{
    const struct session_t38 *far = &s->far_t38;
    if (!may_begin(s, now_ms))
        return;
    s->want_t38_told = true;
    s->packets = packet_terminal_new(&(struct packet_terminal_opts){
        .events = &session_terminal_events,
        .context = s,
        .on_packet = session_on_packet,
        .version = far->version,
        .unpaced = far->unpaced,
        .now_us = now_ms * 1000,
    });
    start_engine(s, packet_terminal_base(s->packets), far->max_rate);
}

static void use_audio(struct session *s, int64_t now_ms)
{
    if (!may_begin(s, now_ms))
        return;
    s->audio = audio_terminal_new(&session_terminal_events, s);
    start_engine(s, audio_terminal_base(s->audio), 0);
}

/* No fax machine was heard before now. */
static void answer_as_fax(struct session *s, int64_t now_ms)
{
    s->answered_ms = now_ms;
    use_audio(s, now_ms);
}

void session_use_t38(struct session *s, int64_t now_ms, const struct session_t38 *far)
{
    s->far_t38 = *far;
    s->answered_ms = now_ms;
    session_voice_is_fax(s);
    use_t38(s, now_ms);
    conclude(s);
}

void session_use_audio(struct session *s, int64_t now_ms, enum law law)
{
    s->law = law;
    if (!session_voice_begins(s, now_ms))
        answer_as_fax(s, now_ms);
    conclude(s);
}

void session_forwarded(struct session *s, int64_t now_ms, bool ok)
{
    if (s->voice.stage != VOICE_ASKED || !session_voice_waits(s))
        return;
    s->now_ms = now_ms;
    if (ok) {
        session_end_with(s, ENDING_FORWARDED);
    } else {
        session_voice_is_fax(s);
        answer_as_fax(s, now_ms);
    }
    conclude(s);
}

/* libspandsp leaves after its third DIS, 22 s after the answer: who starts his machine by hand is late. */
static void introduce_again(struct session *s)
{
    if (s->packets != NULL)
        use_t38(s, s->now_ms);
    else
        use_audio(s, s->now_ms);
}

/* --- time --- */

static int64_t silence_limit_ms(const struct session *s)
{
    if (s->opts.sender)
        return s->course.phase == COURSE_CONFIRMING ? SILENCE_ASKING_MS : SILENCE_MS;
    return s->complete ? SILENCE_AT_END_MS : SILENCE_MS;
}

static void watch(struct session *s)
{
    if (s->moved || (s->audio != NULL && audio_terminal_hears_carrier(s->audio)))
        silence_is_put_off(&s->silence, s->now_ms);
    if (s->moved)
        s->moved_ms = s->now_ms;
    s->moved = false;
    bool nobody = !s->calls && !s->silence.met && s->now_ms - s->answered_ms > SILENCE_AT_START_MS;
    s->abandoned = nobody || silence_is_final(&s->silence, silence_limit_ms(s), s->now_ms);
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
    session_poll_follow(s);
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
    s->ran_ms = now_ms;
    if (!is_live(s)) {
        s->now_ms = now_ms;
        if (session_voice_run(s))
            answer_as_fax(s, now_ms);
        conclude(s);
        return;
    }
    advance(s, now_ms);
    if (session_voice_run(s) || s->engine == NULL) {
        conclude(s);
        return;
    }
    if (s->packets != NULL)
        packet_terminal_run(s->packets);
    if (s->audio != NULL && !s->calls)
        session_want_t38(s);
    session_check_size(s);
    session_fit_run(s);
    watch(s);
    if (s->again && !s->abandoned && !s->ended)
        introduce_again(s);
    conclude(s);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t session_due_ms(const struct session *s)
{
    if (session_voice_waits(s))
        return s->ran_ms + VOICE_TICK_MS;
    if (!is_live(s))
        return INT64_MAX;
    int64_t due = earlier(s->ran_ms + (s->packets != NULL ? TIMER_TICK_MS : 1000), hold_due_ms(&s->hold));
    due = earlier(due, session_fit_due_ms(s));
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
    bool is_data = ifp.len > 0 && (ifp.data[0] & 0x40) != 0;
    if (is_data)
        silence_is_put_off(&s->silence, now_ms);
    packet_terminal_receive(s->packets, ifp, sequence);
    conclude(s);
}

void session_hear(struct session *s, int64_t now_ms, struct span octets)
{
    if (session_voice_hears(s, octets))
        answer_as_fax(s, now_ms);
    if (!is_live(s) || s->audio == NULL)
        return;
    advance(s, now_ms);
    s->gap = 0;
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

static void hear_silence(struct session *s, size_t count)
{
    for (size_t n; count > 0 && !s->ended; count -= n) {
        int16_t samples[AUDIO_CHUNK] = {0};
        n = count < AUDIO_CHUNK ? count : AUDIO_CHUNK;
        if (audio_terminal_listens(s->audio))
            audio_terminal_hear(s->audio, samples, (int)n);
    }
}

void session_hear_gap(struct session *s, int64_t now_ms, size_t samples)
{
    if (!is_live(s) || s->audio == NULL)
        return;
    advance(s, now_ms);
    if (audio_terminal_listens(s->audio))
        question_misses(&s->question, samples < 8000 ? (uint32_t)samples : 8000);
    s->gap += samples;
    if (s->gap <= GAP_SAMPLES_MAX)
        audio_terminal_hear_gap(s->audio, (int)(samples < 8000 ? samples : 8000));
    else
        hear_silence(s, samples);
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
        if ((live && audio_terminal_speak(s->audio, samples, (int)n)) ||
            (session_voice_waits(s) && voice_ear_speak(s->voice.ear, samples, (int)n)))
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
    s->send_file = page_file_make(s->opts.pages, s->opts.page_count);
    if (s->send_file < 0)
        return errno;
    s->page_bytes = mem_zalloc(s->opts.page_count * sizeof(*s->page_bytes));
    s->forms = mem_zalloc(s->opts.page_count * sizeof(*s->forms));
    for (size_t i = 0; i < s->opts.page_count; i++) {
        s->page_bytes[i] = s->opts.pages[i].t6.len;
        s->forms[i] = s->opts.pages[i].form;
    }
    s->opts.pages = NULL;
    int error = session_keep_lower(s);
    if (error != 0)
        return error;
    if (s->opts.ends != NULL) {
        s->ends = mem_alloc(s->opts.page_count * sizeof(*s->ends));
        memcpy(s->ends, s->opts.ends, s->opts.page_count * sizeof(*s->ends));
        s->opts.ends = NULL;
    }
    if (s->opts.sender)
        session_begin_page(s);
    return 0;
}

static void copy_text(char to[SESSION_ID_LEN], const char *from)
{
    if (from != NULL)
        (void)str_copy(to, SESSION_ID_LEN, from);
}

struct session *session_new(const struct session_opts *opts)
{
    if (opts->sender && opts->first >= opts->page_count) {
        errno = EINVAL;
        return NULL;
    }
    struct session *s = mem_zalloc(sizeof(*s));
    s->opts = *opts;
    s->file = s->send_file = -1;
    s->calls = opts->sender || opts->polls;
    copy_text(s->station_id, opts->station_id);
    s->opts.station_id = s->station_id;
    if (opts->sender)
        copy_text(s->subaddress, opts->subaddress);
    copy_text(s->password, opts->password);
    copy_text(s->poll.selective, opts->selective);
    copy_text(s->poll.password, opts->poll_password);
    s->opts.subaddress = s->opts.password = s->opts.selective = s->opts.poll_password = NULL;
    s->blocked = opts->blocked && *opts->blocked ? mem_strdup(opts->blocked) : NULL;
    s->modem = "?";
    const struct hold_user user = session_hold_user(s);
    hold_init(&s->hold, !opts->sender, &user);
    int error = opts->page_count > 0 ? open_send_file(s) : 0;
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
    session_drop_media(s);
    session_fit_free(s);
    voice_ear_free(s->voice.ear);
    if (s->file >= 0)
        (void)close(s->file);
    if (s->send_file >= 0)
        (void)close(s->send_file);
    session_drop_lower(s);
    free(s->page_bytes);
    free(s->forms);
    free(s->ends);
    free(s->blocked);
    free(s);
}
