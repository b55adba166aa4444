/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/settings.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/model.h"
#include "provision/settings_entries.h"
#include "store/settings_templates.h"

static const struct settings_resource resources[] = {
    {"boxes", "Box", PROVISION_BOX, "id", "tenant"},
    {"settings-templates", "SettingsTemplate", PROVISION_SETTINGS_TEMPLATE, "@id", "tenant"},
    {"users", "User", PROVISION_USER, "@id", "tenant"},
    {"tenants", "Tenant", PROVISION_TENANT, "name", "name"},
    {"mailboxes", "Mailbox", PROVISION_MAILBOX, "name", "tenant"},
    {"webhooks", "Webhook", PROVISION_WEBHOOK, "name", "tenant"},
    {"templates", "Template", PROVISION_MAIL_TEMPLATE, "@id", "tenant"},
    {"identity-providers", "IdentityProvider", PROVISION_PROVIDER, "name", "tenant"},
    {"directories", "Directory", PROVISION_DIRECTORY, "name", "tenant"},
    {"archive-places", "ArchivePlace", PROVISION_ARCHIVE, "name", NULL},
    {"mail-servers", "MailServer", PROVISION_MAIL_SERVERS, "name", "tenant"},
    {"dkim-keys", "DkimKey", PROVISION_DKIM, "@id", NULL},
    {"trunks", "Trunk", PROVISION_TRUNK, "name", NULL},
    {"installation", "Installation", PROVISION_INSTALLATION, NULL, NULL},
};

const struct settings_resource *settings_resource_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(resources); i++)
        if (str_equal(resources[i].name, name))
            return &resources[i];
    return NULL;
}

/* ---- entries ---- */

/* Everybody's mail server stands in a section of its own; here it is one of them. */
static void add_main_server(struct store *s, json_t *list)
{
    json_t *m = provision_load_kind(s, PROVISION_MAIL_SERVER);
    if (!m)
        return;
    (void)json_object_set_new(m, "name", json_string(MAIL_SERVER_MAIN));
    (void)json_object_set_new(m, "tenant", json_string(""));
    (void)json_object_set_new(m, "fallback", json_false());
    (void)json_array_insert_new(list, 0, m);
}

json_t *settings_load(struct store *s, const struct settings_resource *r)
{
    json_t *list = provision_load_kind(s, r->kind);
    if (r->kind == PROVISION_MAIL_SERVERS)
        add_main_server(s, list);
    if (r->key)
        return list;
    json_t *one = json_array();
    (void)json_array_append_new(one, list);
    return one;
}

bool settings_is_of(const struct settings_resource *r, const json_t *entry, const char *tenant)
{
    return !tenant || (r->tenant && str_equal(provision_text(entry, r->tenant), tenant));
}

/* The stored entry, a new reference; NULL where that tenant has none. */
json_t *settings_find(struct store *s, const struct settings_resource *r, const char *tenant, const char *key)
{
    json_t *found = NULL;
    if (r->kind == PROVISION_BOX) {
        found = provision_load_box(s, key);
    } else if (r->kind == PROVISION_USER) {
        found = provision_load_user(s, key);
    } else {
        json_t *list = settings_load(s, r);
        for (size_t i = 0; !found && i < json_array_size(list); i++) {
            json_t *entry = json_array_get(list, i);
            if (!r->key || str_equal(provision_text(entry, r->key), key))
                found = json_incref(entry);
        }
        json_decref(list);
    }
    if (found && settings_is_of(r, found, tenant))
        return found;
    json_decref(found);
    return NULL;
}

void settings_etag(const json_t *entry, char etag[SETTINGS_ETAG_LEN])
{
    uint8_t hash[crypto_generichash_BYTES_MIN];
    SCOPED_FREE char *text = json_dumps(entry, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        panic("JSON of our own does not print");
    (void)crypto_generichash(hash, sizeof(hash), (const uint8_t *)text, strlen(text), NULL, 0);
    etag[0] = '"';
    hex_format(hash, sizeof(hash), etag + 1);
    (void)str_copy(etag + 1 + 2 * sizeof(hash), 2, "\"");
}

static json_t *without(const json_t *value, const char *member)
{
    json_t *copy = json_deep_copy(value);
    (void)json_object_del(copy, member);
    return copy;
}

static json_t *shown_value(struct store *s, const struct provision_field *f, const json_t *entry,
                           const char *domain)
{
    json_t *value = json_object_get(entry, f->name);
    switch (f->type) {
    case FIELD_PASSWORD:
    case FIELD_LOGIN:
    case FIELD_FAX_PASSWORD:
    case FIELD_PIN: return json_pack("{s:b}", "set", (int)json_is_object(value));
    case FIELD_PAIR: return json_is_object(value) ? without(value, "sealed") : json_string("");
    case FIELD_SHOWN:
        return *domain ? json_sprintf("%s@%s", provision_text(entry, "id"), domain) : json_string("");
    case FIELD_COUNT:
        return json_integer((json_int_t)settings_template_boxes(s, provision_text(entry, "tenant"),
                                                                provision_text(entry, "name")));
    case FIELD_WISH:
    case FIELD_TEXT:
    case FIELD_LINES:
    case FIELD_FLAG:
    case FIELD_WHOLE:
    case FIELD_TEXTS:
    case FIELD_RIGHTS:
    case FIELD_KEYS:
    case FIELD_CERTIFICATES: break;
    }
    return json_deep_copy(value);
}

json_t *settings_shown(struct store *s, const struct settings_resource *r, const json_t *entry)
{
    struct arena a;
    arena_init(&a);
    json_t *o = json_object();
    const char *domain = store_meta(s, &a, "fax_domain");
    if (r->key)
        (void)json_object_set_new(o, "id", json_string(provision_text(entry, r->key)));
    for (const struct provision_field *f = provision_sections[r->kind].fields; f->name; f++)
        if (f->type != FIELD_WISH)
            (void)json_object_set_new(o, f->name, shown_value(s, f, entry, domain));
    arena_clear(&a);
    return o;
}

json_t *settings_list(struct store *s, const char *resource, const char *tenant)
{
    const struct settings_resource *r = settings_resource_of(resource);
    json_t *list = r ? settings_load(s, r) : NULL, *items = json_array();
    for (size_t i = 0; i < json_array_size(list); i++)
        if (settings_is_of(r, json_array_get(list, i), tenant))
            (void)json_array_append_new(items, settings_shown(s, r, json_array_get(list, i)));
    json_decref(list);
    return items;
}

json_t *settings_one(struct store *s, const char *resource, const char *tenant, const char *key,
                     char etag[SETTINGS_ETAG_LEN])
{
    const struct settings_resource *r = settings_resource_of(resource);
    json_t *entry = r ? settings_find(s, r, tenant, key) : NULL;
    if (!entry)
        return NULL;
    json_t *o = settings_shown(s, r, entry);
    settings_etag(entry, etag);
    json_decref(entry);
    return o;
}

/* ---- schema ---- */

static json_t *object_schema(const char *key)
{
    return json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}, s:[s, s, s], s:b}", "type", "object", "properties",
                     key, "type", "string", "send", "type", "boolean", "receive", "type", "boolean",
                     "required", key, "send", "receive", "additionalProperties", 0);
}

static json_t *field_schema(const struct provision_field *f)
{
    switch (f->type) {
    case FIELD_FLAG: return json_pack("{s:s}", "type", "boolean");
    case FIELD_WHOLE:
        return json_pack("{s:s, s:i, s:i}", "type", "integer", "minimum", f->least, "maximum", f->most);
    case FIELD_TEXTS: return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
    case FIELD_RIGHTS: return json_pack("{s:s, s:o}", "type", "array", "items", object_schema(f->key));
    case FIELD_KEYS:
    case FIELD_CERTIFICATES: return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "object");
    case FIELD_PAIR: return json_pack("{s:[s, s]}", "type", "object", "string");
    case FIELD_PASSWORD:
    case FIELD_LOGIN:
    case FIELD_FAX_PASSWORD:
    case FIELD_PIN:
        return json_pack("{s:[s, s], s:{s:{s:s}}}", "type", "string", "object", "properties", "set", "type",
                         "boolean");
    case FIELD_SHOWN: return json_pack("{s:s, s:b}", "type", "string", "readOnly", 1);
    case FIELD_COUNT: return json_pack("{s:s, s:b}", "type", "integer", "readOnly", 1);
    case FIELD_WISH: return json_pack("{s:s, s:b}", "type", "boolean", "writeOnly", 1);
    case FIELD_TEXT:
    case FIELD_LINES: break;
    }
    return json_pack("{s:s}", "type", "string");
}

json_t *settings_schema(const char *resource, const char **name)
{
    const struct settings_resource *r = settings_resource_of(resource);
    if (!r)
        return NULL;
    *name = r->schema;
    json_t *properties = json_object(), *required = json_array();
    if (r->key)
        (void)json_object_set_new(properties, "id", json_pack("{s:s}", "type", "string"));
    for (const struct provision_field *f = provision_sections[r->kind].fields; f->name; f++) {
        json_t *schema = field_schema(f);
        if (f->want)
            (void)json_object_set_new(schema, "description", json_string(f->want));
        (void)json_object_set_new(properties, f->name, schema);
        if (f->type != FIELD_WISH)
            (void)json_array_append_new(required, json_string(f->name));
    }
    return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required", required);
}
