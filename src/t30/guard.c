/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/guard.h"

#include <stddef.h>

#include <spandsp.h>

#include "base/attr.h"
#include "base/str.h"
#include "proto/capabilities.h"

/* T.30 §5.3: every frame is FF, then C0 (here bit-reversed: 03) or, the last of a sequence, C8 (13). */
enum { ADDRESS = 0xFF, CONTROL = 0x03, CONTROL_FINAL = 0x13 };
/* T.4 annex A: 4 octets before at most 256 of image, and some machines pad. */
enum { FRAME_MIN = 3, FRAME_MAX = 264 };

enum from {
    FROM_SENDER = 1,
    FROM_RECEIVER = 2,
    FROM_BOTH = 3,
    FROM_POLLED = 4, /* who was called and sends */
    FROM_POLLER = 8, /* who called and receives */
};
enum last { LAST_NO, LAST_YES, LAST_EITHER };

/* The lowest bit of most codes says who answered DIS first (T.30 §5.3.6.1): exact is set where it does not,
 * because another frame has the same other seven bits. */
struct frame_rule {
    uint8_t fcf;
    bool exact;
    unsigned from; /* enum from */
    enum last last;
    uint16_t min, max; /* whole frame, octets */
    const char *name;
};

/* What libspandsp reads of each frame decides the lengths. Frames that are not here are dropped: the
 * polled subaddress (PSA), non-standard commands (NSC) and internet addresses do not fit what we do. */
static const struct frame_rule rules[] = {
    {T30_DIS, true, FROM_RECEIVER | FROM_POLLED, LAST_YES, 6, 22, "DIS"},
    {T30_CSI, true, FROM_RECEIVER | FROM_POLLED, LAST_NO, 3, 23, "CSI"},
    {T30_NSF, true, FROM_RECEIVER | FROM_POLLED, LAST_NO, 3, FRAME_MAX, "NSF"},
    {T30_DTC, true, FROM_POLLER, LAST_YES, 6, 22, "DTC"},
    {T30_CIG, true, FROM_POLLER, LAST_NO, 3, 23, "CIG"},
    {T30_SEP, true, FROM_POLLER, LAST_NO, 3, 23, "SEP"},
    {T30_CFR, false, FROM_RECEIVER, LAST_YES, 3, FRAME_MAX, "CFR"},
    {T30_FTT, false, FROM_RECEIVER, LAST_YES, 3, FRAME_MAX, "FTT"},
    {T30_CTR, false, FROM_RECEIVER, LAST_YES, 3, FRAME_MAX, "CTR"},
    {T30_MCF, false, FROM_RECEIVER, LAST_YES, 3, FRAME_MAX, "MCF"},
    {T30_RTP, false, FROM_RECEIVER, LAST_YES, 3, FRAME_MAX, "RTP"},
    {T30_RTN, false, FROM_RECEIVER, LAST_YES, 3, FRAME_MAX, "RTN"},
    {T30_PIP, false, FROM_RECEIVER, LAST_YES, 3, FRAME_MAX, "PIP"},
    {T30_PIN, false, FROM_RECEIVER, LAST_YES, 3, FRAME_MAX, "PIN"},
    {T30_PPR, false, FROM_RECEIVER, LAST_YES, 35, 35, "PPR"},
    {T30_RNR, false, FROM_RECEIVER, LAST_YES, 3, FRAME_MAX, "RNR"},
    {T30_ERR, false, FROM_RECEIVER, LAST_YES, 3, FRAME_MAX, "ERR"},
    {T30_DCS, false, FROM_SENDER, LAST_YES, 6, 22, "DCS"},
    {T30_TSI, false, FROM_SENDER, LAST_NO, 3, 23, "TSI"},
    {T30_SUB, false, FROM_SENDER, LAST_NO, 3, 23, "SUB"},
    {T30_SID, false, FROM_SENDER, LAST_NO, 3, 23, "SID"},
    {T30_PWD, true, FROM_SENDER | FROM_POLLER, LAST_NO, 3, 23, "PWD"},
    {T30_NSS, false, FROM_SENDER, LAST_EITHER, 3, FRAME_MAX, "NSS"},
    {T30_CTC, false, FROM_SENDER, LAST_YES, 5, 22, "CTC"},
    {T30_MPS, false, FROM_SENDER, LAST_YES, 3, FRAME_MAX, "MPS"},
    {T30_EOM, false, FROM_SENDER, LAST_YES, 3, FRAME_MAX, "EOM"},
    {T30_EOP, false, FROM_SENDER, LAST_YES, 3, FRAME_MAX, "EOP"},
    {T30_EOS, false, FROM_SENDER, LAST_YES, 3, FRAME_MAX, "EOS"},
    {T30_PRI_MPS, false, FROM_SENDER, LAST_YES, 3, FRAME_MAX, "PRI-MPS"},
    {T30_PRI_EOM, false, FROM_SENDER, LAST_YES, 3, FRAME_MAX, "PRI-EOM"},
    {T30_PRI_EOP, false, FROM_SENDER, LAST_YES, 3, FRAME_MAX, "PRI-EOP"},
    {T30_PPS, false, FROM_SENDER, LAST_YES, 7, 7, "PPS"},
    {T30_EOR, false, FROM_SENDER, LAST_YES, 4, FRAME_MAX, "EOR"},
    {T30_RR, false, FROM_SENDER, LAST_YES, 3, FRAME_MAX, "RR"},
    {T4_FCD, true, FROM_SENDER, LAST_NO, 5, 260, "FCD"},
    {T4_RCP, true, FROM_SENDER, LAST_EITHER, 3, FRAME_MAX, "RCP"},
    {T30_DCN, false, FROM_BOTH, LAST_YES, 3, FRAME_MAX, "DCN"},
    {T30_CRP, false, FROM_BOTH, LAST_YES, 3, FRAME_MAX, "CRP"},
    {T30_FNV, false, FROM_BOTH, LAST_YES, 4, FRAME_MAX, "FNV"},
};

static const struct frame_rule *rule_of(uint8_t fcf)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rules[i].exact ? fcf == rules[i].fcf : (fcf & 0xFE) == (rules[i].fcf & 0xFE))
            return &rules[i];
    return NULL;
}

/* Bits 11-14 in the second octet of DIS, DCS and CTC. */
static uint8_t rate_bits(struct span frame)
{
    return frame.data[4] >> 2 & 0x0F;
}

enum modem { MODEM_V27TER_2400, MODEM_V27TER, MODEM_V29, MODEM_V17, MODEM_UNKNOWN };

/* The eight rates of DCS that libspandsp has in its table (T.30 table 2, note on bits 11-14). */
static enum modem modem_of_rate(uint8_t rate)
{
    static const uint8_t modems[16] = {
        [0x0] = MODEM_V27TER_2400 + 1, [0x1] = MODEM_V29 + 1, /* 9600 */
        [0x2] = MODEM_V27TER + 1,                             /* 4800 */
        [0x3] = MODEM_V29 + 1,                                /* 7200 */
        [0x8] = MODEM_V17 + 1,                                /* 14400 */
        [0x9] = MODEM_V17 + 1,                                /* 9600 */
        [0xA] = MODEM_V17 + 1,                                /* 12000 */
        [0xB] = MODEM_V17 + 1,                                /* 7200 */
    };
    return modems[rate] == 0 ? MODEM_UNKNOWN : (enum modem)(modems[rate] - 1);
}

static bool modem_offered(enum modem modem, struct span dis)
{
    switch (rate_bits(dis)) {
    case 0x0: return modem == MODEM_V27TER_2400;
    case 0x1: return modem == MODEM_V29;
    case 0x2: return modem <= MODEM_V27TER;
    case 0x3: return modem <= MODEM_V29;
    default: return modem <= MODEM_V17;
    }
}

/* Bits of DCS that choose something a receiver must have offered in the same bit of its DIS: resolutions,
 * codings, ECM (T.30 table 2). Other bits have another meaning in DCS or none for us. */
static const uint8_t choices[] = {15, 16, 27, 31, 36,  41,  42,  43,  68, 69,
                                  78, 79, 92, 98, 105, 106, 107, 108, 109};

static const char *fault_of_dcs(struct span dcs, struct span dis)
{
    enum modem modem = modem_of_rate(rate_bits(dcs));
    if (modem == MODEM_UNKNOWN)
        return "DCS with an unknown rate";
    unsigned width = dcs.data[5] & 3;
    if (width == 3)
        return "DCS with an unknown width";
    if (dis.len < 6)
        return NULL;
    if (!modem_offered(modem, dis))
        return "DCS with a modem we did not offer";
    if (width > (dis.data[5] & 3U))
        return "DCS with a width we did not offer";
    for (size_t i = 0; i < ARRAY_LEN(choices); i++)
        if (capabilities_bit(dcs, choices[i]) && !capabilities_bit(dis, choices[i]))
            return "DCS with a feature we did not offer";
    return NULL;
}

static const char *fault_of_content(struct span frame, const struct frame_rule *rule,
                                    const struct guard_context *context)
{
    if ((rule->fcf == T4_FCD || rule->fcf == T4_RCP) && !context->ecm_image)
        return "image frame outside of an ECM image";
    if (rule->fcf == T30_DCS)
        return fault_of_dcs(frame, context->offered);
    if (rule->fcf == T30_CTC && modem_of_rate(rate_bits(frame)) == MODEM_UNKNOWN)
        return "CTC with an unknown rate";
    return NULL;
}

static unsigned far_side(const struct guard_context *context)
{
    return (context->sender ? FROM_RECEIVER : FROM_SENDER) | (context->polls ? FROM_POLLED : 0) |
           (context->polled ? FROM_POLLER : 0);
}

static const char *fault_of_frame(struct span frame, const struct guard_context *context)
{
    if (frame.len < FRAME_MIN || frame.len > FRAME_MAX)
        return "length outside of any frame";
    bool last = frame.data[1] == CONTROL_FINAL;
    if (frame.data[0] != ADDRESS || (!last && frame.data[1] != CONTROL))
        return "header is not that of T.30";
    const struct frame_rule *rule = rule_of(frame.data[2]);
    if (rule == NULL)
        return "unknown frame";
    if ((rule->from & far_side(context)) == 0)
        return "frame of the wrong side";
    if (rule->last != LAST_EITHER && last != (rule->last == LAST_YES))
        return "final mark wrong for this frame";
    if (frame.len < rule->min || frame.len > rule->max)
        return "length wrong for this frame";
    return fault_of_content(frame, rule, context);
}

struct guard_decision guard_check(struct span frame, const struct guard_context *context)
{
    const char *fault = fault_of_frame(frame, context);
    if (fault != NULL)
        return (struct guard_decision){GUARD_DROP, fault};
    uint8_t fcf = frame.data[2];
    if (fcf == T30_NSF || (fcf & 0xFE) == T30_NSS)
        return (struct guard_decision){GUARD_KEEP, "non-standard facilities"};
    return (struct guard_decision){GUARD_PASS, NULL};
}

/* PPS and EOR carry the post-message command in their first information octet (T.30 annex A). */
static const struct {
    uint8_t fcf, fcf2;
    const char *name;
} compound_names[] = {
    {T30_PPS, T30_NULL, "PPS-NULL"}, {T30_PPS, T30_MPS, "PPS-MPS"},   {T30_PPS, T30_EOM, "PPS-EOM"},
    {T30_PPS, T30_EOP, "PPS-EOP"},   {T30_EOR, T30_NULL, "EOR-NULL"}, {T30_EOR, T30_MPS, "EOR-MPS"},
    {T30_EOR, T30_EOM, "EOR-EOM"},   {T30_EOR, T30_EOP, "EOR-EOP"},
};

const char *guard_frame_name(struct span frame)
{
    if (frame.len < FRAME_MIN)
        return "?";
    uint8_t fcf = frame.data[2];
    for (size_t i = 0; i < ARRAY_LEN(compound_names) && frame.len > 3; i++)
        if ((fcf & 0xFE) == compound_names[i].fcf && (frame.data[3] & 0xFE) == compound_names[i].fcf2)
            return compound_names[i].name;
    const struct frame_rule *rule = rule_of(fcf);
    return rule == NULL ? "?" : rule->name;
}
