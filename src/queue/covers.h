/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a cover page says, as convert draws it (S4.2, S4.9, D6). */
#pragma once

#include "queue/routing.h"

struct cover_words {
    const char *sender, *sender_name; /* of the mail */
    const char *subject;              /* "" where it says where to fax, or is not wanted */
    const char *text;                 /* own words without any PIN; "" where they are not wanted */
};

/* A JSON object of texts: "to", "company", "number", "from", "box", "station_id", "subject", "text". In the
 * arena. */
const char *cover_facts(struct arena *a, const struct route *r, const struct cover_words *words);
