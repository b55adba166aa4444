/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/covers.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/panic.h"
#include "base/str.h"
#include "proto/mail_template.h"
#include "queue/answers.h"

const char *cover_facts(struct arena *a, const struct route *r, const struct cover_words *words)
{
    const char *from = *words->sender_name ? words->sender_name : words->sender;
    const char *box = *r->box.header_name ? r->box.header_name : r->box.name;
    json_t *facts = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "template", r->cover,
                              "to", r->name, "company", r->company, "number", r->row.display, "from", from,
                              "box", box, "station_id", r->box.station_id, "billing", r->row.billing, "code",
                              arena_format(a, COVER_CODE "%s", r->box.id), "subject", words->subject, "text",
                              words->text);
    char *text = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
    if (!text)
        panic("the facts of a cover page are no JSON");
    const char *copy = arena_strdup(a, text);
    free(text);
    json_decref(facts);
    return copy;
}

const char *cover_template(struct queue *q, struct id tenant, const char *box, struct span facts)
{
    json_t *all = json_loadb((const char *)facts.data, facts.len, 0, NULL);
    const char *name = json_string_value(json_object_get(all, "template")), *own = NULL;
    if (name && mail_template_cover_name_good(name))
        own = config_cover(&q->store, &q->arena, tenant, name, answer_language(q, tenant, box));
    json_decref(all);
    return own ? own : answer_template(q, tenant, box, MAIL_TEMPLATE_COVER);
}
