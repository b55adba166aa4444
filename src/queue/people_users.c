/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One person of a directory becomes a user, or changes one. Only he is read and written: what all users of a
 * large house are together is no question of one step. */
#include <string.h>

#include "base/str.h"
#include "provision/fields.h"
#include "provision/model.h"
#include "queue/people_inner.h"
#include "store/identities.h"
#include "store/provision.h"

enum { NAME_MOST = 64 };

static const char *address_key(struct sync *s, const char *address)
{
    return config_address_key(&s->q->arena, address);
}

static bool is_root(const json_t *user)
{
    return str_equal(provision_text(user, "role"), "installation");
}

static json_t *load(struct sync *s, struct id user)
{
    json_t *entry = provision_load_user(&s->q->store, id_text(user));
    if (entry && str_equal(provision_text(entry, "tenant"), s->tenant))
        return entry;
    json_decref(entry);
    return NULL;
}

/* Whose address that is, by his name; NULL: nobody's. */
static const char *owner_of(struct sync *s, const char *address, struct id *user)
{
    const char *given = json_string_value(json_object_get(s->addresses, address_key(s, address)));
    if (config_user_of(&s->q->store, address, user))
        return config_user_name(&s->q->store, &s->q->arena, *user);
    *user = ID_NONE;
    return given;
}

/* His user as the store has it, or NULL: he becomes a new one. */
static json_t *user_of(struct sync *s, const json_t *person, const char *id)
{
    struct id user;
    size_t i;
    json_t *address;
    if (identity_user(&s->q->store, IDENTITY_DIRECTORY, id, &user) ||
        identity_user(&s->q->store, IDENTITY_DIRECTORY, arena_format(&s->q->arena, SYNC_GONE_PREFIX "%s", id),
                      &user))
        return load(s, user);
    json_array_foreach(json_object_get(person, "addresses"), i, address)
    {
        json_t *entry = owner_of(s, json_string_value(address), &user) ? load(s, user) : NULL;
        if (entry && !*provision_text(entry, "directory_id") && !is_root(entry))
            return entry;
        json_decref(entry);
    }
    return NULL;
}

/* Those that are addresses, and nobody else's. */
static json_t *addresses_of(struct sync *s, const json_t *person, const json_t *user)
{
    char tidy[PROVISION_TEXT_LEN];
    json_t *list = json_array(), *address;
    struct id owner;
    size_t i;
    json_array_foreach(json_object_get(person, "addresses"), i, address)
    {
        const char *text = json_string_value(address);
        if (!text || !rule_address(text, tidy))
            continue;
        const char *name = owner_of(s, tidy, &owner);
        bool his = user && (id_is_none(owner) ? name && str_equal(name, provision_text(user, "name"))
                                              : str_equal(id_text(owner), provision_text(user, "@id")));
        if (name && !his)
            sync_note(s, "! %s: %s is an address of %s already", provision_text(person, "id"), tidy, name);
        else
            (void)json_array_append_new(list, json_string(tidy));
    }
    return list;
}

static bool has_name(struct sync *s, const char *name)
{
    return json_object_get(s->names, name) || !id_is_none(provision_user_id(&s->q->store, s->tenant, name));
}

/* As people read it; with his address where somebody else has that name. */
static const char *new_name(struct sync *s, const json_t *person, const char *address)
{
    char tidy[PROVISION_TEXT_LEN], name[PROVISION_TEXT_LEN];
    if (!rule_name(provision_text(person, "name"), tidy))
        (void)str_copy(tidy, sizeof(tidy), address);
    if (!has_name(s, tidy) && rule_name(tidy, name))
        return arena_strdup(&s->q->arena, name);
    tidy[strlen(tidy) > NAME_MOST / 3 ? NAME_MOST / 3 : strlen(tidy)] = 0;
    utf8_clean(tidy);
    return arena_format(&s->q->arena, "%s (%.38s)", tidy, address);
}

static const char *role_of(const struct sync *s, const json_t *person)
{
    const char *group = provision_text(s->settings, "group_tenant");
    return !*group ? NULL : sync_in_group(person, group) ? "tenant" : "user";
}

static bool same_addresses(const json_t *a, const json_t *b)
{
    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++)
        if (!str_equal(json_string_value(json_array_get(a, i)), json_string_value(json_array_get(b, i))))
            return false;
    return true;
}

/* The fragment in its stored form; NULL: it breaks a rule, which was noted. */
static json_t *tidied(struct sync *s, const char *name, const json_t *fragment)
{
    struct provision_errors errors = {json_array(), 0, NULL};
    json_t *tidy = provision_read(PROVISION_USER, fragment, "user", &errors);
    if (errors.count > 0) {
        sync_note(s, "! %s: %s", name, provision_text(json_array_get(errors.list, 0), "text"));
        json_decref(tidy);
        tidy = NULL;
    }
    json_decref(errors.list);
    return tidy;
}

/* entry: complete, and nobody else has what is his alone. */
static void put(struct sync *s, const json_t *entry, const char *changes)
{
    size_t i;
    json_t *address;
    const char *name = provision_text(entry, "name");
    if (sync_writes(s))
        provision_write(&s->q->store, PROVISION_USER, entry);
    json_array_foreach(json_object_get(entry, "addresses"), i, address)
    {
        (void)json_object_set_new(s->addresses, address_key(s, json_string_value(address)),
                                  json_string(name));
    }
    (void)json_object_set_new(s->names, name, json_string(name));
    sync_changed(s, "user", name, changes);
}

/* The name of the new user; "": he cannot be one. */
static const char *add_user(struct sync *s, const json_t *person, const char *id, json_t *addresses)
{
    struct provision_errors errors = {json_array(), 0, NULL};
    const char *name = new_name(s, person, json_string_value(json_array_get(addresses, 0)));
    const char *role = role_of(s, person);
    if (has_name(s, name)) {
        sync_note(s, "! %s: somebody else is called %s already", provision_text(person, "id"), name);
        json_decref(errors.list);
        return "";
    }
    json_t *fragment = json_pack("{s:s, s:s, s:O, s:s, s:s}", "tenant", s->tenant, "name", name, "addresses",
                                 addresses, "directory_id", id, "role", role ? role : "user");
    json_t *entry = tidied(s, name, fragment);
    json_decref(fragment);
    if (entry) {
        provision_complete(PROVISION_USER, entry, "user", &errors);
        put(s, entry, "new");
    }
    json_decref(errors.list);
    json_decref(entry);
    return entry ? name : "";
}

/* What differs, by the names of the fields. */
static const char *names_of(struct sync *s, json_t *fragment)
{
    const char *names = "", *key;
    json_t *value;
    json_object_foreach(fragment, key, value)
    {
        names = arena_format(&s->q->arena, "%s%s%s", names, *names ? ", " : "", key);
    }
    return names;
}

static void change_user(struct sync *s, json_t *user, json_t *fragment)
{
    const char *names = names_of(s, fragment);
    json_t *tidy = *names ? tidied(s, provision_text(user, "name"), fragment) : NULL;
    if (tidy) {
        (void)json_object_update(user, tidy);
        put(s, user, names);
    }
    json_decref(tidy);
    json_decref(fragment);
}

static void update_user(struct sync *s, const json_t *person, const char *id, json_t *user, json_t *addresses)
{
    const char *role = role_of(s, person), *known = provision_text(user, "directory_id");
    json_t *fragment = json_object();
    if (!same_addresses(addresses, json_object_get(user, "addresses")))
        (void)json_object_set(fragment, "addresses", addresses);
    if (!str_equal(known, id))
        (void)json_object_set_new(fragment, "directory_id", json_string(id));
    if (str_starts(known, SYNC_GONE_PREFIX))
        (void)json_object_set_new(fragment, "enabled", json_true());
    if (role && !is_root(user) && !str_equal(role, provision_text(user, "role")))
        (void)json_object_set_new(fragment, "role", json_string(role));
    change_user(s, user, fragment);
}

void sync_take_person(struct sync *s, const json_t *person)
{
    const char *id = sync_id_of(s, person), *name = "";
    if (json_object_get(s->user_of, id)) {
        sync_note(s, "! %s stands there twice", provision_text(person, "id"));
        return;
    }
    json_t *user = user_of(s, person, id), *addresses = addresses_of(s, person, user);
    if (user)
        name = arena_strdup(&s->q->arena, provision_text(user, "name"));
    if (json_array_size(addresses) == 0) /* he is there all the same, and keeps what he has */
        sync_note(s, "! %s (%s) has no address that can be used", provision_text(person, "name"),
                  provision_text(person, "id"));
    else if (user)
        update_user(s, person, id, user, addresses);
    else
        name = add_user(s, person, id, addresses);
    (void)json_object_set_new(s->user_of, id, json_string(name));
    if (*name)
        sync_give_boxes(s, person, name);
    json_decref(addresses);
    json_decref(user);
}

void sync_switch_off(struct sync *s, struct id user, const char *directory_id)
{
    json_t *entry = load(s, user);
    if (entry)
        change_user(s, entry,
                    json_pack("{s:b, s:s}", "enabled", 0, "directory_id",
                              arena_format(&s->q->arena, SYNC_GONE_PREFIX "%s", directory_id)));
    json_decref(entry);
}
