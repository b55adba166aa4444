/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/call_media.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "proto/rtp.h"

/* Datagrams of one system call, and such calls of one wake-up: other calls of this process want their turn.
 */
enum { BATCH = 8, BATCHES_MAX = 8, DATAGRAM_MAX = 2048 };
/* How long a gap in UDPTL waits for the datagram that was overtaken. */
enum { UDPTL_HOLD_MS = 60 };
/* That a first packet which is lost leaves no doubt about roll-overs (RFC 3711 §3.3.1). */
enum { SEQUENCE_FIRST_MAX = 0x7fff };

static bool is_audio(const struct call_media *m)
{
    return m->kind != MEDIA_T38;
}

static void schedule(struct call_media *m)
{
    int64_t now = clock_mono_ms();
    int64_t due = session_due_ms(m->session);
    if (m->fd < 0)
        return;
    if (m->audio && m->audio->tick_ms < due)
        due = m->audio->tick_ms;
    int64_t gap = is_audio(m) ? -1 : udptl_receiver_deadline_ms(&m->udptl_in);
    if (gap >= 0 && gap < due)
        due = gap;
    if (due == INT64_MAX)
        timer_stop(&m->timer);
    else
        timer_start(&m->timer, m->loop, due > now ? due - now : 0);
}

/* --- out --- */

static void send_datagram(struct call_media *m, const uint8_t *data, size_t len)
{
    const struct endpoint *to = &m->path.to;
    if (to->len == 0)
        return;
    /* A datagram that does not leave is a datagram that was lost: T.30 and ECM are made for that. */
    (void)sendto(m->fd, data, len, MSG_DONTWAIT, (const struct sockaddr *)&to->address, to->len);
}

void call_media_send_packet(struct call_media *m, struct span ifp, int copies)
{
    uint8_t datagram[UDPTL_DATAGRAM_MAX];
    size_t len;
    if (m->fd < 0 || !udptl_sender_build(&m->udptl_out, ifp, datagram, sizeof(datagram), &len))
        return;
    for (int i = 0; i < copies; i++)
        send_datagram(m, datagram, len);
}

static void send_audio(void *context, const uint8_t octets[AUDIO_STREAM_TICK_SAMPLES])
{
    struct call_media *m = context;
    uint8_t datagram[RTP_HEADER_LEN + AUDIO_STREAM_TICK_SAMPLES + SRTP_TAG_MAX];
    struct rtp_packet packet = {
        .type = m->kind == MEDIA_PCMU ? RTP_PCMU : RTP_PCMA,
        .seq = m->sequence++,
        .timestamp = m->timestamp,
        .ssrc = m->ssrc,
        .payload = span_of(octets, AUDIO_STREAM_TICK_SAMPLES),
    };
    m->timestamp += AUDIO_STREAM_TICK_SAMPLES;
    size_t len;
    if (!rtp_format(&packet, datagram, sizeof(datagram), &len))
        return;
    send_datagram(m, datagram, m->out ? srtp_protect(m->out, datagram, len) : len);
}

/* --- in --- */

static void on_ifp(void *context, struct span ifp, uint16_t sequence, enum udptl_source source)
{
    struct call_media *m = context;
    session_receive(m->session, clock_mono_ms(), ifp, sequence);
}

static void on_gap(void *context, uint16_t first, unsigned count)
{
    /* The next packet's number tells the session. */
}

static const struct udptl_events udptl_events = {on_ifp, on_gap};

static void take_rtp(struct call_media *m, const struct rtp_packet *packet, const struct endpoint *from)
{
    uint8_t wanted = m->kind == MEDIA_PCMU ? RTP_PCMU : RTP_PCMA;
    if (packet->type != wanted)
        return;
    if (!media_path_take(&m->path, from)) {
        m->strangers++;
        return;
    }
    enum rtp_source_verdict verdict = rtp_source_take(&m->source, packet->ssrc);
    if (verdict == RTP_SOURCE_STRANGER) {
        m->strangers++;
        return;
    }
    if (verdict == RTP_SOURCE_NEW)
        audio_stream_new_source(m->audio);
    audio_stream_put(m->audio, packet->timestamp, packet->payload);
}

static void take_udptl(struct call_media *m, struct span datagram, const struct endpoint *from)
{
    struct udptl_packet packet;
    bool valid = udptl_parse(datagram, &packet) == UDPTL_OK;
    if (valid && !media_path_take(&m->path, from)) {
        m->strangers++;
        return;
    }
    m->has_udptl = m->has_udptl || valid;
    (void)udptl_receiver_put(&m->udptl_in, datagram, clock_mono_ms());
}

static void take_datagram(struct call_media *m, uint8_t *data, size_t len, const struct endpoint *from)
{
    struct rtp_packet packet;
    bool clear = !is_audio(m) || !m->in || srtp_unprotect(m->in, data, &len);
    struct span datagram = span_of(data, len);
    bool rtp = clear && rtp_parse(datagram, &packet);
    if (is_audio(m) && rtp) {
        take_rtp(m, &packet, from);
    } else if (!is_audio(m) && !(rtp && rtp_source_is_late_voice(&m->source, &packet, m->has_udptl))) {
        take_udptl(m, datagram, from);
    } else {
        m->strangers++;
    }
}

/* How many were taken. */
static int receive_batch(struct call_media *m)
{
    uint8_t data[BATCH][DATAGRAM_MAX];
    struct endpoint from[BATCH];
    struct iovec room[BATCH];
    struct mmsghdr messages[BATCH];
    for (int i = 0; i < BATCH; i++) {
        room[i] = (struct iovec){data[i], sizeof(data[i])};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i].address,
                                              .msg_namelen = sizeof(from[i].address),
                                              .msg_iov = &room[i],
                                              .msg_iovlen = 1};
    }
    /* An error is an ICMP answer to something we sent, and is gone by having been read. */
    int count = recvmmsg(m->fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        from[i].len = messages[i].msg_hdr.msg_namelen;
        if (media_path_may_hear(&m->path, &from[i]))
            take_datagram(m, data[i], messages[i].msg_len, &from[i]);
        else
            m->strangers++;
    }
    return count;
}

/* All that waits, by one system call where it is little: a second one only to hear "nothing" would cost as
 * much as the packet. */
static void receive(struct call_media *m)
{
    for (int i = 0; i < BATCHES_MAX && receive_batch(m) == BATCH; i++)
        continue;
}

static void on_readable(void *context, uint32_t events)
{
    struct call_media *m = context;
    receive(m);
    schedule(m);
}

/* --- time --- */

/* Audio: this process may be late, then what the far side sent meanwhile lies in the socket. */
static void on_due(void *context)
{
    struct call_media *m = context;
    if (is_audio(m))
        receive(m);
    int64_t now = clock_mono_ms();
    if (is_audio(m))
        audio_stream_run(m->audio, now);
    else
        udptl_receiver_tick(&m->udptl_in, now);
    session_run(m->session, now);
    schedule(m);
}

void call_media_log(const struct call_media *m, const char *id)
{
    const struct audio_stream *a = m->audio;
    if (a == NULL)
        return;
    const struct jitter_counts *c = &a->jitter.counts;
    log_info(id,
             "audio: %u packets came, %u too late, %u astray, %u restarts; %u ms missing, %u ms waited; our "
             "beat was "
             "late by %u ms at most, %u ms skipped",
             c->packets, c->late, c->strayed, c->restarts, (unsigned)(c->missing / JITTER_SAMPLES_PER_MS),
             (unsigned)(c->waited / JITTER_SAMPLES_PER_MS), a->late_max_ms, a->skipped_ms);
}

void call_media_wake(struct call_media *m)
{
    schedule(m);
}

/* --- life --- */

void call_media_init(struct call_media *m, struct loop *loop, struct session *session)
{
    *m = (struct call_media){.loop = loop, .session = session, .fd = -1};
    m->watch = (struct watch){.on_ready = on_readable, .context = m};
    m->timer = (struct timer){.on_due = on_due, .context = m};
    udptl_sender_init(&m->udptl_out, UDPTL_REDUNDANCY_DEFAULT, 0);
    udptl_receiver_init(&m->udptl_in, &udptl_events, m, UDPTL_HOLD_MS);
}

static struct srtp *renewed(struct srtp *former, bool on, enum sdes_suite suite, const uint8_t *key)
{
    srtp_free(former);
    return on ? srtp_new(suite, key) : NULL;
}

/* A direction whose key stays goes on: its packets are numbered from the beginning. */
static void set_keys(struct call_media *m, const struct call_media_keys *k)
{
    const struct call_media_keys *now = &m->keys;
    bool same = now->on == k->on && now->suite == k->suite;
    if (!same || memcmp(now->ours, k->ours, sizeof(k->ours)) != 0)
        m->out = renewed(m->out, k->on, k->suite, k->ours);
    if (!same || memcmp(now->theirs, k->theirs, sizeof(k->theirs)) != 0)
        m->in = renewed(m->in, k->on, k->suite, k->theirs);
    m->keys = *k;
    if (!k->on)
        explicit_bzero(&m->keys, sizeof(m->keys));
}

void call_media_clear(struct call_media *m)
{
    timer_stop(&m->timer);
    watch_stop(&m->watch);
    if (m->fd >= 0)
        (void)close(m->fd);
    m->fd = -1;
    free(m->audio);
    m->audio = NULL;
    udptl_sender_clear(&m->udptl_out);
    udptl_receiver_clear(&m->udptl_in);
    set_keys(m, &(struct call_media_keys){0});
}

/* Of audio a packet is there for each beat: to be woken for it would be to be woken twice. */
static void begin_audio(struct call_media *m)
{
    watch_stop(&m->watch);
    rand_bytes(&m->ssrc, sizeof(m->ssrc));
    rand_bytes(&m->timestamp, sizeof(m->timestamp));
    rand_bytes(&m->sequence, sizeof(m->sequence));
    m->sequence &= SEQUENCE_FIRST_MAX;
    m->source = (struct rtp_source){0};
    session_use_audio(m->session, clock_mono_ms(), m->kind == MEDIA_PCMU ? LAW_PCMU : LAW_PCMA);
    if (m->audio == NULL)
        m->audio = mem_zalloc(sizeof(*m->audio));
    audio_stream_begin(m->audio, m->session, send_audio, m, clock_mono_ms());
}

static void begin_t38(struct call_media *m, const struct call_media_target *target)
{
    m->has_udptl = false;
    free(m->audio);
    m->audio = NULL;
    watch_start(&m->watch, m->loop, m->fd, EPOLLIN);
    udptl_sender_clear(&m->udptl_out);
    udptl_receiver_clear(&m->udptl_in);
    if (target->t38_fec)
        udptl_sender_init_fec(&m->udptl_out, target->t38_max_datagram);
    else
        udptl_sender_init(&m->udptl_out, UDPTL_REDUNDANCY_DEFAULT, target->t38_max_datagram);
    udptl_receiver_init(&m->udptl_in, &udptl_events, m, UDPTL_HOLD_MS);
    session_use_t38(m->session, clock_mono_ms(), &target->t38);
}

int call_media_set(struct call_media *m, const struct call_media_target *target, int *fd)
{
    bool first = m->fd < 0;
    if (first && *fd < 0)
        return EBADF;
    if (first) {
        int error = fd_set_nonblocking(*fd);
        if (error)
            return error;
        m->fd = take_fd(fd);
    }
    bool same = !first && m->kind == target->kind;
    m->kind = target->kind;
    media_path_name(&m->path, &target->remote, &target->peer);
    set_keys(m, &target->keys);
    if (!same && is_audio(m))
        begin_audio(m);
    else if (!same)
        begin_t38(m, target);
    schedule(m);
    return 0;
}
