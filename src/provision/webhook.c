/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/webhook.h"

#include "base/panic.h"
#include "provision/model.h"

json_t *provision_webhooks_json(struct store *s, struct arena *a)
{
    struct webhook *hooks;
    json_t *list = json_array();
    size_t n = webhook_all(s, a, &hooks);
    for (size_t i = 0; i < n; i++) {
        const struct webhook *w = &hooks[i];
        json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:s, s:b, s:o}", "name", w->name, "tenant", w->tenant,
                              "url", w->url, "events", words_json(w->events), "pin", w->pin, "enabled",
                              (int)w->enabled, "secret", provision_secret_json(w->secret));
        if (!o)
            panic("the store holds a webhook that is no JSON");
        (void)json_array_append_new(list, o);
    }
    return list;
}

void provision_write_webhook(struct store *s, struct arena *a, const json_t *entry)
{
    const char *events = "";
    size_t i;
    json_t *event;
    json_array_foreach(json_object_get(entry, "events"), i, event)
    {
        events = arena_format(a, "%s%s%s", events, *events ? " " : "", json_string_value(event));
    }
    const struct webhook w = {.name = provision_text(entry, "name"),
                              .tenant = provision_text(entry, "tenant"),
                              .url = provision_text(entry, "url"),
                              .events = events,
                              .pin = provision_text(entry, "pin"),
                              .secret = provision_secret_of(a, entry, "secret"),
                              .enabled = json_is_true(json_object_get(entry, "enabled"))};
    webhook_put(s, &w);
}
