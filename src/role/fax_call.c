/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/fax_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "role/send_pages.h"

/* What a person watches on a screen. */
enum { PROGRESS_MS = 1000 };

/* --- what the session says --- */

static void on_packet(void *context, struct span ifp, int copies)
{
    struct fax_call *c = context;
    call_media_send_packet(&c->media, ifp, copies);
}

static unsigned page_index(const struct fax_call *c, unsigned number)
{
    return (c->sender ? c->first : 0) + number - 1;
}

static void on_page_sent(void *context, const struct session_page *page)
{
    struct fax_call *c = context;
    c->rate = page->rate;
    c->ecm = page->ecm;
    struct message m = {.type = MSG_page_sent,
                        .page_sent = {
                            .attempt = c->attempt,
                            .page = page_index(c, page->number),
                            .rate = page->rate,
                            .coding = session_coding_name(page->coding),
                            .ecm = page->ecm,
                            .resent = page->frames_resent,
                            .duration_ms = (uint32_t)page->duration_ms,
                            .resolution = page->form.resolution,
                        }};
    c->page_request = peers_ask(c->peers, ROLE_QUEUE, 0, &m);
}

static void on_page_ending(void *context, unsigned number)
{
    struct fax_call *c = context;
    struct message m = {.type = MSG_page_ending,
                        .page_ending = {.attempt = c->attempt, .page = page_index(c, number)}};
    c->ending_request = peers_ask(c->peers, ROLE_QUEUE, 0, &m);
}

static void on_polled(void *context)
{
    struct fax_call *c = context;
    c->sender = true;
    struct message m = {.type = MSG_polled, .polled = {.attempt = c->attempt, .document = c->document}};
    c->page_request = peers_ask(c->peers, ROLE_QUEUE, 0, &m);
}

static void on_page_received(void *context, const struct session_page *page, struct span t6)
{
    struct fax_call *c = context;
    c->rate = page->rate;
    c->ecm = page->ecm;
    struct session_progress p;
    session_progress(c->session, &p);
    SCOPED_FD int fd = fd_sealed_memory("page", t6);
    if (fd < 0) {
        log_error(id_text(c->attempt), "no memory file for a received page: %s", strerror(errno));
        session_page_stored(c->session, clock_mono_ms(), false);
        return;
    }
    struct message m = {.type = MSG_page_received,
                        .page_received = {
                            .attempt = c->attempt,
                            .page = page_index(c, page->number),
                            .width = page->form.width,
                            .rows = page->form.rows,
                            .resolution = page->form.resolution,
                            .rate = page->rate,
                            .coding = session_coding_name(page->coding),
                            .ecm = page->ecm,
                            .bad_rows = page->bad_rows,
                            .duration_ms = (uint32_t)page->duration_ms,
                            .subaddress = p.subaddress,
                            .t6 = fd,
                        }};
    c->page_request = peers_ask(c->peers, ROLE_QUEUE, 0, &m);
}

static void on_want_t38(void *context)
{
    struct fax_call *c = context;
    peers_tell(c->peers, ROLE_LINE, 0,
               &(struct message){.type = MSG_want_t38, .want_t38 = {.attempt = c->attempt}});
}

static void keep_audio(struct fax_call *c)
{
    peers_tell(c->peers, ROLE_LINE, 0,
               &(struct message){.type = MSG_keep_audio, .keep_audio = {.attempt = c->attempt}});
}

static void remember(struct fax_call *c, struct span frame)
{
    if (!capabilities_offered(frame))
        return;
    memcpy(c->dis, frame.data, frame.len);
    c->dis_len = frame.len;
}

static void on_frame(void *context, const struct session_frame *frame)
{
    struct fax_call *c = context;
    c->far_heard = c->far_heard || (!frame->sent && frame->dropped == NULL);
    if (!frame->sent && frame->dropped == NULL)
        remember(c, frame->bytes);
    /* After the confirmation of the training comes the page. */
    if (c->media.kind != MEDIA_T38 && frame->dropped == NULL && str_equal(frame->name, "CFR"))
        keep_audio(c);
    /* Image frames are many and say nothing; information fields may hold what a person typed. */
    if (frame->dropped == NULL && (str_equal(frame->name, "FCD") || str_equal(frame->name, "RCP")))
        return;
    char words[CAPABILITIES_LEN];
    capabilities_words(frame->bytes, words);
    (void)buf_printf(&c->trace, "%lld %s %s%s%s\n", (long long)(frame->now_ms - c->began_ms),
                     frame->sent ? ">" : "<", frame->name,
                     frame->dropped ? " dropped: "
                     : words[0]     ? " "
                                    : "",
                     frame->dropped ? frame->dropped : words);
}

static const char *mode_name(const struct fax_call *c)
{
    return c->media.fd < 0 ? "" : c->media.kind == MEDIA_T38 ? "t38" : "audio";
}

static void ask_hang_up(struct fax_call *c)
{
    if (c->hung_up)
        return;
    struct message m = {.type = MSG_hang_up,
                        .hang_up = {.attempt = c->attempt, .dialog = span_of(c->dialog, c->dialog_len)}};
    (void)peers_ask(c->peers, ROLE_LINE, 0, &m);
}

static void on_forward(void *context)
{
    struct fax_call *c = context;
    struct message m = {.type = MSG_forward, .forward = {.attempt = c->attempt}};
    (void)peers_ask(c->peers, ROLE_LINE, 0, &m);
}

static void on_done(void *context, const struct session_result *result)
{
    struct fax_call *c = context;
    c->done = true;
    timer_stop(&c->progress);
    struct message m = {
        .type = MSG_attempt_done,
        .attempt_done =
            {
                .attempt = c->attempt,
                MESSAGE_OUTCOME(&result->outcome),
                .confirmed = (c->sender ? c->first : 0) + result->pages,
                .uncertain = result->last_page_uncertain,
                .began = c->far_heard,
                .station_id = result->far_id,
                .rate = c->rate,
                .ecm = c->ecm,
                .mode = mode_name(c),
                .duration_ms = c->began_ms == 0 ? 0 : (uint32_t)(clock_mono_ms() - c->began_ms),
                .trace = buf_text(&c->trace),
                .dis = span_of(c->dis, c->dis_len),
            },
    };
    log_info(id_text(c->attempt), "fax call over: %u pages, %s%s", result->pages,
             result->outcome.verdict == VERDICT_DONE ? "done" : result->outcome.code,
             result->last_page_uncertain ? ", the last page is uncertain" : "");
    call_media_log(&c->media, id_text(c->attempt));
    (void)peers_ask(c->peers, ROLE_QUEUE, 0, &m);
    ask_hang_up(c);
}

static const struct session_events session_events = {
    .on_packet = on_packet,
    .on_page_sent = on_page_sent,
    .on_page_ending = on_page_ending,
    .on_polled = on_polled,
    .on_page_received = on_page_received,
    .on_want_t38 = on_want_t38,
    .on_frame = on_frame,
    .on_forward = on_forward,
    .on_done = on_done,
};

static void tell_progress(void *context)
{
    struct fax_call *c = context;
    struct session_progress p;
    session_progress(c->session, &p);
    struct message m = {
        .type = MSG_call_state,
        .call_state = {
            .attempt = c->attempt,
            .phase = str_equal(p.phase, "page") ? (c->sender ? "sending" : "receiving") : p.phase,
            .page = page_index(c, p.page),
            .rate = p.rate,
            .coding = session_coding_name(p.coding),
            .ecm = p.ecm,
            .percent = p.percent,
            .station_id = p.far_id,
            .mode = mode_name(c),
        }};
    peers_tell(c->peers, ROLE_QUEUE, 0, &m);
    timer_start(&c->progress, c->loop, PROGRESS_MS);
}

void fax_call_announce(struct fax_call *c)
{
    struct message m = {.type = MSG_attempt_alive, .attempt_alive = {.attempt = c->attempt}};
    peers_tell(c->peers, ROLE_QUEUE, 0, &m);
    if (timer_running(&c->progress))
        tell_progress(c);
}

/* --- what queue and line say --- */

static bool target_of(const struct fax_call *c, const struct msg_media *m, struct call_media_target *target)
{
    *target = (struct call_media_target){
        .kind = (enum media_kind)m->kind,
        .t38 = {.version = m->t38_version, .max_rate = m->t38_max_bit_rate, .unpaced = c->unpaced},
        .t38_max_datagram = m->t38_max_datagram,
        .t38_fec = m->t38_fec != 0,
    };
    if (m->peer[0] && !endpoint_parse(m->peer, &target->peer))
        return false;
    if (m->srtp > 0) {
        target->keys = (struct call_media_keys){.on = true, .suite = (enum sdes_suite)(m->srtp - 1)};
        if (m->srtp > SDES_SUITE_COUNT || m->srtp_ours.len != SDES_KEY_LEN ||
            m->srtp_theirs.len != SDES_KEY_LEN)
            return false;
        memcpy(target->keys.ours, m->srtp_ours.data, SDES_KEY_LEN);
        memcpy(target->keys.theirs, m->srtp_theirs.data, SDES_KEY_LEN);
    }
    /* No address: the far side holds the call. */
    return m->kind <= MEDIA_T38 && (m->remote[0] == 0 || endpoint_parse(m->remote, &target->remote));
}

void fax_call_media(struct fax_call *c, struct msg_media *m)
{
    struct call_media_target target;
    if (c->done)
        return;
    if (!target_of(c, m, &target)) {
        log_warning(id_text(c->attempt), "media to \"%s\" that is none", m->remote);
        fax_call_media_end(c, "no media address");
        return;
    }
    if (m->dialog.len > 0) {
        c->dialog = mem_resize(c->dialog, m->dialog.len);
        memcpy(c->dialog, m->dialog.data, m->dialog.len);
        c->dialog_len = m->dialog.len;
    }
    c->hung_up = false;
    if (c->began_ms == 0)
        c->began_ms = clock_mono_ms();
    int error = call_media_set(&c->media, &target, &m->fd);
    explicit_bzero(&target.keys, sizeof(target.keys));
    if (error) {
        log_error(id_text(c->attempt), "no socket for the media: %s", strerror(error));
        session_hang_up(c->session, clock_mono_ms());
    } else if (!c->done && !timer_running(&c->progress)) {
        tell_progress(c);
    }
}

void fax_call_media_end(struct fax_call *c, const char *reason)
{
    log_debug(id_text(c->attempt), "the media ended: %s", reason);
    c->hung_up = true; /* the dialog is gone */
    if (!c->done)
        session_hang_up(c->session, clock_mono_ms());
}

void fax_call_page_stored(struct fax_call *c, uint64_t request, bool ok)
{
    if (c->page_request == 0 || request != c->page_request)
        return;
    c->page_request = 0;
    session_page_stored(c->session, clock_mono_ms(), ok);
    call_media_wake(&c->media);
}

void fax_call_ending_stored(struct fax_call *c, uint64_t request, bool ok)
{
    if (c->ending_request == 0 || request != c->ending_request)
        return;
    c->ending_request = 0;
    if (ok)
        session_may_ask(c->session, clock_mono_ms());
    else
        session_hang_up(c->session, clock_mono_ms());
    call_media_wake(&c->media);
}

void fax_call_forwarded(struct fax_call *c, bool ok)
{
    if (c->done)
        return;
    session_forwarded(c->session, clock_mono_ms(), ok);
    call_media_wake(&c->media);
}

void fax_call_end_stored(struct fax_call *c)
{
    c->end_stored = true;
}

void fax_call_give_up(struct fax_call *c)
{
    if (!c->done)
        ask_hang_up(c);
}

bool fax_call_is_over(const struct fax_call *c)
{
    return c->done && c->end_stored;
}

/* --- life --- */

static struct fax_call *call_new(struct loop *loop, struct peers *peers, struct id attempt, bool sender)
{
    struct fax_call *c = mem_zalloc(sizeof(*c));
    c->attempt = attempt;
    c->loop = loop;
    c->peers = peers;
    c->sender = sender;
    c->hung_up = true; /* until there is media there is nothing to hang up */
    c->progress = (struct timer){.on_due = tell_progress, .context = c};
    buf_init(&c->trace, FAX_CALL_TRACE_MAX);
    return c;
}

/* Ends the making: the call with its session, or NULL with errno. */
static struct fax_call *call_open(struct fax_call *c, const struct session_opts *opts)
{
    c->session = session_new(opts);
    call_media_init(&c->media, c->loop, c->session);
    if (c->session != NULL)
        return c;
    int error = errno;
    fax_call_free(c);
    errno = error;
    return NULL;
}

void fax_call_free(struct fax_call *c)
{
    if (c == NULL)
        return;
    timer_stop(&c->progress);
    call_media_clear(&c->media);
    session_free(c->session);
    buf_clear(&c->trace);
    free(c->dialog);
    free(c);
}

/* T.30 without V.17 is 9600 bit/s at most. */
static uint32_t rate_limit(bool v17)
{
    return v17 ? 14400 : 9600;
}

/* 0, also where there are none; they go whole to everybody. */
static int pages_for_pollers(struct send_pages *pages, const struct msg_receive *m)
{
    const struct msg_send whole = {.station_id = m->station_id,
                                   .header_name = m->header_name,
                                   .header_to = m->header_to,
                                   .zone = m->zone,
                                   .language = m->language,
                                   .pages = m->pages,
                                   .lower = m->lower,
                                   .documents = "",
                                   .page_set = m->page_set};
    *pages = (struct send_pages){0};
    return m->pages == 0 ? 0 : send_pages_read(pages, &whole);
}

struct fax_call *fax_call_receive(struct loop *loop, struct peers *peers, const struct msg_receive *m)
{
    struct send_pages pages;
    int error = pages_for_pollers(&pages, m);
    if (error != 0)
        log_error(id_text(m->attempt), "no document for callers who poll: %s", strerror(error));
    struct fax_call *c = call_new(loop, peers, m->attempt, false);
    c->unpaced = m->unpaced != 0;
    c->document = m->document;
    struct session_opts opts = {
        .station_id = m->station_id,
        .ecm = m->ecm != 0,
        .max_rate = rate_limit(m->v17 != 0),
        .blocked = m->blocked,
        .password = m->password,
        .polls = m->polls != 0,
        .selective = m->selective,
        .poll_password = m->poll_password,
        .pages = pages.list,
        .lower = pages.lower,
        .page_count = error == 0 ? pages.count : 0,
        .voice = m->voice < VOICE_COUNT ? (enum voice)m->voice : VOICE_FAX,
        .voice_ms = m->voice_ms,
        .events = &session_events,
        .context = c,
    };
    c = call_open(c, &opts);
    error = errno;
    send_pages_clear(&pages);
    errno = error;
    return c;
}

struct fax_call *fax_call_send(struct loop *loop, struct peers *peers, const struct msg_send *m)
{
    struct send_pages pages;
    struct fax_call *c = NULL;
    int error = send_pages_read(&pages, m);
    if (error == 0) {
        c = call_new(loop, peers, m->attempt, true);
        c->unpaced = m->unpaced != 0;
        c->first = m->first;
        struct session_opts opts = {
            .sender = true,
            .station_id = m->station_id,
            .subaddress = m->subaddress,
            .password = m->password,
            .ecm = m->ecm != 0,
            .max_rate = rate_limit(m->v17 != 0),
            .pages = pages.list,
            .lower = pages.lower,
            .page_count = pages.count,
            .ends = pages.ends,
            .events = &session_events,
            .context = c,
        };
        c = call_open(c, &opts);
        error = c == NULL ? errno : 0;
    }
    send_pages_clear(&pages);
    errno = error;
    return c;
}
