/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/course.h"

#include <string.h>

#include <spandsp.h>

#include "t30/command.h"

const char *course_phase_name(enum course_phase phase)
{
    static const char *const names[] = {
#define COURSE_NAME(name, text) [COURSE_##name] = (text),
        COURSE_PHASES(COURSE_NAME)
#undef COURSE_NAME
    };
    return names[phase];
}

static bool among(uint8_t fcf, const uint8_t *list, size_t count)
{
    return memchr(list, fcf & 0xFE, count) != NULL;
}

static bool is_page_command(uint8_t fcf)
{
    static const uint8_t commands[] = {T30_MPS,     T30_EOM, T30_EOP, T30_PRI_MPS, T30_PRI_EOM,
                                       T30_PRI_EOP, T30_EOS, T30_PPS, T30_EOR};
    return among(fcf, commands, sizeof(commands));
}

/* Changes of phase are the same whoever says the words. */
static void follow(struct course *c, uint8_t fcf)
{
    uint8_t word = fcf & 0xFE;
    if (word == T30_DIS || word == T30_DCS)
        c->phase = COURSE_NEGOTIATING;
    else if (word == T30_CFR || fcf == T4_FCD)
        c->phase = COURSE_PAGE;
    else if (is_page_command(fcf))
        c->phase = COURSE_CONFIRMING;
    else if (word == T30_DCN)
        c->phase = COURSE_ENDING;
    if (word == T30_CFR)
        c->image_bits = 0; /* what went before was training */
}

void course_sends(struct course *c, struct span frame)
{
    if (frame.len < 3)
        return;
    uint8_t fcf = frame.data[2];
    follow(c, fcf);
    if (fcf == T4_FCD)
        c->image_bits += (frame.len - 4) * 8;
    if (is_page_command(fcf))
        c->question_word = command_word(frame);
    c->question_sending = is_page_command(fcf) || (fcf & 0xFE) == T30_RR;
}

void course_sent(struct course *c)
{
    if (c->question_sending) {
        c->question_sent = c->question_word == T30_EOP || (c->last_page && c->question_word != 0);
        c->asked++;
    }
    c->question_sending = false;
}

void course_sends_image(struct course *c, uint64_t bits)
{
    c->image_bits += bits;
}

bool course_in_doubt(const struct course *c)
{
    return c->asked > 1 || c->spoilt;
}

/* All that says "I have heard you" and shows whether the page is confirmed. DCN and CRP show it to the first
 * question only: to a repeated one they may come from a machine that has confirmed the page and was not
 * heard; that leaves, or did not understand why it is asked again. */
static bool is_answer(uint8_t fcf, bool in_doubt)
{
    static const uint8_t answers[] = {T30_MCF, T30_RTP, T30_PIP, T30_RTN, T30_PIN, T30_PPR, T30_RNR, T30_ERR};
    bool of_first = (fcf & 0xFE) == T30_DCN || (fcf & 0xFE) == T30_CRP;
    return among(fcf, answers, sizeof(answers)) || (of_first && !in_doubt);
}

static void answered(struct course *c)
{
    c->question_sent = c->spoilt = false;
    c->asked = 0;
}

void course_hears(struct course *c, struct span frame)
{
    if (frame.len < 3)
        return;
    follow(c, frame.data[2]);
    if (is_answer(frame.data[2], course_in_doubt(c)))
        answered(c);
}

void course_hears_spoilt(struct course *c)
{
    c->spoilt = c->spoilt || c->asked > 0;
}

void course_confirmed(struct course *c)
{
    c->image_bits = 0;
    answered(c);
    c->question_sending = false;
    c->phase = c->question_word == T30_EOP ? COURSE_ENDING : COURSE_PAGE;
}
