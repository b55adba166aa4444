/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/entries.h"

#include "base/panic.h"
#include "base/str.h"
#include "provision/model.h"

json_t *entries_section(const struct entries *d, int kind)
{
    return json_object_get(d->whole, provision_sections[kind].name);
}

enum { KEY_LEN = 3 * PROVISION_TEXT_LEN };

/* What an entry is known by in its section; two of one key are one. */
static void key_of(enum provision_kind kind, const json_t *entry, char key[KEY_LEN])
{
    bool of_tenant =
        kind == PROVISION_USER || kind == PROVISION_MAIL_TEMPLATE || kind == PROVISION_SETTINGS_TEMPLATE;
    const char *further = kind == PROVISION_MAIL_TEMPLATE ? "language"
                          : kind == PROVISION_DKIM        ? "selector"
                                                          : NULL;
    (void)str_format(key, KEY_LEN, "%s\n%s\n%s", provision_text(entry, kind == PROVISION_BOX ? "id" : "name"),
                     of_tenant ? provision_text(entry, "tenant") : "",
                     further ? provision_text(entry, further) : "");
}

static void index_entry(struct entries *d, enum provision_kind kind, json_t *entry, size_t place)
{
    char key[KEY_LEN];
    key_of(kind, entry, key);
    (void)json_object_set(d->by_key[kind], key, entry);
    (void)json_object_set_new(d->places[kind], key, json_integer((json_int_t)place));
}

/* Where it is now. False: nowhere. */
static bool find_place(const struct entries *d, enum provision_kind kind, const json_t *entry, size_t *place)
{
    char key[KEY_LEN];
    const json_t *list = entries_section(d, kind);
    size_t count = json_array_size(list);
    key_of(kind, entry, key);
    size_t at = (size_t)json_integer_value(json_object_get(d->places[kind], key)) + 1;
    for (at = at < count ? at : count; at > 0; at--)
        if (json_array_get(list, at - 1) == entry) {
            *place = at - 1;
            return true;
        }
    return false;
}

struct entries entries_of(json_t *whole)
{
    struct entries d = {.whole = whole};
    for (int kind = 0; kind < PROVISION_KINDS; kind++) {
        const json_t *list = provision_sections[kind].list ? entries_section(&d, kind) : NULL;
        d.by_key[kind] = json_object();
        d.places[kind] = json_object();
        for (size_t i = 0; i < json_array_size(list); i++)
            index_entry(&d, (enum provision_kind)kind, json_array_get(list, i), i);
    }
    return d;
}

void entries_drop(struct entries *d)
{
    for (int kind = 0; kind < PROVISION_KINDS; kind++) {
        json_decref(d->by_key[kind]);
        json_decref(d->places[kind]);
    }
    json_decref(d->whole);
}

json_t *entries_find(const struct entries *d, enum provision_kind kind, const json_t *like)
{
    char key[KEY_LEN];
    key_of(kind, like, key);
    return json_object_get(d->by_key[kind], key);
}

void entries_add(struct entries *d, enum provision_kind kind, json_t *entry)
{
    json_t *list = entries_section(d, kind);
    (void)json_array_append(list, entry);
    index_entry(d, kind, entry, json_array_size(list) - 1);
}

void entries_set(struct entries *d, enum provision_kind kind, size_t i, json_t *entry)
{
    (void)json_array_set_new(entries_section(d, kind), i, entry);
    index_entry(d, kind, entry, i);
}

json_t *entries_own(struct entries *d, enum provision_kind kind, json_t *entry)
{
    json_t *own = json_deep_copy(entry);
    size_t place;
    if (!find_place(d, kind, entry, &place))
        panic("an entry that is in no list");
    entries_set(d, kind, place, own);
    return own;
}

json_t *entries_shared_copy(const json_t *whole)
{
    json_t *copy = json_object(), *value;
    const char *name;
    json_object_foreach((json_t *)(uintptr_t)whole, name, value)
    {
        (void)json_object_set_new(copy, name, json_copy(value));
    }
    return copy;
}

void entries_forget(struct entries *d, enum provision_kind kind, const json_t *entry)
{
    json_t *list = entries_section(d, kind);
    char key[KEY_LEN];
    size_t place;
    key_of(kind, entry, key);
    if (find_place(d, kind, entry, &place))
        (void)json_array_remove(list, place);
    (void)json_object_del(d->by_key[kind], key);
    (void)json_object_del(d->places[kind], key);
}
