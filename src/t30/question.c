/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/question.h"

#include <string.h>

#include <spandsp.h>

#include "t30/command.h"

/* V.21 tells itself by 8 flags (213 ms) and what the modem needs to see the carrier. The shortest page has
 * its training (142 ms) and some lines before that. */
enum { FLAGS_MS = 400 };
/* A sender waits 3 s +-15 % for an answer and says its question again in 1.3 s (T.30 §5.4.3.1, §5.3.1); the
 * line takes up to 1.2 s there and back. What comes later is about another page, of which nothing was heard.
 */
enum { REPEAT_MS = 6500 };
/* A page of T.38, paced, takes more packets, and one that is not paced comes sooner after our answer than a
 * question is repeated. Lost audio of this length may have been the training of a page and a few lines. */
enum { LOST_PACKETS = 8, SOONEST_MS = 2000, LOST_SAMPLES = 300 * 8 };

static bool is_plain(uint8_t word)
{
    static const uint8_t plain[] = {T30_MPS,     T30_EOM,     T30_EOP,    T30_EOS,
                                    T30_PRI_MPS, T30_PRI_EOM, T30_PRI_EOP};
    return memchr(plain, word, sizeof(plain)) != NULL;
}

static bool is_compound(uint8_t word)
{
    return word == T30_PPS || word == T30_EOR;
}

static void pass_last(const struct question *q, struct question_heard *h)
{
    memcpy(h->frame, q->last, q->len);
    h->len = q->len;
    size_t at = is_compound(q->last[2] & 0xFE) ? 3 : 2;
    /* A block that is not the page's last; EOR has no such thing after it for libspandsp. */
    bool block = (q->last[2] & 0xFE) == T30_PPS && (q->last[3] & 0xFE) == T30_NULL;
    if (!block)
        h->frame[at] = (uint8_t)(T30_MPS | (q->last[at] & 1));
}

static void ask(struct question *q, bool again, bool awaiting_page, struct question_heard *h)
{
    pass_last(q, h);
    /* With ECM the numbers in PPS tell T.30 all this. */
    if (is_compound(q->last[2] & 0xFE) || !awaiting_page)
        return;
    h->pageless = true;
    q->repeats = again && q->answer != 0 && !q->page_heard;
}

/* Where it may be about a page of which nothing came it is: a page sent twice is the smaller harm. */
static bool may_be_about_another(const struct question *q, int64_t now_ms)
{
    int64_t since_ms = now_ms - q->spoke_ms;
    if (q->numbered)
        return q->lost > LOST_PACKETS || (q->lost > 0 && since_ms < SOONEST_MS);
    return q->lost > LOST_SAMPLES || since_ms > REPEAT_MS;
}

/* After the last page there is no other that the question could be about. */
static bool is_again(const struct question *q, struct span frame, int64_t now_ms)
{
    bool same = q->len >= 3 && ((q->last[2] ^ frame.data[2]) & 0xFE) == 0;
    return same && (question_ends_document(q) || !may_be_about_another(q, now_ms));
}

static void keep(struct question *q, struct span frame)
{
    q->len = frame.len < QUESTION_FRAME_MAX ? frame.len : QUESTION_FRAME_MAX;
    memcpy(q->last, frame.data, q->len);
}

void question_hears(struct question *q, struct span frame, bool awaiting_page, int64_t now_ms,
                    struct question_heard *h)
{
    *h = (struct question_heard){.pass = true};
    if (frame.len < 3)
        return;
    uint8_t word = frame.data[2] & 0xFE;
    q->repeats = false;
    if (word == T30_DCS) {
        *q = (struct question){.numbered = q->numbered};
    } else if (is_plain(word) || is_compound(word)) {
        bool again = is_again(q, frame, now_ms);
        keep(q, frame);
        ask(q, again, awaiting_page, h);
    } else if (word == T30_RR || word == T30_CRP) {
        /* Both want the answer once more: to a question, or CRP to DIS or CFR, of which T.30 knows what to do
         * only while it does not wait for a page. */
        if (q->len == 0)
            h->pass = word == T30_CRP && !awaiting_page;
        else
            h->pass = is_compound(q->last[2] & 0xFE) || awaiting_page;
        if (h->pass && q->len > 0)
            ask(q, true, awaiting_page, h);
    }
}

uint8_t question_answer(struct question *q, uint8_t fcf)
{
    bool answer = (fcf & 0xFE) == T30_MCF || (fcf & 0xFE) == T30_RTP || (fcf & 0xFE) == T30_RTN;
    if (!q->repeats || !answer)
        return fcf;
    q->repeats = false;
    return (uint8_t)((q->answer & 0xFE) | (fcf & 1));
}

void question_answered(struct question *q, struct span frame, int64_t now_ms)
{
    static const uint8_t answers[] = {T30_MCF, T30_RTP, T30_RTN};
    if (frame.len != 3 || memchr(answers, frame.data[2] & 0xFE, sizeof(answers)) == NULL)
        return;
    q->answer = frame.data[2];
    q->spoke_ms = now_ms;
    q->page_heard = false;
    q->up_ms = q->carried_ms = 0;
    q->lost = 0;
}

void question_spoilt(struct question *q, int64_t now_ms)
{
    q->spoke_ms = now_ms;
}

void question_misses(struct question *q, uint32_t lost)
{
    q->lost = lost < UINT32_MAX - q->lost ? q->lost + lost : UINT32_MAX;
}

void question_hears_image(struct question *q)
{
    q->page_heard = true;
}

void question_hears_carrier(struct question *q, bool up, int64_t now_ms)
{
    if (!up && q->up_ms != 0)
        q->carried_ms += now_ms - q->up_ms;
    q->up_ms = !up ? 0 : q->up_ms != 0 ? q->up_ms : now_ms;
}

void question_hears_flags(struct question *q, int64_t now_ms)
{
    int64_t since_ms = q->up_ms == 0 ? 0 : now_ms - q->up_ms;
    if (q->carried_ms + since_ms > FLAGS_MS)
        q->page_heard = true;
    q->up_ms = q->carried_ms = 0;
}

static uint8_t last_word(const struct question *q)
{
    return command_word(span_of(q->last, q->len));
}

bool question_ends_document(const struct question *q)
{
    return last_word(q) == T30_EOP;
}

bool question_is_settled(const struct question *q)
{
    uint8_t word = last_word(q);
    return q->answer != 0 && !q->page_heard && word != T30_EOM && word != T30_EOS;
}

bool question_is_refused(const struct question *q)
{
    return question_is_settled(q) && (q->answer & 0xFE) == T30_RTN;
}
