/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a cover page says, as convert draws it (S4.2, S4.9, D6). */
#pragma once

#include "queue/routing.h"

struct cover_words {
    const char *sender, *sender_name; /* of the mail */
    const char *subject;              /* "" where it says where to fax, or is not wanted */
    const char *text;                 /* own words without any PIN; "" where they are not wanted */
};

/* A JSON object of texts: "template" (the name of the cover page), "to", "company", "number", "from", "box",
 * "station_id", "billing", "code" (of the QR code), "subject", "text". In the arena. */
const char *cover_facts(struct arena *a, const struct route *r, const struct cover_words *words);

/* The template of a cover page with these facts: the tenant's of that name, where it has it still, else its
 * usual one. */
struct queue;
const char *cover_template(struct queue *q, struct id tenant, const char *box, struct span facts);

/* What the QR code of a box's cover pages holds: what is faxed back with it is for that box. */
#define COVER_CODE "faxpost:"
