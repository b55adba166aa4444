/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/covers.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/panic.h"

const char *cover_facts(struct arena *a, const struct route *r, const struct cover_words *words)
{
    const char *from = *words->sender_name ? words->sender_name : words->sender;
    const char *box = *r->box.header_name ? r->box.header_name : r->box.name;
    json_t *facts = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "to", r->name, "company",
                              r->company, "number", r->row.display, "from", from, "box", box, "station_id",
                              r->box.station_id, "subject", words->subject, "text", words->text);
    char *text = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
    if (!text)
        panic("the facts of a cover page are no JSON");
    const char *copy = arena_strdup(a, text);
    free(text);
    json_decref(facts);
    return copy;
}
