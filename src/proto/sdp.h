/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Session descriptions (RFC 8866) as a fax machine needs them: one audio stream with G.711, or one T.38
 * stream over UDPTL (T.38 Annex D), each m-line kept in its place for the answer (RFC 3264 §6).
 *
 * Lenient where real gateways are sloppy (bare LF, missing s= and t=, attribute names in any case, odd flag
 * values), strict where guessing would send media somewhere wrong. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/span.h"
#include "proto/sdes.h"

enum {
    SDP_BYTES_MAX = 16384,
    SDP_MEDIA_MAX = 8,
    SDP_CRYPTO_MAX = 4,
    SDP_TOKEN_LEN = 32,
    SDP_ADDRESS_LEN = INET6_ADDRSTRLEN
};

/* An address of a c= or o= line. family 0: none, or one that is of no use to us (a name, multicast). */
struct sdp_address {
    int family; /* AF_INET, AF_INET6, 0 */
    uint8_t bytes[16];
};

/* name, rtpmap encoding name, static payload type (RFC 3551 §6). Nobody gives G.711 a dynamic one. */
#define SDP_CODECS(X)                                                                                        \
    X(PCMU, "PCMU", 0)                                                                                       \
    X(PCMA, "PCMA", 8)

enum sdp_codec {
#define SDP_CODEC_ENUM(name, text, payload) SDP_##name,
    SDP_CODECS(SDP_CODEC_ENUM)
#undef SDP_CODEC_ENUM
        SDP_CODEC_COUNT
};

enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

enum sdp_rate_management { SDP_TRANSFERRED_TCF, SDP_LOCAL_TCF };

enum sdp_udp_ec { SDP_EC_NOT_SAID, SDP_EC_NONE, SDP_EC_REDUNDANCY, SDP_EC_FEC };

/* T.38 Annex D attributes. */
struct sdp_t38 {
    uint8_t version;       /* T38FaxVersion; absent means 0 */
    uint32_t max_bit_rate; /* T38MaxBitRate, bit/s; absent or senseless means 14400 */
    bool fill_bit_removal;
    bool transcoding_mmr;
    bool transcoding_jbig;
    enum sdp_rate_management rate_management; /* absent means transferredTCF, UDP's way (T.38 §8.2) */
    uint32_t max_buffer;                      /* T38FaxMaxBuffer, bytes; 0: not said */
    uint32_t max_datagram; /* T38FaxMaxDatagram, bytes; 0: not said, or said so that it means nothing
                              (0, -1, above what UDP carries: all seen from gateways) */
    enum sdp_udp_ec udp_ec;
};

enum sdp_kind {
    SDP_AUDIO, /* RTP/AVP, or RTP/SAVP with a key that we can use, with at least one of our codecs */
    SDP_IMAGE, /* udptl t38 */
    SDP_OTHER, /* anything else; can only be refused */
};

struct sdp_media {
    enum sdp_kind kind;
    char media[SDP_TOKEN_LEN];     /* as it stood in the m-line, so that an answer can refuse it */
    char transport[SDP_TOKEN_LEN]; /* "RTP/AVP", "RTP/SAVP", "udptl" */
    char first_format[SDP_TOKEN_LEN];
    uint16_t port;              /* 0: refused (RFC 3264 §6) */
    struct sdp_address address; /* its own c= line, else the session's */
    enum sdp_direction direction;
    enum sdp_codec codecs[SDP_CODEC_COUNT]; /* SDP_AUDIO: in order of preference */
    size_t codec_count;
    bool secure; /* RTP/SAVP: SRTP or nothing. RTP/AVP with keys: who can, takes them (RFC 8643) */
    struct sdes crypto[SDP_CRYPTO_MAX]; /* SDP_AUDIO: in order of preference */
    size_t crypto_count;
    struct sdp_t38 t38; /* SDP_IMAGE */
};

struct sdp {
    uint64_t session;           /* o= line */
    uint64_t version;           /* o= line; grows with every change (RFC 3264 §8) */
    struct sdp_address address; /* session level c=; what sdp_format writes in o= and c= */
    struct sdp_media media[SDP_MEDIA_MAX];
    size_t media_count;
};

/* Fills *sdp. False where the text cannot be used; *why then points at a constant text that says so. */
bool sdp_parse(struct span text, struct sdp *sdp, const char **why) MUST_USE;

/* Appends the description; b->overflow tells whether it fitted (SDP_BYTES_MAX always does). Every m-line is
 * written in its place; one with port 0 without attributes. */
void sdp_format(const struct sdp *sdp, struct buf *b);

/* Media can be sent there: port, address, and neither held nor 0.0.0.0. */
bool sdp_media_usable(const struct sdp_media *m);
/* The direction an answer has to give (RFC 3264 §6.1). */
enum sdp_direction sdp_direction_answer(enum sdp_direction offered);

void sdp_address_format(const struct sdp_address *a, char text[SDP_ADDRESS_LEN]); /* "" for family 0 */
bool sdp_address_parse(const char *text, struct sdp_address *a) MUST_USE;         /* IPv4 or IPv6 literal */
bool sdp_address_is_any(const struct sdp_address *a); /* 0.0.0.0 or ::, the old way to hold */

const char *sdp_codec_name(enum sdp_codec codec);
uint8_t sdp_codec_payload(enum sdp_codec codec); /* its static payload type */
