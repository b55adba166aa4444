/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/silence.h"

#include <spandsp.h>

void silence_ends(struct silence *q, enum course_phase phase, bool in_image, int64_t now_ms)
{
    *q = (struct silence){.met = true, .since_ms = now_ms, .phase = phase, .in_image = in_image};
}

void silence_is_put_off(struct silence *q, int64_t now_ms)
{
    q->since_ms = now_ms;
}

bool silence_is_final(const struct silence *q, int64_t limit_ms, int64_t now_ms)
{
    return q->met && now_ms - q->since_ms > limit_ms;
}

/* A page was asked about, and that was the last word. */
static int after_question(const struct question *question)
{
    if (!question_is_settled(question))
        return question->answer == 0 ? T30_ERR_RX_T2EXPD : T30_ERR_RX_T2EXPFAX; /* EOM: a new beginning */
    return question_is_refused(question) ? T30_ERR_RX_T2EXPD : T30_ERR_RX_T2EXPMPS;
}

int silence_cause(const struct silence *q, bool sender, const struct question *question)
{
    if (!q->met)
        return T30_ERR_RETRYDCN;
    if (sender)
        return T30_ERR_RX_T2EXP;
    switch (q->phase) {
    case COURSE_NEGOTIATING: return T30_ERR_RX_T2EXPFAX;
    case COURSE_PAGE: return q->in_image ? T30_ERR_RX_NOCARRIER : T30_ERR_RX_T2EXPD;
    case COURSE_CONFIRMING: return after_question(question);
    case COURSE_CONNECTING:
    case COURSE_ENDING: break;
    }
    return T30_ERR_RX_T2EXP;
}
