/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/following.h"

#include "base/str.h"
#include "provision/model.h"
#include "provision/same_value.h"

bool provision_field_is_shared(const struct provision_field *f)
{
    return !provision_field_is_made(f) && !str_equal(f->name, "tenant") && !str_equal(f->name, "name");
}

static const struct provision_field *template_fields(void)
{
    return provision_sections[PROVISION_SETTINGS_TEMPLATE].fields;
}

bool rule_shared_field(const char *in, char out[PROVISION_TEXT_LEN])
{
    for (const struct provision_field *f = template_fields(); f->name; f++)
        if (provision_field_is_shared(f) && str_equal(f->name, in))
            return str_copy(out, PROVISION_TEXT_LEN, in);
    return false;
}

static bool is_named(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_equal(json_string_value(json_array_get(list, i)), name))
            return true;
    return false;
}

bool provision_says_itself(const json_t *box, const char *field)
{
    return !*provision_text(box, "template") || is_named(json_object_get(box, "own"), field);
}

static void warn(const struct provision_field *f, const json_t *template, const char *path,
                 struct provision_errors *errors)
{
    char place[PROVISION_PATH_LEN];
    (void)str_format(place, sizeof(place), "%.150s.%s", path, f->name);
    provision_warning(errors, place,
                      "is another value than in the settings template \"%.64s\", so it is the faxbox's own "
                      "from now on; leave it out where the faxbox is to follow the template",
                      provision_text(template, "name"));
}

/* Is it the box's own? Afterwards its value is given. */
static bool settle_field(const struct provision_field *f, const json_t *template, json_t *given,
                         const json_t *stored, bool named)
{
    json_t *theirs = json_object_get(template, f->name), *value = json_object_get(given, f->name);
    json_t *was = json_object_get(stored, f->name);
    if (value && !provision_same_value(f, value, theirs))
        return true;
    if (!value)
        (void)json_object_set(given, f->name, named && was ? was : theirs);
    return named;
}

static void set_named(json_t *list, const char *name, bool wanted)
{
    for (size_t i = json_array_size(list); i > 0; i--)
        if (str_equal(json_string_value(json_array_get(list, i - 1)), name))
            (void)json_array_remove(list, i - 1);
    if (wanted)
        (void)json_array_append_new(list, json_string(name));
}

/* A printer and the pin of its certificate: who says one says both, for the pin of another printer keeps this
 * one from printing. pin_given: somebody says the pin of the box now. */
static void keep_together(const json_t *template, json_t *given, json_t *own, bool pin_given)
{
    bool printer = is_named(own, "print_to"), pin = is_named(own, "print_pin");
    if (printer == pin)
        return;
    bool both = printer || pin_given;
    set_named(own, "print_to", both);
    set_named(own, "print_pin", both);
    if (!both)
        (void)json_object_set(given, "print_pin", json_object_get(template, "print_pin"));
    else if (!pin_given)
        (void)json_object_set_new(given, "print_pin", json_string(""));
}

void provision_follow(const json_t *template, json_t *given, const json_t *stored, const char *path,
                      struct provision_errors *errors)
{
    json_t *own = json_array();
    const json_t *said = json_object_get(given, "own");
    const json_t *before = said ? said : json_object_get(stored, "own");
    bool pin_given = json_object_get(given, "print_pin") != NULL;
    for (const struct provision_field *f = template_fields(); template && f->name; f++) {
        bool named = is_named(before, f->name);
        if (!provision_field_is_shared(f) || !settle_field(f, template, given, stored, named))
            continue;
        (void)json_array_append_new(own, json_string(f->name));
        if (said && !named)
            warn(f, template, path, errors);
    }
    if (template)
        keep_together(template, given, own, pin_given);
    (void)json_object_set_new(given, "own", own);
}

json_t *provision_template_changes(const json_t *template, const json_t *stored)
{
    json_t *changes = json_object();
    for (const struct provision_field *f = template_fields(); f->name; f++) {
        json_t *value = json_object_get(template, f->name);
        if (provision_field_is_shared(f) && !provision_same_value(f, value, json_object_get(stored, f->name)))
            (void)json_object_set(changes, f->name, value);
    }
    return changes;
}

json_t *provision_followed(const json_t *changes, const json_t *box)
{
    json_t *now = NULL, *value;
    const char *field;
    json_object_foreach((json_t *)(uintptr_t)changes, field, value)
    {
        if (provision_says_itself(box, field))
            continue;
        if (!now)
            now = json_copy((json_t *)(uintptr_t)box);
        (void)json_object_set(now, field, value);
    }
    return now;
}
