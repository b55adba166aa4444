/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/model.h"

static enum identity_kind kind_of(enum provision_kind kind)
{
    return kind == PROVISION_PROVIDER ? IDENTITY_PROVIDER : IDENTITY_DIRECTORY;
}

json_t *provision_identity_json(enum provision_kind kind, const struct identity_source *i)
{
    struct provision_errors errors = {json_array(), 0, NULL};
    json_t *entry = json_loads(i->settings, 0, NULL);
    if (!json_is_object(entry))
        panic("the store holds an identity source that is no JSON");
    (void)json_object_set_new(entry, "name", json_string(i->name));
    (void)json_object_set_new(entry, "tenant", json_string(i->tenant));
    provision_complete(kind, entry, "", &errors); /* fields that there were not when it was written */
    json_decref(errors.list);
    return entry;
}

static json_t *all(struct store *s, struct arena *a, enum provision_kind kind)
{
    struct identity_source *list;
    json_t *array = json_array();
    size_t n = identity_sources(s, kind_of(kind), a, &list);
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(array, provision_identity_json(kind, &list[i]));
    return array;
}

json_t *provision_providers_json(struct store *s, struct arena *a)
{
    return all(s, a, PROVISION_PROVIDER);
}

json_t *provision_directories_json(struct store *s, struct arena *a)
{
    return all(s, a, PROVISION_DIRECTORY);
}

void provision_write_identity(struct store *s, enum provision_kind kind, const json_t *entry)
{
    json_t *kept = json_object();
    for (const struct provision_field *f = provision_sections[kind].fields; f->name; f++)
        if (!str_equal(f->name, "name") && !str_equal(f->name, "tenant"))
            (void)json_object_set(kept, f->name, json_object_get(entry, f->name));
    SCOPED_FREE char *text = json_dumps(kept, JSON_COMPACT);
    json_decref(kept);
    if (!text)
        panic("an identity source that does not print");
    identity_source_put(s, kind_of(kind),
                        &(struct identity_source){.name = provision_text(entry, "name"),
                                                  .tenant = provision_text(entry, "tenant"),
                                                  .settings = text,
                                                  .login = json_is_true(json_object_get(entry, "login")) &&
                                                           json_is_true(json_object_get(entry, "enabled"))});
}

void provision_drop_identity(struct store *s, enum provision_kind kind, const char *name)
{
    identity_source_drop(s, kind_of(kind), name);
}

static void wrong(const char *path, const char *field, struct provision_errors *errors, const char *text)
{
    char place[PROVISION_PATH_LEN];
    (void)str_format(place, sizeof(place), "%.150s.%s", path, field);
    provision_error(errors, place, "%s", text);
}

void provision_check_identity(enum provision_kind kind, const json_t *e, const char *path,
                              struct provision_errors *errors)
{
    if (strchr(provision_text(e, "name"), '/'))
        wrong(path, "name", errors, "holds a /, which ends the name in users' provider_id and directory_id");
    if (kind == PROVISION_PROVIDER) {
        if (!*provision_text(e, "issuer"))
            wrong(path, "issuer", errors, "needs the provider's URL, which begins with https://");
        if (*provision_text(e, "tenant") && *provision_text(e, "group_installation"))
            wrong(path, "group_installation", errors,
                  "a tenant's provider makes no administrators of the installation; leave it empty");
        if (!*provision_text(e, "tenant") && json_is_true(json_object_get(e, "make_users")))
            wrong(path, "make_users", errors, "needs a tenant, whose users they become");
    } else if (json_array_size(json_object_get(e, "attribute_addresses")) == 0) {
        wrong(path, "attribute_addresses", errors, "needs at least one, such as mail");
    }
}
