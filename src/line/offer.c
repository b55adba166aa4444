/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/offer.h"

#include <string.h>

#include "base/str.h"

/* 14400 bit/s is V.17's best, the fastest modem here. 1400 bytes fit every Ethernet path unfragmented. */
enum { OUR_BIT_RATE = 14400, OUR_BUFFER = 2000, OUR_DATAGRAM = 1400, OUR_TAG = 1 };

static void begin(const struct offer_side *side, struct sdp *ours)
{
    *ours = (struct sdp){
        .session = side->session, .version = side->version, .address = address_to_sdp(&side->local)};
}

static void set_audio(const struct offer_side *side, bool secure, struct sdp_media *m)
{
    *m = (struct sdp_media){.kind = SDP_AUDIO, .secure = secure, .port = endpoint_port(&side->local)};
    (void)str_copy(m->media, sizeof(m->media), "audio");
    (void)str_copy(m->transport, sizeof(m->transport), secure ? "RTP/SAVP" : "RTP/AVP");
}

static void set_key(const struct offer_side *side, uint32_t tag, enum sdes_suite suite, struct sdes *s)
{
    *s = (struct sdes){.tag = tag, .suite = suite};
    memcpy(s->key, side->key, sizeof(s->key));
}

static void set_t38(const struct offer_side *side, bool fec, struct sdp_media *m)
{
    *m = (struct sdp_media){.kind = SDP_IMAGE, .port = endpoint_port(&side->local)};
    (void)str_copy(m->media, sizeof(m->media), "image");
    (void)str_copy(m->transport, sizeof(m->transport), "udptl");
    (void)str_copy(m->first_format, sizeof(m->first_format), "t38");
    m->t38 = (struct sdp_t38){.version = 0,
                              .max_bit_rate = OUR_BIT_RATE,
                              .rate_management = SDP_TRANSFERRED_TCF,
                              .max_buffer = OUR_BUFFER,
                              .max_datagram = OUR_DATAGRAM,
                              .udp_ec = fec ? SDP_EC_FEC : SDP_EC_REDUNDANCY};
}

void offer_audio(const struct offer_side *side, struct sdp *ours)
{
    begin(side, ours);
    set_audio(side, side->srtp == OFFER_SRTP_REQUIRED, &ours->media[0]);
    if (side->srtp != OFFER_SRTP_NO)
        set_key(side, OUR_TAG, SDES_SHA1_80, &ours->media[0].crypto[ours->media[0].crypto_count++]);
    ours->media[0].codecs[0] = SDP_PCMA;
    ours->media[0].codecs[1] = SDP_PCMU;
    ours->media[0].codec_count = 2;
    ours->media_count = 1;
}

void offer_t38(const struct offer_side *side, struct sdp *ours)
{
    begin(side, ours);
    set_t38(side, side->correction == OFFER_CORRECTION_PARITY, &ours->media[0]);
    ours->media_count = 1;
}

void offer_again(const struct offer_side *side, const struct media *now, struct sdp *ours)
{
    if (now->kind == MEDIA_T38) {
        begin(side, ours);
        set_t38(side, now->fec, &ours->media[0]);
        ours->media_count = 1;
        return;
    }
    offer_audio(side, ours);
    ours->media[0].codecs[0] = now->kind == MEDIA_PCMU ? SDP_PCMU : SDP_PCMA;
    ours->media[0].codec_count = 1; /* no modem survives a change of it */
}

static bool wants_fec(const struct sdp_media *m, const struct offer_side *side)
{
    return m->kind == SDP_IMAGE && m->t38.udp_ec == SDP_EC_FEC && side->correction != OFFER_CORRECTION_COPIES;
}

static struct media agreed_on(const struct sdp_media *m, const struct offer_side *side)
{
    struct media agreed = {.kind = m->kind == SDP_IMAGE       ? MEDIA_T38
                                   : m->codecs[0] == SDP_PCMU ? MEDIA_PCMU
                                                              : MEDIA_PCMA,
                           .t38 = m->t38,
                           .fec = wants_fec(m, side)};
    if (sdp_media_usable(m))
        agreed.remote = address_from_sdp(&m->address, m->port);
    return agreed;
}

/* Both directions by the suite that was taken (RFC 4568 §5.1.3). */
static void encrypt(const struct offer_side *side, const struct sdes *theirs, struct media *agreed)
{
    agreed->encrypted = true;
    agreed->theirs = *theirs;
    set_key(side, theirs->tag, theirs->suite, &agreed->ours);
}

static bool wants_srtp(const struct sdp_media *m, const struct offer_side *side)
{
    return m->crypto_count > 0 && side->srtp != OFFER_SRTP_NO;
}

static bool takes(const struct sdp_media *m, const struct offer_side *side)
{
    bool srtp = wants_srtp(m, side);
    if (m->port == 0 || (!srtp && side->srtp == OFFER_SRTP_REQUIRED) || (!srtp && m->secure))
        return false;
    /* localTCF is TCP's way (T.38 §8.1): over UDP the far side must hear the training itself. */
    if (m->kind == SDP_IMAGE)
        return side->t38 && m->t38.rate_management == SDP_TRANSFERRED_TCF;
    return m->kind == SDP_AUDIO;
}

static const struct sdp_media *choose(const struct sdp *theirs, const struct offer_side *side)
{
    const struct sdp_media *audio = NULL;
    for (size_t i = 0; i < theirs->media_count; i++) {
        const struct sdp_media *m = &theirs->media[i];
        if (!takes(m, side))
            continue;
        if (m->kind == SDP_IMAGE)
            return m;
        if (!audio || (wants_srtp(m, side) && !wants_srtp(audio, side)))
            audio = m;
    }
    return audio;
}

static void take(const struct sdp_media *offered, const struct offer_side *side, struct sdp_media *ours)
{
    if (offered->kind == SDP_IMAGE) {
        set_t38(side, wants_fec(offered, side), ours);
        return;
    }
    set_audio(side, offered->secure, ours);
    if (wants_srtp(offered, side))
        set_key(side, offered->crypto[0].tag, offered->crypto[0].suite, &ours->crypto[ours->crypto_count++]);
    ours->codecs[0] = offered->codecs[0];
    ours->codec_count = 1;
    ours->direction = sdp_direction_answer(offered->direction);
}

bool offer_answer(const struct sdp *theirs, const struct offer_side *side, struct sdp *ours,
                  struct media *agreed)
{
    const struct sdp_media *chosen = choose(theirs, side);
    if (!chosen)
        return false;
    begin(side, ours);
    ours->media_count = theirs->media_count;
    for (size_t i = 0; i < theirs->media_count; i++) {
        ours->media[i] = theirs->media[i];
        ours->media[i].port = 0;
        if (&theirs->media[i] == chosen)
            take(chosen, side, &ours->media[i]);
    }
    *agreed = agreed_on(chosen, side);
    if (wants_srtp(chosen, side))
        encrypt(side, &chosen->crypto[0], agreed);
    return true;
}

/* They may leave the keys of RTP/AVP alone, but not those of RTP/SAVP, nor take what was not offered. */
static bool is_answer(const struct sdp_media *m, const struct offer_side *side)
{
    bool keyed = wants_srtp(m, side);
    return m->port != 0 && m->secure == (side->srtp == OFFER_SRTP_REQUIRED) && (keyed || !m->secure) &&
           (!keyed || (m->crypto[0].tag == OUR_TAG && m->crypto[0].suite == SDES_SHA1_80));
}

bool offer_answered(const struct sdp *answer, const struct offer_side *side, bool t38_offered,
                    struct media *agreed)
{
    for (size_t i = 0; i < answer->media_count; i++) {
        const struct sdp_media *m = &answer->media[i];
        if (m->kind != (t38_offered ? SDP_IMAGE : SDP_AUDIO) ||
            !(t38_offered ? m->port != 0 : is_answer(m, side)))
            continue;
        *agreed = agreed_on(m, side);
        if (!t38_offered && wants_srtp(m, side))
            encrypt(side, &m->crypto[0], agreed);
        return true;
    }
    return false;
}
