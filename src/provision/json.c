/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The file is laid over what the store has, as JSON; the result is checked as a whole; then what differs is
 * written. Members whose names begin with '@' are ours: the file cannot bring any. */
#include "provision/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/panic.h"
#include "base/str.h"
#include "provision/archive.h"
#include "provision/certificates.h"
#include "provision/check.h"
#include "provision/dkim.h"
#include "provision/entries.h"
#include "provision/following.h"
#include "provision/model.h"
#include "provision/same_value.h"
#include "provision/secrets.h"
#include "store/api_keys.h"

enum { CHANGES_LISTED = 200, PASSWORDS_AT_ONCE = 50 /* of users, in plain text */ };

struct work {
    struct store *store;
    const struct provision_keys *keys;
    const char *viewer;            /* provision_check.h */
    struct entries stored, wanted; /* as it is, and as it is to be */
    struct provision_errors errors;
    json_t *changes; /* texts */
    size_t changed, passwords;
};

static bool same_member(const json_t *a, const json_t *b, const char *name)
{
    return str_equal(provision_text(a, name), provision_text(b, name));
}

/* ---- laying the file over the store ---- */

/* Where there is one tenant only, nobody has to name it. */
static void complete_tenant(const struct work *w, json_t *entry)
{
    const json_t *tenants = entries_section(&w->wanted, PROVISION_TENANT);
    if (!json_object_get(entry, "tenant") && json_array_size(tenants) == 1)
        (void)json_object_set(entry, "tenant", json_object_get(json_array_get(tenants, 0), "name"));
}

/* A box without id: the one of that tenant and name, or a new id made of the name (A1). */
static void complete_box_id(const struct work *w, json_t *entry)
{
    char id[PROVISION_TEXT_LEN];
    if (json_object_get(entry, "id") || !json_object_get(entry, "name"))
        return;
    const json_t *known = entries_box_named(&w->wanted, entry);
    if (known) {
        (void)json_object_set(entry, "id", json_object_get(known, "id"));
        return;
    }
    rule_make_box_id(provision_text(entry, "name"), id);
    (void)json_object_set_new(entry, "id", json_string(id));
    bool reserved = str_equal(id, "check") || str_equal(id, "control");
    for (unsigned n = 2; reserved || entries_find(&w->wanted, PROVISION_BOX, entry); n++) {
        reserved = false;
        (void)json_object_set_new(entry, "id", json_sprintf("%s-%u", id, n));
    }
}

static void complete_key(struct work *w, enum provision_kind kind, json_t *entry, bool absent,
                         const char *path)
{
    /* A box that is known by its id has its tenant, and so has a mailbox. */
    bool known = (kind == PROVISION_BOX || kind == PROVISION_MAILBOX || kind == PROVISION_WEBHOOK ||
                  kind == PROVISION_DIRECTORY) &&
                 entries_find(&w->wanted, kind, entry);
    bool of_tenant = kind == PROVISION_USER || kind == PROVISION_BOX || kind == PROVISION_MAILBOX ||
                     kind == PROVISION_MAIL_TEMPLATE || kind == PROVISION_SETTINGS_TEMPLATE ||
                     kind == PROVISION_WEBHOOK || kind == PROVISION_DIRECTORY;
    if (of_tenant && !known)
        complete_tenant(w, entry);
    if (kind == PROVISION_BOX)
        complete_box_id(w, entry);
    if (kind == PROVISION_DKIM)
        provision_dkim_name(entries_section(&w->wanted, kind), entry, absent, path, &w->errors);
}

static bool knows_user(const json_t *box, const char *name)
{
    const json_t *users = json_object_get(box, "users");
    for (size_t k = 0; k < json_array_size(users); k++)
        if (str_equal(provision_text(json_array_get(users, k), "user"), name))
            return true;
    return str_equal(provision_text(box, "owner"), name);
}

/* A user who goes leaves the boxes' lists. */
static void leave_boxes(struct work *w, const json_t *user)
{
    json_t *boxes = entries_section(&w->wanted, PROVISION_BOX);
    const char *name = provision_text(user, "name");
    for (size_t i = 0; i < json_array_size(boxes); i++) {
        json_t *box = json_array_get(boxes, i);
        if (!same_member(box, user, "tenant") || !knows_user(box, name))
            continue;
        box = entries_own(&w->wanted, PROVISION_BOX, box);
        json_t *users = json_object_get(box, "users");
        if (str_equal(provision_text(box, "owner"), name))
            (void)json_object_set_new(box, "owner", json_string(""));
        for (size_t k = 0; k < json_array_size(users); k++)
            if (str_equal(provision_text(json_array_get(users, k), "user"), name))
                (void)json_array_remove(users, k--);
    }
}

static void overlay_absent(struct work *w, enum provision_kind kind, const json_t *tidy, const char *path)
{
    json_t *entry = entries_find(&w->wanted, kind, tidy);
    if (!entry)
        return;
    if (json_object_get(entry, "@path"))
        provision_error(&w->errors, path, "the same %s stands in this file already, at %s",
                        provision_sections[kind].noun, provision_text(entry, "@path"));
    if (kind == PROVISION_USER)
        leave_boxes(w, entry);
    entries_forget(&w->wanted, kind, entry);
}

/* Each costs about 10 ms in which calls wait. */
static void keep_login(struct work *w, json_t *entry, const char *path)
{
    char place[PROVISION_PATH_LEN];
    bool plain = json_object_get(json_object_get(entry, "password"), "plain") != NULL;
    if (plain && ++w->passwords > PASSWORDS_AT_ONCE) {
        (void)str_format(place, sizeof(place), "%.180s.password", path);
        provision_error(
            &w->errors, place,
            "one file may give %d users a password, for each of them takes time in which calls wait; "
            "put the others into a second file",
            PASSWORDS_AT_ONCE);
        return;
    }
    provision_keep_login(w->keys, entry, entries_find(&w->stored, PROVISION_USER, entry), path, &w->errors);
}

/* Its tenant has it by now, or not at all; NULL as well where the box has none. */
static const json_t *template_of(const struct entries *d, const char *tenant, const char *name)
{
    json_t *like = *name ? json_pack("{s:s, s:s}", "tenant", tenant, "name", name) : NULL;
    const json_t *found = like ? entries_find(d, PROVISION_SETTINGS_TEMPLATE, like) : NULL;
    json_decref(like);
    return found;
}

static void follow_template(struct work *w, json_t *tidy, const json_t *stored, const char *path)
{
    const char *name = provision_text(json_object_get(tidy, "template") ? tidy : stored, "template");
    const json_t *template = template_of(&w->wanted, provision_text(stored ? stored : tidy, "tenant"), name);
    if (template || !*name)
        provision_follow(template, tidy, stored, path, &w->errors);
}

/* Of a domain's keys one signs: the one that the file speaks of. */
static void sign_alone(struct work *w, const json_t *entry, const char *path)
{
    char place[PROVISION_PATH_LEN];
    json_t *keys = entries_section(&w->wanted, PROVISION_DKIM);
    for (size_t i = 0; json_is_true(json_object_get(entry, "active")) && i < json_array_size(keys); i++) {
        json_t *other = json_array_get(keys, i);
        if (other == entry || !same_member(other, entry, "name") ||
            !json_is_true(json_object_get(other, "active")))
            continue;
        (void)str_format(place, sizeof(place), "%.180s.active", path);
        if (json_object_get(other, "@path"))
            provision_error(&w->errors, place, "one key of a domain signs, and \"%.64s\" is to, at %s",
                            provision_text(other, "selector"), provision_text(other, "@path"));
        else
            (void)json_object_set_new(entries_own(&w->wanted, PROVISION_DKIM, other), "active", json_false());
    }
}

static void overlay_present(struct work *w, enum provision_kind kind, json_t *tidy, const char *path)
{
    json_t *entry = entries_find(&w->wanted, kind, tidy);
    if (entry && json_object_get(entry, "@path")) {
        provision_error(&w->errors, path, "the same %s stands in this file already, at %s",
                        provision_sections[kind].noun, provision_text(entry, "@path"));
        return;
    }
    if (entry && kind == PROVISION_BOX && json_object_get(tidy, "tenant") &&
        !same_member(entry, tidy, "tenant")) {
        char place[PROVISION_PATH_LEN];
        (void)str_format(place, sizeof(place), "%.180s.tenant", path);
        provision_error(&w->errors, place, "the faxbox belongs to tenant \"%s\" and stays there",
                        provision_text(entry, "tenant"));
        return;
    }
    if (kind == PROVISION_BOX)
        follow_template(w, tidy, entry, path);
    if (kind == PROVISION_DKIM)
        provision_dkim_prepare(entries_section(&w->wanted, kind), tidy, entry, path, &w->errors);
    if (!entry) {
        provision_complete(kind, tidy, path, &w->errors);
        entries_add(&w->wanted, kind, tidy);
        entry = tidy;
    } else {
        entry = entries_own(&w->wanted, kind, entry);
        (void)json_object_update(entry, tidy);
        if (kind == PROVISION_BOX)
            entries_named(&w->wanted, entry);
    }
    (void)json_object_set_new(entry, "@path", json_string(path));
    if (kind == PROVISION_DKIM)
        sign_alone(w, entry, path);
    if (kind == PROVISION_USER) {
        keep_login(w, entry, path);
        provision_check_certificates(entry, entries_find(&w->stored, kind, entry), path, clock_wall_ms(),
                                     &w->errors);
    } else {
        if (kind == PROVISION_ARCHIVE)
            provision_archive_give_key(entry, path, &w->errors);
        provision_seal(w->store, w->keys->state_dir, kind, entry, entries_find(&w->stored, kind, entry), path,
                       &w->errors);
    }
    if (kind == PROVISION_ARCHIVE)
        provision_archive_keep_place(w->store, entry, entries_find(&w->stored, kind, entry), path,
                                     &w->errors);
    if (kind == PROVISION_BOX) {
        provision_hash_pin(entry, entries_find(&w->stored, kind, entry));
        provision_keep_fax_password(w->keys, entry, entries_find(&w->stored, kind, entry), path, &w->errors);
    }
}

static void overlay_entry(struct work *w, enum provision_kind kind, const json_t *given, const char *path)
{
    char place[PROVISION_PATH_LEN];
    size_t errors = w->errors.count;
    const json_t *absent = json_object_get(given, "absent");
    json_t *tidy = provision_read(kind, given, path, &w->errors);
    if (absent && !json_is_boolean(absent)) {
        (void)str_format(place, sizeof(place), "%.180s.absent", path);
        provision_error(&w->errors, place, "needs true or false");
    }
    if (w->errors.count == errors) {
        complete_key(w, kind, tidy, json_is_true(absent), path);
        if (json_is_true(absent))
            overlay_absent(w, kind, tidy, path);
        else
            overlay_present(w, kind, tidy, path);
    }
    json_decref(tidy);
}

static void overlay_list(struct work *w, enum provision_kind kind, const json_t *list)
{
    char path[PROVISION_PATH_LEN];
    const char *name = provision_sections[kind].name;
    if (!json_is_array(list)) {
        provision_error(&w->errors, name, "needs a list of objects: [{...}, ...]");
        return;
    }
    /* What goes makes room for what comes. */
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *entry = json_array_get(list, i);
            (void)str_format(path, sizeof(path), "%s[%zu]", name, i);
            if (json_is_true(json_object_get(entry, "absent")) == (round == 0))
                overlay_entry(w, kind, entry, path);
        }
}

/* The two sections of which there is one each. */
static void overlay_single(struct work *w, enum provision_kind kind, const json_t *given)
{
    const char *name = provision_sections[kind].name;
    size_t errors = w->errors.count;
    json_t *tidy = provision_read(kind, given, name, &w->errors);
    if (w->errors.count == errors && json_is_true(json_object_get(given, "absent"))) {
        if (kind == PROVISION_INSTALLATION)
            provision_error(&w->errors, name, "the installation itself cannot be absent");
        else
            (void)json_object_del(w->wanted.whole, name);
    } else if (w->errors.count == errors) {
        if (entries_section(&w->wanted, kind))
            (void)json_object_update_missing(tidy, entries_section(&w->wanted, kind));
        provision_complete(kind, tidy, name, &w->errors);
        if (kind == PROVISION_MAIL_SERVER)
            provision_seal(w->store, w->keys->state_dir, kind, tidy, entries_section(&w->stored, kind), name,
                           &w->errors);
        (void)json_object_set(w->wanted.whole, name, tidy);
    }
    json_decref(tidy);
}

static void overlay(struct work *w, const json_t *file)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)file, name, value)
    {
        bool known = false;
        for (int kind = 0; kind < PROVISION_KINDS; kind++)
            known = known || str_equal(name, provision_sections[kind].name);
        if (!known)
            provision_error(
                &w->errors, name,
                "there is no such section; there are installation, tenants, users, faxboxes, "
                "settings_templates, trunks, mail_server, mail_servers, mailboxes, mail_templates, "
                "webhooks, dkim, identity_providers, directories and archive_places");
    }
    for (int kind = 0; kind < PROVISION_KINDS; kind++) {
        const json_t *given = json_object_get(file, provision_sections[kind].name);
        if (given && provision_sections[kind].list)
            overlay_list(w, (enum provision_kind)kind, given);
        else if (given)
            overlay_single(w, (enum provision_kind)kind, given);
    }
}

static bool has_template(const json_t *box, const json_t *template)
{
    return str_equal(provision_text(box, "template"), provision_text(template, "name")) &&
           same_member(box, template, "tenant");
}

/* Boxes that the file does not speak of. */
static void follow_changes(struct work *w, const json_t *template, const json_t *changes)
{
    json_t *boxes = entries_section(&w->wanted, PROVISION_BOX);
    for (size_t i = 0; i < json_array_size(boxes); i++) {
        json_t *box = json_array_get(boxes, i);
        bool follows = has_template(box, template) && !json_object_get(box, "@path");
        json_t *now = follows ? provision_followed(changes, box) : NULL;
        if (!now)
            continue;
        if (entries_find(&w->stored, PROVISION_BOX, box) == box)
            (void)json_object_set_new(now, "@follows", json_true());
        entries_set(&w->wanted, PROVISION_BOX, i, now);
    }
}

static void follow_changed_templates(struct work *w)
{
    size_t i;
    json_t *template;
    json_array_foreach(entries_section(&w->wanted, PROVISION_SETTINGS_TEMPLATE), i, template)
    {
        const json_t *stored = entries_find(&w->stored, PROVISION_SETTINGS_TEMPLATE, template);
        if (!stored || stored == template)
            continue;
        json_t *changes = provision_template_changes(template, stored);
        if (json_object_size(changes) > 0)
            follow_changes(w, template, changes);
        json_decref(changes);
    }
}

/* ---- what differs ---- */

static void note_change(struct work *w, enum provision_kind kind, const json_t *entry, const char *what)
{
    const char *name = provision_text(entry, kind == PROVISION_BOX    ? "id"
                                             : kind == PROVISION_DKIM ? "selector"
                                                                      : "name");
    w->changed++;
    if (json_array_size(w->changes) < CHANGES_LISTED)
        (void)json_array_append_new(
            w->changes, *name ? json_sprintf("%s \"%s\": %s", provision_sections[kind].noun, name, what)
                              : json_sprintf("%s: %s", provision_sections[kind].noun, what));
}

/* Names of the fields that differ; false where none does. */
static bool differs(enum provision_kind kind, const json_t *a, const json_t *b, struct buf *names)
{
    for (const struct provision_field *f = provision_sections[kind].fields; f->name; f++)
        if (!provision_field_is_made(f) &&
            !provision_same_value(f, json_object_get(a, f->name), json_object_get(b, f->name)))
            (void)buf_printf(names, "%s%s", names->len ? ", " : "", f->name);
    return names->len > 0;
}

enum step { STEP_NOTE, STEP_RELEASE, STEP_WRITE };

/* "; 2 faxboxes follow" */
static void note_followers(const struct work *w, const json_t *template, struct buf *names)
{
    const json_t *boxes = entries_section(&w->wanted, PROVISION_BOX);
    unsigned n = 0;
    for (size_t i = 0; i < json_array_size(boxes); i++) {
        const json_t *box = json_array_get(boxes, i);
        n += json_object_get(box, "@follows") && has_template(box, template);
    }
    if (n > 0)
        (void)buf_printf(names, "; %u %s", n, n == 1 ? "faxbox follows" : "faxboxes follow");
}

/* "; 2 API keys end", where his password is another one. */
static void note_api_keys(const struct work *w, const json_t *wanted, const json_t *stored, struct buf *names)
{
    struct id user;
    if (json_equal(json_object_get(wanted, "password"), json_object_get(stored, "password")) ||
        !id_parse(provision_text(stored, "@id"), &user))
        return;
    unsigned n = api_key_count(w->store, user);
    bool kept = json_is_true(json_object_get(wanted, "keep_api_keys"));
    if (n > 0)
        (void)buf_printf(names, "; %u %s %s", n, n == 1 ? "API key" : "API keys",
                         kept     ? "kept"
                         : n == 1 ? "ends"
                                  : "end");
}

/* wanted or stored may be NULL: dropped or new. */
static void settle_entry(struct work *w, enum provision_kind kind, const json_t *wanted, const json_t *stored,
                         enum step step)
{
    SCOPED_BUF struct buf names;
    buf_init(&names, 1024);
    if (json_object_get(wanted, "@follows")) /* it is written with its template */
        return;
    if (wanted && stored && !differs(kind, stored, wanted, &names))
        return;
    switch (step) {
    case STEP_NOTE:
        if (kind == PROVISION_SETTINGS_TEMPLATE && wanted && stored)
            note_followers(w, wanted, &names);
        if (kind == PROVISION_USER && wanted && stored)
            note_api_keys(w, wanted, stored, &names);
        note_change(w, kind, wanted ? wanted : stored, !stored ? "new" : !wanted ? "gone" : buf_text(&names));
        break;
    case STEP_RELEASE:
        if (stored)
            provision_release(w->store, kind, stored);
        break;
    case STEP_WRITE:
        if (wanted) {
            provision_write(w->store, kind, wanted);
            provision_keep_checks(w->store, kind, wanted, stored);
        }
        break;
    }
}

static void settle(struct work *w, enum step step)
{
    size_t i;
    json_t *entry;
    for (int k = 0; k < PROVISION_KINDS; k++) {
        enum provision_kind kind = (enum provision_kind)k;
        json_t *wanted = entries_section(&w->wanted, kind), *stored = entries_section(&w->stored, kind);
        if (!provision_sections[kind].list) {
            if (wanted || stored)
                settle_entry(w, kind, wanted, stored, step);
            continue;
        }
        json_array_foreach(wanted, i, entry)
        {
            const json_t *before = entries_find(&w->stored, kind, entry);
            if (before != entry) /* touched */
                settle_entry(w, kind, entry, before, step);
        }
        json_array_foreach(stored, i, entry)
        {
            if (!entries_find(&w->wanted, kind, entry))
                settle_entry(w, kind, NULL, entry, step);
        }
    }
}

/* Who refers to others goes first. */
static void drop_gone(struct work *w)
{
    for (int k = PROVISION_KINDS - 1; k > PROVISION_INSTALLATION; k--) {
        enum provision_kind kind = (enum provision_kind)k;
        const json_t *wanted = entries_section(&w->wanted, kind), *stored = entries_section(&w->stored, kind);
        for (size_t i = 0; provision_sections[kind].list && i < json_array_size(stored); i++)
            if (!entries_find(&w->wanted, kind, json_array_get(stored, i)))
                provision_drop(w->store, kind, json_array_get(stored, i));
        if (!provision_sections[kind].list && stored && !wanted)
            provision_drop(w->store, kind, stored);
    }
}

static void check_drops(struct work *w)
{
    char path[PROVISION_PATH_LEN];
    for (int k = PROVISION_TENANT; k < PROVISION_KINDS; k++) {
        enum provision_kind kind = (enum provision_kind)k;
        const json_t *stored = entries_section(&w->stored, kind);
        for (size_t i = 0; i < json_array_size(stored); i++) {
            const json_t *entry = json_array_get(stored, i);
            (void)str_format(path, sizeof(path), "%s", provision_sections[kind].name);
            if (!entries_find(&w->wanted, kind, entry))
                provision_check_drop(w->store, w->wanted.whole, kind, entry, path, &w->errors);
        }
    }
}

/* ---- the operation ---- */

static void write_all(struct work *w)
{
    bool own = !sql_in_transaction(w->store->sql);
    if (own)
        store_begin(w->store);
    settle(w, STEP_RELEASE);
    drop_gone(w);
    settle(w, STEP_WRITE);
    if (own)
        store_commit(w->store);
}

static void append_json(struct buf *to, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    if (!text)
        panic("JSON of our own does not print");
    (void)buf_append_str(to, text);
    free(text);
    json_decref(value);
}

static int run(struct work *w, const json_t *file, bool dry, struct buf *result)
{
    overlay(w, file);
    if (w->errors.count == 0) {
        follow_changed_templates(w);
        provision_check(w->wanted.whole, w->viewer, &w->errors);
        provision_check_quotas(w->wanted.whole, w->stored.whole, &w->errors);
        check_drops(w);
    }
    if (w->errors.count > 0) {
        append_json(result,
                    json_pack("{s:O, s:I}", "errors", w->errors.list, "count", (json_int_t)w->errors.count));
        return 422;
    }
    settle(w, STEP_NOTE);
    if (!dry && w->changed > 0)
        write_all(w);
    append_json(result, json_pack("{s:I, s:b, s:O, s:O}", "changed", (json_int_t)w->changed, "dry", (int)dry,
                                  "changes", w->changes, "warnings", w->errors.warnings));
    return 200;
}

static int refuse(struct buf *result, const char *path, const char *text)
{
    append_json(result, json_pack("{s:[{s:s, s:s}], s:i}", "errors", "path", path, "text", text, "count", 1));
    return 400;
}

int provision_apply(struct store *s, const struct provision_keys *keys, const char *text, bool dry,
                    struct buf *result)
{
    return provision_apply_as(s, keys, NULL, text, dry, result);
}

int provision_apply_as(struct store *s, const struct provision_keys *keys, const char *viewer,
                       const char *text, bool dry, struct buf *result)
{
    json_error_t error;
    char place[64];
    json_t *file = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!file) {
        (void)str_format(place, sizeof(place), "line %d, column %d", error.line, error.column);
        return refuse(result, place, utf8_valid(span_str(error.text)) ? error.text : "is not JSON");
    }
    if (!json_is_object(file)) {
        json_decref(file);
        return refuse(result, "", "needs an object with the sections tenants, users, faxboxes ...");
    }
    struct work w = {.store = s,
                     .keys = keys,
                     .viewer = viewer,
                     .stored = entries_of(provision_load(s)),
                     .errors = {json_array(), 0, json_array()},
                     .changes = json_array()};
    w.wanted = entries_of(entries_shared_copy(w.stored.whole));
    int status = run(&w, file, dry, result);
    entries_drop(&w.stored);
    entries_drop(&w.wanted);
    json_decref(w.errors.list);
    json_decref(w.errors.warnings);
    json_decref(w.changes);
    json_decref(file);
    return status;
}

/* Addresses are shown with the rest, and no part of what is stored (S0.6); ids that the API alone knows are
 * the other way round. */
static void show_addresses(json_t *whole)
{
    static const enum provision_kind with_ids[] = {PROVISION_USER, PROVISION_MAIL_TEMPLATE,
                                                   PROVISION_SETTINGS_TEMPLATE, PROVISION_DKIM};
    const char *domain =
        provision_text(json_object_get(whole, provision_sections[PROVISION_INSTALLATION].name), "fax_domain");
    size_t i;
    json_t *box, *entry;
    for (size_t k = 0; k < ARRAY_LEN(with_ids); k++)
        json_array_foreach(json_object_get(whole, provision_sections[with_ids[k]].name), i, entry)
        {
            (void)json_object_del(entry, "@id");
        }
    json_array_foreach(json_object_get(whole, provision_sections[PROVISION_BOX].name), i, box)
    {
        if (*domain)
            (void)json_object_set_new(box, "smtp_address",
                                      json_sprintf("%s@%s", provision_text(box, "id"), domain));
    }
}

void provision_export(struct store *s, struct buf *to)
{
    json_t *whole = provision_load(s);
    show_addresses(whole);
    char *text = json_dumps(whole, JSON_INDENT(2));
    if (!text)
        panic("JSON of our own does not print");
    (void)buf_append_str(to, text);
    (void)buf_append_byte(to, '\n');
    free(text);
    json_decref(whole);
}
