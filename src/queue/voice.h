/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers that people call as well: what becomes of a call, if no fax machine is heard in it. */
#pragma once

#include "model/voice.h"
#include "queue/queue.h"
#include "store/config.h"

struct voice_plan {
    enum voice voice;
    uint32_t after_ms;
    const char *number; /* forwarding: as the trunk is told it; else "" */
    const char *why;    /* it cannot be, though the box wants it; else "" */
    bool known;         /* forwarding: the box knows that a person calls from there: 302, before the answer */
};

/* Texts in the arena. Who has faxed to the box before, or may not be told apart from a fax, is answered as a
 * fax. */
void voice_plan(struct queue *q, const struct faxbox *box, const char *calling, struct voice_plan *p);
