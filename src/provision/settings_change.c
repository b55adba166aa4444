/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One entry of the provisioning is made, changed or deleted, by whom it is allowed. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/dkim.h"
#include "provision/json.h"
#include "provision/model.h"
#include "provision/settings_entries.h"
#include "provision/settings_template.h"
#include "store/settings_templates.h"

enum { RESULT_MAX = 65536 };

/* What the administrator of a tenant cannot give himself: these cost the installation money, make more of
 * him, lead into its network, or bring somebody who logs in elsewhere into his house. */
static const struct {
    enum provision_kind kind;
    const char *field;
} reserved[] = {
    {PROVISION_TENANT, "dial_allow"},
    {PROVISION_TENANT, "dial_deny"},
    {PROVISION_TENANT, "emergency"},
    {PROVISION_TENANT, "pages_per_day"},
    {PROVISION_TENANT, "minutes_per_day"},
    {PROVISION_TENANT, "calls_in"},
    {PROVISION_TENANT, "calls_out"},
    {PROVISION_TENANT, "international_per_hour"},
    {PROVISION_TENANT, "four_eyes"},
    {PROVISION_TENANT, "hold_new_countries"},
    {PROVISION_TENANT, "boxes_most"},
    {PROVISION_TENANT, "legal_hold"},
    {PROVISION_BOX, "legal_hold"},
    {PROVISION_BOX, "print_to"},
    {PROVISION_BOX, "print_pin"},
    {PROVISION_BOX, "trunk"},
    {PROVISION_BOX, "archive_places"},
    {PROVISION_PROVIDER, "group_installation"},
    {PROVISION_USER, "provider_id"},
    {PROVISION_USER, "directory_id"},
    {PROVISION_SETTINGS_TEMPLATE, "print_to"},
    {PROVISION_SETTINGS_TEMPLATE, "print_pin"},
    {PROVISION_SETTINGS_TEMPLATE, "trunk"},
    {PROVISION_SETTINGS_TEMPLATE, "archive_places"},
};

static unsigned refuse(struct settings_result *r, unsigned status, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5);
static unsigned refuse(struct settings_result *r, unsigned status, const char *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(r->detail, sizeof(r->detail), format, args);
    va_end(args);
    (void)str_copy(r->code, sizeof(r->code), code);
    utf8_clean(r->detail);
    return status;
}

static void add_error(struct settings_result *r, const char *field, const char *detail)
{
    if (!r->errors)
        r->errors = json_array();
    (void)json_array_append_new(r->errors, json_pack("{s:s, s:s}", "field", field, "detail", detail));
}

static unsigned refuse_field(struct settings_result *r, unsigned status, const char *field,
                             const char *detail)
{
    add_error(r, field, detail);
    return refuse(r, status, status == 403 ? "not-allowed" : "wrong-value", "%s: %s", field, detail);
}

/* "faxboxes[0].users[1].user" -> "users[1].user" */
static const char *field_of(const struct settings_resource *r, const char *path)
{
    const char *section = provision_sections[r->kind].name, *dot;
    if (str_starts(path, section) || str_starts(path, provision_sections[PROVISION_MAIL_SERVER].name)) {
        dot = strchr(path, '.');
        return dot ? dot + 1 : "";
    }
    return path;
}

static unsigned tell_errors(const struct settings_resource *r, const json_t *answer,
                            struct settings_result *result)
{
    size_t i;
    json_t *e;
    json_array_foreach(json_object_get(answer, "errors"), i, e)
    {
        add_error(result, field_of(r, provision_text(e, "path")), provision_text(e, "text"));
    }
    const json_t *first = json_array_get(result->errors, 0);
    const char *field = provision_text(first, "field");
    return refuse(result, 422, "wrong-value", "%s%s%s", field, *field ? ": " : "",
                  provision_text(first, "detail"));
}

/* The fragment as a provisioning file. */
static json_t *file_of(const struct settings_resource *r, json_t *fragment)
{
    enum provision_kind kind = r->kind;
    if (kind == PROVISION_MAIL_SERVERS && str_equal(provision_text(fragment, "name"), MAIL_SERVER_MAIN)) {
        kind = PROVISION_MAIL_SERVER;
        (void)json_object_del(fragment, "name");
        (void)json_object_del(fragment, "tenant");
        (void)json_object_del(fragment, "fallback");
    }
    const char *section = provision_sections[kind].name;
    return provision_sections[kind].list ? json_pack("{s:[O]}", section, fragment)
                                         : json_pack("{s:O}", section, fragment);
}

static void tell_changes(const json_t *answer, struct settings_result *result)
{
    size_t i;
    json_t *change;
    json_array_foreach(json_object_get(answer, "changes"), i, change)
    {
        size_t len = strlen(result->changes);
        (void)str_format(result->changes + len, sizeof(result->changes) - len, "%s%s", len > 0 ? "; " : "",
                         json_string_value(change));
    }
    utf8_clean(result->changes);
}

/* 200 or 422; changed: does it make a difference? */
static unsigned apply(struct store *s, const struct provision_keys *keys, const struct settings_resource *r,
                      const char *viewer, json_t *fragment, bool dry, bool *changed,
                      struct settings_result *result)
{
    SCOPED_BUF struct buf text;
    json_t *file = file_of(r, fragment);
    SCOPED_FREE char *file_text = file ? json_dumps(file, JSON_COMPACT) : NULL;
    json_decref(file);
    if (!file_text)
        panic("a fragment that does not print");
    buf_init(&text, RESULT_MAX);
    int status = provision_apply_as(s, keys, viewer, file_text, dry, &text);
    explicit_bzero(file_text, strlen(file_text));
    json_t *answer = json_loads(buf_text(&text), 0, NULL);
    *changed = json_integer_value(json_object_get(answer, "changed")) > 0;
    unsigned told = 200;
    if (status == 200)
        tell_changes(answer, result);
    else
        told = tell_errors(r, answer, result);
    json_decref(answer);
    return told;
}

/* What comes back as it was shown says nothing: {"set": ...}, a key pair without its secret half, our own
 * addresses. */
static void drop_shown(const struct settings_resource *r, json_t *fragment, const json_t *stored)
{
    for (const struct provision_field *f = provision_sections[r->kind].fields; f->name; f++) {
        const json_t *value = json_object_get(fragment, f->name);
        bool secret = f->type == FIELD_PASSWORD || f->type == FIELD_LOGIN || f->type == FIELD_PIN ||
                      f->type == FIELD_FAX_PASSWORD;
        bool same_pair = f->type == FIELD_PAIR && json_is_object(value) && !json_object_get(value, "sealed");
        if (secret && json_is_null(value))
            (void)json_object_set_new(fragment, f->name, json_string(""));
        else if ((secret && json_object_get(value, "set")) || same_pair || f->type == FIELD_COUNT)
            (void)json_object_del(fragment, f->name);
    }
    if (stored && r->key && r->kind != PROVISION_BOX &&
        str_equal(provision_text(fragment, "id"), provision_text(stored, r->key)))
        (void)json_object_del(fragment, "id");
}

/* Sealed secrets are for files of our own making: whoever knows one of another place could plant it. */
static unsigned check_sealed(const struct settings_resource *r, const json_t *fragment,
                             struct settings_result *result)
{
    for (const struct provision_field *f = provision_sections[r->kind].fields; f->name; f++) {
        const json_t *value = json_object_get(fragment, f->name);
        if (json_object_get(value, "sealed") || json_object_get(value, "hash"))
            return refuse_field(result, 422, f->name, "needs a text");
    }
    return 200;
}

/* Is it what it is already, or what it would be in a new entry? */
static bool is_unchanged(enum provision_kind kind, const char *field, const json_t *value,
                         const json_t *stored)
{
    if (stored)
        return json_equal(value, json_object_get(stored, field));
    json_t *standard = provision_standard(kind, field);
    bool same = json_equal(value, standard);
    json_decref(standard);
    return same;
}

/* Is that his to change? */
static unsigned check_right(const struct settings_resource *r, const char *viewer, const json_t *stored,
                            const json_t *fragment, struct settings_result *result)
{
    if (!viewer)
        return 200;
    if (str_equal(provision_text(stored, "role"), "installation"))
        return refuse(result, 403, "not-allowed",
                      "This user administrates the installation; only one like him may change him.");
    if (str_equal(provision_text(fragment, "role"), "installation"))
        return refuse_field(result, 403, "role",
                            "only administrators of the installation can make another one");
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        const json_t *value = json_object_get(fragment, reserved[i].field);
        bool lets_go = r->kind == PROVISION_USER && str_equal(json_string_value(value), "");
        if (reserved[i].kind == r->kind && value && !lets_go &&
            !is_unchanged(r->kind, reserved[i].field, value, stored))
            return refuse_field(result, 403, reserved[i].field,
                                "is set by administrators of the installation; ask one");
    }
    return 200;
}

/* A template that leaves them empty takes nothing from the box that only others set; the fragment gets what
 * the box has of these. */
static void keep_reserved(struct store *s, const json_t *stored, json_t *fragment)
{
    const json_t *name = json_object_get(fragment, "template");
    json_t *template =
        provision_template_of(s, provision_text(stored, "tenant"),
                              name ? json_string_value(name) : provision_text(stored, "template"));
    for (size_t i = 0; template && i < ARRAY_LEN(reserved); i++) {
        const char *field = reserved[i].field;
        const json_t *theirs = json_object_get(template, field);
        if (reserved[i].kind == PROVISION_SETTINGS_TEMPLATE && !json_object_get(fragment, field) &&
            is_unchanged(PROVISION_SETTINGS_TEMPLATE, field, theirs, NULL))
            (void)json_object_set(fragment, field, json_object_get(stored, field));
    }
    json_decref(template);
}

/* The names by which the entry is known cannot change; the fragment gets them. */
static unsigned keep_names(const struct settings_resource *r, const json_t *stored, json_t *fragment,
                           struct settings_result *result)
{
    static const char *const names[] = {"id", "name", "tenant", "language", "selector", NULL};
    bool by_id = r->kind == PROVISION_BOX;
    for (size_t i = 0; names[i]; i++) {
        if (str_equal(names[i], "language") && r->kind != PROVISION_MAIL_TEMPLATE)
            continue;
        const json_t *is = json_object_get(stored, names[i]), *wanted = json_object_get(fragment, names[i]);
        bool fixed = !(by_id && str_equal(names[i], "name")) &&
                     !(r->kind == PROVISION_MAIL_SERVERS && str_equal(names[i], "tenant"));
        bool renamed = r->kind == PROVISION_SETTINGS_TEMPLATE && str_equal(names[i], "name") && wanted;
        if (!is || !fixed || renamed)
            continue;
        if (wanted && !json_equal(wanted, is))
            return refuse_field(result, 422, names[i],
                                "cannot be changed; make a new one and delete this one");
        (void)json_object_set(fragment, names[i], (json_t *)(uintptr_t)is);
    }
    return 200;
}

static bool matches(const char *if_match, const char *etag)
{
    return str_equal(if_match, "*") || strstr(if_match, etag) != NULL;
}

static unsigned check_match(const struct settings_wish *w, const json_t *stored,
                            struct settings_result *result)
{
    char etag[SETTINGS_ETAG_LEN];
    settings_etag(stored, etag);
    if (!*w->if_match)
        return refuse(
            result, 428, "if-match-needed",
            "Say by If-Match which state you have seen (the ETag of GET), so that nobody's change is lost.");
    if (!matches(w->if_match, etag))
        return refuse(result, 412, "changed-meanwhile",
                      "Somebody else has changed this meanwhile. Look at it as it is now, then save again.");
    return 200;
}

/* Who puts a whole entry says all of it, as it was shown: what he left out would be a guess. How it is with
 * the entry stands beside its settings, and comes back unread. */
static unsigned check_whole(const struct settings_resource *r, json_t *fragment,
                            struct settings_result *result)
{
    static const char *const states[] = {"ok", "code", "text", "state", "since_ms", "next_ms"};
    const struct provision_field *fields = provision_sections[r->kind].fields;
    unsigned status = 200;
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        bool is_field = false;
        for (const struct provision_field *f = fields; f->name; f++)
            is_field = is_field || str_equal(f->name, states[i]);
        if (!is_field)
            (void)json_object_del(fragment, states[i]);
    }
    for (const struct provision_field *f = fields; f->name; f++) {
        if (provision_field_is_made(f) || json_object_get(fragment, f->name))
            continue;
        add_error(result, f->name,
                  "is missing; PUT takes the whole entry as GET shows it, PATCH what changes");
        status = 422;
    }
    return status == 200
               ? 200
               : refuse(result, 422, "incomplete",
                        "PUT takes the whole entry as GET shows it; PATCH takes what changes alone.");
}

/* Boxes know their template by its id, so all that refers to it follows. What else the fragment says is tried
 * first: after that nothing can be refused any more. */
static unsigned rename_template(struct store *s, const struct provision_keys *keys,
                                const struct settings_resource *r, const struct settings_wish *w,
                                const json_t *stored, json_t *fragment, struct settings_result *result)
{
    char name[PROVISION_TEXT_LEN];
    const char *tenant = provision_text(stored, "tenant"), *was = provision_text(stored, "name");
    bool changed;
    if (!json_is_string(json_object_get(fragment, "name")) ||
        !rule_name(provision_text(fragment, "name"), name))
        return refuse_field(result, 422, "name", "needs one line of 1 to 64 characters");
    json_t *other = provision_template_of(s, tenant, name), *rest = json_copy(fragment);
    bool taken = other && !str_equal(name, was);
    json_decref(other);
    (void)json_object_set_new(rest, "name", json_string(was));
    unsigned status =
        taken ? refuse_field(result, 422, "name", "there is a settings template of that name already")
              : apply(s, keys, r, w->tenant, rest, true, &changed, result);
    json_decref(rest);
    if (status != 200)
        return status;
    (void)json_object_set_new(fragment, "name", json_string(name));
    result->changes[0] = 0;
    if (str_equal(name, was))
        return 200;
    settings_template_rename(s, tenant, was, name);
    (void)str_format(result->changes, sizeof(result->changes),
                     "settings template \"%s\": is now called \"%s\"", was, name);
    return 200;
}

static unsigned change(struct store *s, const struct provision_keys *keys, const struct settings_resource *r,
                       const struct settings_wish *w, const json_t *stored, json_t *fragment,
                       struct settings_result *result)
{
    bool changed;
    unsigned match = check_match(w, stored, result);
    if (match == 428)
        return match;
    unsigned status = w->action == SETTINGS_REPLACE ? check_whole(r, fragment, result) : 200;
    if (status != 200)
        return status;
    drop_shown(r, fragment, stored);
    status = check_sealed(r, fragment, result);
    if (status == 200)
        status = keep_names(r, stored, fragment, result);
    if (status == 200)
        status = check_right(r, w->tenant, stored, fragment, result);
    if (status == 200 && w->tenant && r->kind == PROVISION_BOX)
        keep_reserved(s, stored, fragment);
    if (status == 200 && match != 200) {
        /* Asked again after our restart: it is as wished already. */
        struct settings_result dry = {0};
        status = apply(s, keys, r, w->tenant, fragment, true, &changed, &dry);
        json_decref(dry.errors);
        return status == 200 && !changed ? 200 : match;
    }
    if (status == 200 && r->kind == PROVISION_SETTINGS_TEMPLATE)
        status = rename_template(s, keys, r, w, stored, fragment, result);
    return status == 200 ? apply(s, keys, r, w->tenant, fragment, false, &changed, result) : status;
}

static unsigned remove_entry(struct store *s, const struct provision_keys *keys,
                             const struct settings_resource *r, const struct settings_wish *w,
                             const json_t *stored, struct settings_result *result)
{
    bool changed;
    unsigned jobs = r->kind == PROVISION_BOX ? provision_box_jobs(s, provision_text(stored, "id")) : 0;
    unsigned status = check_match(w, stored, result);
    if (status == 200)
        status = check_right(r, w->tenant, stored, NULL, result);
    if (status != 200)
        return status;
    if (!r->key)
        return refuse(result, 403, "not-allowed", "The installation itself cannot be deleted.");
    if (jobs > 0)
        return refuse(result, 409, "jobs-open",
                      "%u %s of this faxbox not finished. Wait for %s, or cancel %s, then delete it.", jobs,
                      jobs == 1 ? "fax is" : "faxes are", jobs == 1 ? "it" : "them",
                      jobs == 1 ? "it" : "them");
    json_t *fragment = json_pack("{s:b}", "absent", 1);
    status = keep_names(r, stored, fragment, result);
    if (status == 200)
        status = apply(s, keys, r, w->tenant, fragment, false, &changed, result);
    json_decref(fragment);
    return status == 200 ? 204 : status == 422 ? 409 : status;
}

static bool same_member(const json_t *a, const json_t *b, const char *name)
{
    return str_equal(provision_text(a, name), provision_text(b, name));
}

static bool same_names(enum provision_kind kind, const json_t *entry, const json_t *fragment)
{
    bool template = kind == PROVISION_MAIL_TEMPLATE;
    bool of_tenant =
        kind == PROVISION_USER || kind == PROVISION_BOX || template || kind == PROVISION_SETTINGS_TEMPLATE;
    if (kind == PROVISION_DKIM) /* names of the DNS */
        return str_equal_nocase(provision_text(entry, "name"), provision_text(fragment, "name")) &&
               str_equal_nocase(provision_text(entry, "selector"), provision_text(fragment, "selector"));
    return same_member(entry, fragment, "name") && (!of_tenant || same_member(entry, fragment, "tenant")) &&
           (!template || same_member(entry, fragment, "language"));
}

/* The entry that a POST would make, where it is there already, whoever has it. */
static json_t *find_like(struct store *s, const struct settings_resource *r, const json_t *fragment)
{
    json_t *list = settings_load(s, r), *found = NULL;
    for (size_t i = 0; !found && i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        bool same_id = r->kind == PROVISION_BOX && json_object_get(fragment, "id") &&
                       str_equal_nocase(provision_text(entry, "id"), provision_text(fragment, "id"));
        bool same_name = !(r->kind == PROVISION_BOX && json_object_get(fragment, "id")) &&
                         same_names(r->kind, entry, fragment);
        if (same_id || same_name)
            found = json_incref(entry);
    }
    json_decref(list);
    return found;
}

/* Who administrates one tenant need not say which. */
static unsigned give_tenant(const struct settings_resource *r, const char *viewer, json_t *fragment,
                            struct settings_result *result)
{
    const char *tenant = provision_text(fragment, "tenant");
    if (!viewer || !r->tenant || str_equal(r->tenant, "name"))
        return 200;
    if (*tenant && !str_equal(tenant, viewer))
        return refuse_field(result, 422, "tenant", "there is no such tenant");
    (void)json_object_set_new(fragment, "tenant", json_string(viewer));
    return 200;
}

/* So that it is found again when it is made. */
static void name_key(struct store *s, const struct settings_resource *r, json_t *fragment)
{
    json_t *keys = r->kind == PROVISION_DKIM ? settings_load(s, r) : NULL;
    if (keys)
        provision_dkim_name_new(keys, fragment);
    json_decref(keys);
}

static unsigned create(struct store *s, const struct provision_keys *keys, const struct settings_resource *r,
                       const struct settings_wish *w, json_t *fragment, struct settings_result *result)
{
    bool changed;
    if (!r->key)
        return refuse(result, 403, "not-allowed", "There is one installation.");
    drop_shown(r, fragment, NULL);
    unsigned status = check_sealed(r, fragment, result);
    if (status == 200)
        status = give_tenant(r, w->tenant, fragment, result);
    if (status == 200)
        status = check_right(r, w->tenant, NULL, fragment, result);
    if (status != 200)
        return status;
    name_key(s, r, fragment);
    json_t *there = find_like(s, r, fragment), *asked = json_deep_copy(fragment);
    json_decref(there);
    if (there)
        status = refuse(result, 409, "exists", "There is one of that name already.");
    else
        status = apply(s, keys, r, w->tenant, fragment, false, &changed, result);
    there = status == 200 ? find_like(s, r, asked) : NULL;
    if (there && r->tenant)
        (void)str_copy(result->tenant, sizeof(result->tenant), provision_text(there, r->tenant));
    if (there)
        (void)str_copy(result->key, sizeof(result->key), provision_text(there, r->key));
    json_decref(there);
    json_decref(asked);
    return status == 200 ? 201 : status;
}

unsigned settings_change(struct store *s, const struct provision_keys *keys, const struct settings_wish *w,
                         struct settings_result *result)
{
    const struct settings_resource *r = settings_resource_of(w->resource);
    *result = (struct settings_result){0};
    json_t *stored = r && w->action != SETTINGS_CREATE ? settings_find(s, r, w->tenant, w->key) : NULL;
    if (!r || (!stored && w->action != SETTINGS_CREATE))
        return refuse(result, 404, "unknown-entry", "There is nothing of that name.");
    if (r->tenant)
        (void)str_copy(result->tenant, sizeof(result->tenant), provision_text(stored, r->tenant));
    if (w->action == SETTINGS_REMOVE) {
        unsigned status = remove_entry(s, keys, r, w, stored, result);
        json_decref(stored);
        return status;
    }
    json_t *fragment = json_loads(w->body, JSON_REJECT_DUPLICATES, NULL);
    unsigned status;
    if (!json_is_object(fragment))
        status = refuse(result, 400, "no-json", "The body has to be a JSON object with the fields to set.");
    else if (json_object_get(fragment, "absent"))
        status = refuse_field(result, 422, "absent", "there is no such field; DELETE deletes");
    else if (w->action == SETTINGS_CREATE)
        status = create(s, keys, r, w, fragment, result);
    else
        status = change(s, keys, r, w, stored, fragment, result);
    json_decref(fragment);
    json_decref(stored);
    return status;
}
