/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/state.h"

#include <stdint.h>

static const struct {
    const char *name;
    bool media;
} states[CALL_STATE_COUNT] = {
#define CALL_STATE_ROW(name, text, media) [CALL_##name] = {text, media},
    CALL_STATES(CALL_STATE_ROW)
#undef CALL_STATE_ROW
};

#define TO(name) (1u << CALL_##name)

/* Every state may also move to ENDED: the far side, the network or we can be gone at any moment. */
static const uint32_t moves[CALL_STATE_COUNT] = {
    [CALL_NEW] = TO(CALLING) | TO(INVITED) | TO(ENDING), /* ENDING: a dialog of an earlier process */
    [CALL_CALLING] = TO(RINGING) | TO(TALKING) | TO(CANCELLING) | TO(ENDING),
    [CALL_RINGING] = TO(TALKING) | TO(CANCELLING) | TO(ENDING),
    /* Their 200 may have crossed our CANCEL (RFC 3261 §15.1.2): then BYE. */
    [CALL_CANCELLING] = TO(ENDING),
    [CALL_INVITED] = TO(ANSWERING) | TO(ENDING),
    [CALL_ANSWERING] = TO(TALKING) | TO(ENDING),
    [CALL_TALKING] = TO(OFFERING) | TO(ANSWERING_AGAIN) | TO(ENDING),
    [CALL_OFFERING] = TO(TALKING) | TO(WAITING) | TO(ENDING),
    [CALL_WAITING] = TO(OFFERING) | TO(ANSWERING_AGAIN) | TO(TALKING) | TO(ENDING),
    [CALL_ANSWERING_AGAIN] = TO(TALKING) | TO(ENDING),
    [CALL_ENDING] = 0,
    [CALL_ENDED] = 0,
};

const char *call_state_name(enum call_state s)
{
    return states[s].name;
}

bool call_state_has_media(enum call_state s)
{
    return states[s].media;
}

bool call_state_may_move(enum call_state from, enum call_state to)
{
    return (to == CALL_ENDED && from != CALL_ENDED) || (moves[from] & (1u << to)) != 0;
}
