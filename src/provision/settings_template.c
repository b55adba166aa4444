/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/settings_template.h"

#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/following.h"
#include "provision/model.h"
#include "store/settings_templates.h"

static json_t *template_json(const struct settings_template *t)
{
    struct provision_errors errors = {json_array(), 0, NULL};
    json_t *entry = json_loads(t->said, 0, NULL);
    if (!json_is_object(entry))
        panic("the store holds a settings template that is no JSON");
    (void)json_object_set_new(entry, "@id", json_string(id_text(t->id)));
    (void)json_object_set_new(entry, "tenant", json_string(t->tenant));
    (void)json_object_set_new(entry, "name", json_string(t->name));
    provision_complete(PROVISION_SETTINGS_TEMPLATE, entry, "", &errors); /* fields that there were not then */
    json_decref(errors.list);
    return entry;
}

json_t *provision_settings_templates_json(struct store *s, struct arena *a)
{
    struct settings_template *templates;
    json_t *list = json_array();
    size_t n = settings_templates(s, a, &templates);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(list, template_json(&templates[i]));
    return list;
}

json_t *provision_template_of(struct store *s, const char *tenant, const char *name)
{
    struct settings_template t;
    struct arena a;
    arena_init(&a);
    json_t *entry =
        name && *name && settings_template_named(s, &a, tenant, name, &t) ? template_json(&t) : NULL;
    arena_clear(&a);
    return entry;
}

static void put(struct store *s, const json_t *entry)
{
    json_t *said = json_object();
    for (const struct provision_field *f = provision_sections[PROVISION_SETTINGS_TEMPLATE].fields; f->name;
         f++)
        if (provision_field_is_shared(f))
            (void)json_object_set(said, f->name, json_object_get(entry, f->name));
    SCOPED_FREE char *text = json_dumps(said, JSON_COMPACT);
    json_decref(said);
    if (!text)
        panic("a settings template that does not print");
    settings_template_put(s, &(struct settings_template){.tenant = provision_text(entry, "tenant"),
                                                         .name = provision_text(entry, "name"),
                                                         .said = text});
}

/* As the column has it. */
static const char *text_of(struct arena *a, const struct provision_field *f, const json_t *value)
{
    if (f->type != FIELD_TEXTS)
        return json_string_value(value);
    return str_equal(f->name, "archive_places") ? provision_lines_of(a, value) : provision_words_of(a, value);
}

static void give(struct store *s, struct arena *a, struct id id, const struct provision_field *f,
                 const json_t *value)
{
    bool is_number = f->type == FIELD_FLAG || f->type == FIELD_WHOLE;
    int number = json_is_true(value) ? 1 : (int)json_integer_value(value);
    const char *text = is_number ? NULL : text_of(a, f, value);
    if (!settings_template_give(s, id, f->name, text, number))
        panic("no box can take the field \"%s\" from its settings template", f->name);
}

void provision_write_settings_template(struct store *s, struct arena *a, const json_t *entry)
{
    struct settings_template was;
    bool there =
        settings_template_named(s, a, provision_text(entry, "tenant"), provision_text(entry, "name"), &was);
    put(s, entry);
    if (!there)
        return;
    json_t *before = template_json(&was), *changes = provision_template_changes(entry, before);
    for (const struct provision_field *f = provision_sections[PROVISION_SETTINGS_TEMPLATE].fields; f->name;
         f++) {
        const json_t *value = json_object_get(changes, f->name);
        if (value)
            give(s, a, was.id, f, value);
    }
    json_decref(changes);
    json_decref(before);
}
