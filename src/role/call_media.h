/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One call's UDP socket and what runs on it: RTP with G.711 by way of a jitter buffer, or UDPTL. Brings the
 * session of src/t30 together with the network and the clock.
 *
 * All that arrives is hostile. Datagrams count only from where media_path.h says; RTP only if it
 * is version 2 and of the one source (SSRC) that speaks now: late RTP must not look like UDPTL, nor
 * the other way round. Where keys were agreed on, audio counts only encrypted with them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/endpoint.h"
#include "ipc/message.h"
#include "net/loop.h"
#include "proto/udptl_receive.h"
#include "proto/udptl_send.h"
#include "role/media_path.h"
#include "t30/audio_stream.h"
#include "t30/rtp_source.h"
#include "t30/session.h"
#include "t30/srtp.h"

/* Of SRTP; all zero: none. */
struct call_media_keys {
    bool on;
    enum sdes_suite suite;
    uint8_t ours[SDES_KEY_LEN], theirs[SDES_KEY_LEN]; /* of what goes out, of what comes in */
};

struct call_media {
    struct loop *loop;
    struct session *session; /* borrowed */
    struct watch watch;
    struct timer timer;
    int fd; /* owned; -1: no media yet */
    enum media_kind kind;
    struct media_path path;
    uint32_t strangers; /* datagrams from elsewhere, or of neither form */

    bool has_udptl; /* since the call became T.38 */
    struct rtp_source source;
    struct audio_stream *audio; /* owned; NULL: T.38, or no media yet */
    uint32_t ssrc, timestamp;
    uint16_t sequence;
    struct call_media_keys keys;
    struct srtp *out, *in; /* NULL: in clear */

    struct udptl_sender udptl_out;
    struct udptl_receiver udptl_in;
};

void call_media_init(struct call_media *m, struct loop *loop, struct session *session);
void call_media_clear(struct call_media *m); /* closes the socket; not from within a session's event */

struct call_media_target {
    enum media_kind kind;
    struct endpoint remote; /* len 0: on hold, nothing goes out or counts that comes in */
    struct endpoint peer;   /* where the signalling comes from; len 0: remote is not learned (media_path.h) */
    struct call_media_keys keys; /* of audio */
    struct session_t38 t38;
    size_t t38_max_datagram; /* of the far side; 0: not told */
    bool t38_fec;            /* parity is sent, else copies */
};

/* Where the media goes from now on; starts the session's T.30 anew where the kind changed. fd: taken where we
 * have none yet, else ignored and still the caller's. 0 or errno. */
int call_media_set(struct call_media *m, const struct call_media_target *target, int *fd) MUST_USE;

/* The session's on_packet. */
void call_media_send_packet(struct call_media *m, struct span ifp, int copies);
/* The session was called from elsewhere and may be due at another time now. */
void call_media_wake(struct call_media *m);
/* How the audio went, for the log: whether the network or a process that was late spoiled it. */
void call_media_log(const struct call_media *m, const char *id);
