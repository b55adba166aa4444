/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/retry.h"

#include <string.h>

/* Waits of D4, each with 50 % of jitter either way, so that two machines that block one another do not stay
 * in step. */
static const int64_t wait_ms[] = {
    [RETRY_BUSY] = 180 * 1000,
    [RETRY_NO_ANSWER] = 300 * 1000,
    [RETRY_PROTOCOL] = 60 * 1000,
};

enum retry_cause retry_cause_of(int dial_failure)
{
    if (dial_failure == DIAL_BUSY)
        return RETRY_BUSY;
    return dial_failure == DIAL_NO_ANSWER ? RETRY_NO_ANSWER : RETRY_PROTOCOL;
}

static int64_t with_jitter(int64_t ms, uint32_t random)
{
    return ms / 2 + (int64_t)(random % 1001) * ms / 1000;
}

struct retry_decision retry_decide(const struct retry_facts *f)
{
    struct retry_decision d = {.at_ms = f->now_ms + with_jitter(wait_ms[f->cause], f->random)};
    if (f->tries >= f->max_tries)
        d.why_not = "all its tries are used";
    else if (f->dials >= RETRY_DIALS_MAX)
        d.why_not = "it was dialled 12 times";
    else if (d.at_ms - f->since_ms > RETRY_WINDOW_MS)
        d = (struct retry_decision){.why_not = "three hours have passed", .expired = true};
    else if (f->deadline_ms > 0 && d.at_ms >= f->deadline_ms)
        d = (struct retry_decision){.why_not = "its deadline passes before the next call", .expired = true};
    d.again = d.why_not == NULL;
    return d;
}

/* Cuts the sentences of text that promise another try. */
static void drop_promise(char *text)
{
    char *promise;
    while ((promise = strstr(text, " tried again")) != NULL) {
        char *from = promise, *to = promise + strcspn(promise, ".");
        while (from > text && from[-1] != '.')
            from--;
        to += *to == '.';
        memmove(from, to, strlen(to) + 1);
    }
}

void retry_give_up(struct outcome *o, const char *why_not)
{
    struct outcome last = *o;
    drop_promise(last.text);
    outcome_set(o, VERDICT_GIVE_UP, last.code, "%.280s%sIt is not tried again by itself: %s.", last.text,
                *last.text ? " " : "", why_not);
}

static const struct retry_rung rungs[RETRY_RUNGS] = {
    {.t38 = true, .ecm = true, .v17 = true},
    {.t38 = true, .ecm = true, .v17 = false},
    {.t38 = false, .ecm = true, .v17 = true},
    {.t38 = false, .ecm = true, .v17 = false},
};

struct retry_rung retry_rung(unsigned rung)
{
    return rungs[rung % RETRY_RUNGS];
}

enum { FIRST_AUDIO = 2, AUDIO_RUNGS = RETRY_RUNGS - FIRST_AUDIO };

unsigned retry_rung_like(unsigned medium, unsigned modem)
{
    return (retry_rung(medium).t38 ? 0 : FIRST_AUDIO) + modem % AUDIO_RUNGS;
}

unsigned retry_ladder(unsigned first, unsigned failed, bool trunk_has_t38)
{
    /* Where G.711 worked and does no more, the next attempt is T.38's. */
    static const uint8_t order[RETRY_RUNGS][RETRY_RUNGS] = {
        {0, 1, 2, 3}, {1, 2, 3, 0}, {2, 0, 3, 1}, {3, 1, 2, 0}};
    if (trunk_has_t38)
        return order[first % RETRY_RUNGS][failed % RETRY_RUNGS];
    return FIRST_AUDIO + (first + failed) % AUDIO_RUNGS;
}
