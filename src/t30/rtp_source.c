/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/rtp_source.h"

static enum rtp_source_verdict listen_to(struct rtp_source *s, uint32_t ssrc)
{
    *s = (struct rtp_source){.known = true, .ssrc = ssrc};
    return RTP_SOURCE_NEW;
}

enum rtp_source_verdict rtp_source_take(struct rtp_source *s, uint32_t ssrc)
{
    if (!s->known)
        return listen_to(s, ssrc);
    if (ssrc == s->ssrc) {
        s->other_count = 0;
        return RTP_SOURCE_SAME;
    }
    s->other_count = s->other_count > 0 && s->other_ssrc == ssrc ? s->other_count + 1 : 1;
    s->other_ssrc = ssrc;
    return s->other_count < RTP_NEW_SOURCE_PACKETS ? RTP_SOURCE_STRANGER : listen_to(s, ssrc);
}

bool rtp_source_is_late_voice(struct rtp_source *s, const struct rtp_packet *packet, bool has_udptl)
{
    if (s->known && packet->ssrc == s->ssrc)
        return true;
    if (has_udptl || (packet->type != RTP_PCMU && packet->type != RTP_PCMA))
        return false;
    (void)listen_to(s, packet->ssrc);
    return true;
}
