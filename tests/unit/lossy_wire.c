/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "lossy_wire.h"

#include <spandsp.h>

#include "base/attr.h"
#include "base/str.h"
#include "t30/companding.h"

/* A V.21 preamble as our modem plays it, then the frame's first octets. */
enum { PREAMBLE_MS = 860, FRAME_MIDDLE_MS = 40, HOLE_MS = 60 };

static struct wire_side *side_of(struct wire *w, bool by_sender)
{
    return &w->sides[by_sender ? 0 : 1];
}

static unsigned count_frame(struct wire_side *side, const char *frame)
{
    for (size_t i = 0; i < ARRAY_LEN(side->seen); i++) {
        if (side->seen[i].frame == NULL)
            side->seen[i].frame = frame;
        if (str_equal(side->seen[i].frame, frame))
            return ++side->seen[i].count;
    }
    fail_msg("too many kinds of frames");
    return 0;
}

static bool is_doomed(struct wire *w, bool by_sender, const char *frame, unsigned nth, enum loss_how *how)
{
    if (w->losses == NULL) {
        *how = rand_r(&w->seed) % 2 ? SPOILT : LOST;
        return (unsigned)rand_r(&w->seed) % w->chance == 0;
    }
    for (size_t i = 0; i < WIRE_LOSSES; i++) {
        const struct loss *loss = &w->losses[i];
        *how = loss->how;
        if (loss->frame != NULL && loss->by_sender == by_sender && str_equal(loss->frame, frame) &&
            nth >= loss->first && nth < loss->first + loss->count)
            return true;
    }
    return false;
}

static bool is_question(const char *frame)
{
    return strstr(frame, "MPS") != NULL || strstr(frame, "EOM") != NULL || strstr(frame, "EOP") != NULL;
}

static bool is_answer(const char *frame)
{
    static const char *const answers[] = {"MCF", "RTN", "RTP", "PPR"};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        if (str_equal(frame, answers[i]))
            return true;
    return false;
}

static void on_sent_frame(struct pair *p, bool by_sender, const char *frame)
{
    struct wire *w = p->wire;
    struct wire_side *side = side_of(w, by_sender);
    side->doomed = is_doomed(w, by_sender, frame, count_frame(side, frame), &side->how);
    side->put_ms = p->now_ms;
    side->carrier_ms = 0;
    w->hit += side->doomed;
    if (by_sender && is_question(frame)) {
        w->asked = p->sender.pages + 1;
        w->unheard = true;
        w->lost_questions += side->doomed && side->how == LOST;
    } else if (!by_sender && is_answer(frame)) {
        w->lost_answers += side->doomed;
        if (side->doomed)
            return;
        w->unheard = false;
        w->wanted_again = str_equal(frame, "RTN");
    }
}

/* Between the receiver's consent and the sender's question there is nothing but the page. */
static bool loses_image(struct wire *w)
{
    unsigned page = w->pair->sender.pages + 1;
    if (strstr(w->pair->receiver.said, "CFR") == NULL || w->asked == page)
        return false;
    if (w->losses == NULL && w->drawn != page) {
        w->image_doomed = w->image_chance != 0 && (unsigned)rand_r(&w->seed) % w->image_chance == 0;
        w->lost_images += w->image_doomed;
        w->drawn = page;
    }
    if (w->losses == NULL)
        return w->image_doomed;
    for (size_t i = 0; i < WIRE_LOSSES; i++) {
        const struct loss *loss = &w->losses[i];
        if (loss->frame != NULL && str_equal(loss->frame, "image") && loss->first == page)
            return true;
    }
    return false;
}

/* T.38 of version 0: the field's type is in the upper half of the third octet. */
static bool packet_passes(struct wire *w, struct wire_side *side, bool by_sender, uint8_t *ifp, size_t len)
{
    if (by_sender && pair_is_image(span_of(ifp, len)))
        return !loses_image(w);
    bool data = (ifp[0] & 0x40) != 0;
    unsigned field = data && len > 2 ? ifp[2] >> 4 & 7U : 0;
    if (!side->doomed)
        return true;
    if (side->how == SPOILT && (field == T38_FIELD_HDLC_FCS_OK || field == T38_FIELD_HDLC_FCS_OK_SIG_END)) {
        ifp[2] = (uint8_t)(ifp[2] + 0x10); /* FCS_BAD, FCS_BAD_SIG_END */
        side->doomed = false;
    } else if (side->how == LOST &&
               (field == T38_FIELD_HDLC_SIG_END || field == T38_FIELD_HDLC_FCS_OK_SIG_END)) {
        side->doomed = false;
        return false;
    }
    return side->how == SPOILT;
}

static bool is_silent(const struct wire *w, const uint8_t *octets, size_t len)
{
    uint8_t silence = law_silence(w->pair->media == PAIR_PCMU ? LAW_PCMU : LAW_PCMA);
    for (size_t i = 0; i < len; i++)
        if (octets[i] != silence)
            return false;
    return true;
}

static bool samples_pass(struct wire *w, struct wire_side *side, bool by_sender, uint8_t *octets, size_t len)
{
    int64_t now_ms = w->pair->now_ms;
    uint8_t silence = law_silence(w->pair->media == PAIR_PCMU ? LAW_PCMU : LAW_PCMA);
    bool silent = is_silent(w, octets, len);
    if (by_sender && loses_image(w))
        return false;
    if (!side->doomed)
        return true;
    if (side->carrier_ms == 0 && !silent)
        side->carrier_ms = now_ms;
    if (side->carrier_ms == 0)
        return true;
    int64_t frame_ms = side->carrier_ms + PREAMBLE_MS;
    if (side->put_ms > frame_ms)
        frame_ms = side->put_ms;
    bool hole = now_ms >= frame_ms + FRAME_MIDDLE_MS && now_ms < frame_ms + FRAME_MIDDLE_MS + HOLE_MS;
    if (side->how == LOST || hole)
        memset(octets, silence, len);
    if (silent)
        side->doomed = false;
    return true;
}

static bool passes(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    struct wire *w = p->wire;
    struct wire_side *side = side_of(w, to_receiver);
    if (p->media == PAIR_T38)
        return packet_passes(w, side, to_receiver, data, len);
    return samples_pass(w, side, to_receiver, data, len);
}

void wire_use(struct wire *w, struct pair *p)
{
    w->pair = p;
    p->wire = w;
    p->passes = passes;
    p->on_sent_frame = on_sent_frame;
}
