/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/entries.h"

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
    (void)str_format(key, KEY_LEN, "%s\n%s\n%s", provision_text(entry, kind == PROVISION_BOX ? "id" : "name"),
                     of_tenant ? provision_text(entry, "tenant") : "",
                     kind == PROVISION_MAIL_TEMPLATE ? provision_text(entry, "language") : "");
}

static void index_entry(struct entries *d, enum provision_kind kind, json_t *entry)
{
    char key[KEY_LEN];
    key_of(kind, entry, key);
    (void)json_object_set(d->by_key[kind], key, entry);
}

struct entries entries_of(json_t *whole)
{
    struct entries d = {.whole = whole};
    for (int kind = 0; kind < PROVISION_KINDS; kind++) {
        const json_t *list = provision_sections[kind].list ? entries_section(&d, kind) : NULL;
        d.by_key[kind] = json_object();
        for (size_t i = 0; i < json_array_size(list); i++)
            index_entry(&d, (enum provision_kind)kind, json_array_get(list, i));
    }
    return d;
}

void entries_drop(struct entries *d)
{
    for (int kind = 0; kind < PROVISION_KINDS; kind++)
        json_decref(d->by_key[kind]);
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
    (void)json_array_append(entries_section(d, kind), entry);
    index_entry(d, kind, entry);
}

void entries_set(struct entries *d, enum provision_kind kind, size_t i, json_t *entry)
{
    (void)json_array_set_new(entries_section(d, kind), i, entry);
    index_entry(d, kind, entry);
}

json_t *entries_own(struct entries *d, enum provision_kind kind, json_t *entry)
{
    json_t *list = entries_section(d, kind), *own = json_deep_copy(entry);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_array_get(list, i) == entry) {
            (void)json_array_set_new(list, i, own);
            break;
        }
    index_entry(d, kind, own);
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
    key_of(kind, entry, key);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_array_get(list, i) == entry) {
            (void)json_array_remove(list, i);
            break;
        }
    (void)json_object_del(d->by_key[kind], key);
}
