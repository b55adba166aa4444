/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/capabilities.h"

#include <string.h>

#include "base/attr.h"
#include "base/str.h"

/* Facsimile control fields (T.30 §5.3.6.1), the first bit lowest. */
enum { FCF_DIS = 0x80, FCF_DTC = 0x81, FCF_DCS = 0x82 };

/* Bits 11 to 14, from the lowest: what DIS and DTC offer, and what DCS chooses. */
static const char *const offered[16] = {[0x0] = "V.27ter 2400",
                                        [0x1] = "V.29",
                                        [0x2] = "V.27ter",
                                        [0x3] = "V.29 V.27ter",
                                        [0xB] = "V.17 V.29 V.27ter"};
static const char *const chosen[16] = {
    [0x0] = "V.27ter 2400", [0x1] = "V.29 9600", [0x2] = "V.27ter 4800", [0x3] = "V.29 7200",
    [0x8] = "V.17 14400",   [0x9] = "V.17 9600", [0xA] = "V.17 12000",   [0xB] = "V.17 7200"};

static const struct {
    unsigned bit;
    const char *word;
} words_of_bits[] = {
    {27, "ECM"},    {16, "MR"},     {31, "MMR"},        {78, "JBIG"}, {15, "fine"}, {41, "superfine"},
    {42, "300dpi"}, {43, "400dpi"}, {9, "holds pages"}, {49, "SUB"},  {50, "PWD"},  {47, "SEP"},
};

static void add(char words[CAPABILITIES_LEN], const char *word)
{
    size_t len = strlen(words);
    (void)str_format(words + len, CAPABILITIES_LEN - len, "%s%s", len > 0 ? ", " : "", word);
}

bool capabilities_bit(struct span frame, unsigned bit)
{
    size_t at = 3 + (bit - 1) / 8;
    return at < frame.len && (frame.data[at] >> ((bit - 1) % 8) & 1) != 0;
}

/* 0: too short to say anything. */
static uint8_t control_field(struct span frame)
{
    return frame.len < 6 ? 0 : frame.data[2];
}

bool capabilities_offered(struct span frame)
{
    uint8_t fcf = control_field(frame);
    return (fcf == FCF_DIS || fcf == FCF_DTC) && frame.len <= CAPABILITIES_FRAME_MAX;
}

void capabilities_words(struct span frame, char words[CAPABILITIES_LEN])
{
    words[0] = 0;
    uint8_t fcf = control_field(frame);
    bool dcs = (fcf & 0xFE) == FCF_DCS;
    if (!dcs && fcf != FCF_DIS && fcf != FCF_DTC)
        return;
    const char *modem = (dcs ? chosen : offered)[frame.data[4] >> 2 & 0x0F];
    add(words, modem != NULL ? modem : "unknown modem");
    for (size_t i = 0; i < ARRAY_LEN(words_of_bits); i++) {
        unsigned bit = words_of_bits[i].bit;
        bool offer = bit == 9 || (bit >= 47 && bit <= 50); /* of which DCS says nothing */
        if (capabilities_bit(frame, bit) && !(dcs && offer))
            add(words, words_of_bits[i].word);
    }
    add(words, capabilities_bit(frame, 18) ? "A3" : capabilities_bit(frame, 17) ? "B4" : "A4");
}
