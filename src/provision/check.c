/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "provision/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "proto/mail_template.h"
#include "proto/number.h"
#include "provision/archive.h"
#include "provision/box_names.h"
#include "provision/check_shared.h"
#include "provision/identity.h"
#include "provision/mailbox.h"
#include "provision/model.h"
#include "provision/numbers.h"
#include "store/config.h"
#include "store/provision.h"

/* "<kind of thing> <value>" -> who has it. */
struct owners {
    json_t *map;
    struct provision_errors *errors;
    json_t *users;      /* "<tenant>\n<name>" of all */
    json_t *numbers;    /* of boxes (provision_numbers.h) */
    const char *viewer; /* provision_check.h */
};

/* What of that tenant, as whoever reads the errors may know it. */
static void name_owner(const struct owners *o, const char *tenant, char text[PROVISION_TEXT_LEN],
                       const char *format, ...) PRINTF_LIKE(4, 5);
static void name_owner(const struct owners *o, const char *tenant, char text[PROVISION_TEXT_LEN],
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (o->viewer && !str_equal(o->viewer, tenant))
        (void)str_copy(text, PROVISION_TEXT_LEN, "somebody else");
    else
        (void)vsnprintf(text, PROVISION_TEXT_LEN, format, args);
    va_end(args);
}

static bool is_touched(const json_t *entry)
{
    return json_object_get(entry, "@path") != NULL;
}

/* Its place in the file, else its name. */
static const char *path_of(const json_t *entry)
{
    return provision_text(entry, is_touched(entry) ? "@path" : "@place");
}

static void name_places(const json_t *whole, enum provision_kind kind, const char *member)
{
    const char *name = provision_sections[kind].name;
    const json_t *list = json_object_get(whole, name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        (void)json_object_set_new(entry, "@place",
                                  json_sprintf("%s.%s", name, provision_text(entry, member)));
    }
}

static const json_t *section(const json_t *whole, enum provision_kind kind)
{
    return json_object_get(whole, provision_sections[kind].name);
}

static bool has_named(const json_t *list, const char *member, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_equal(provision_text(json_array_get(list, i), member), name))
            return true;
    return false;
}

struct claim {
    const char *what, *value, *rule; /* "address", "a@b", "one address belongs to one user" */
    const char *owner;               /* user "x" */
    const char *path;
};

static void claim(struct owners *o, const struct claim *c)
{
    char key[PROVISION_TEXT_LEN + 64];
    (void)str_format(key, sizeof(key), "%s %s", c->what, c->value);
    str_lower(key);
    const char *owner = json_string_value(json_object_get(o->map, key));
    if (owner)
        provision_error(o->errors, c->path, "the %s %s belongs to %s already; %s", c->what, c->value, owner,
                        c->rule);
    else
        (void)json_object_set_new(o->map, key, json_string(c->owner));
}

/* ---- users ---- */

static void check_smime(const json_t *user, struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN];
    if (str_equal(provision_text(user, "smime"), "off"))
        return;
    (void)str_format(path, sizeof(path), "%s.smime", path_of(user));
    if (json_array_size(json_object_get(user, "smime_certificates")) == 0)
        provision_error(errors, path,
                        "mails cannot be encrypted to somebody without a certificate; import it first: "
                        "faxpost key import %.64s FILE",
                        provision_text(user, "name"));
    if (json_is_true(json_object_get(user, "pgp_encrypt")))
        provision_error(errors, path,
                        "is set beside pgp_encrypt; a mail is encrypted in one way: choose one of them");
}

/* What a provider or a directory calls him. */
static void claim_identity(const json_t *user, const char *field, const char *owner, struct owners *o)
{
    char path[PROVISION_PATH_LEN];
    const char *value = provision_text(user, field);
    (void)str_format(path, sizeof(path), "%s.%s", path_of(user), field);
    if (*value)
        claim(
            o,
            &(struct claim){
                .what = field, .value = value, .rule = "nobody is two users", .owner = owner, .path = path});
}

static void check_user(const json_t *whole, const json_t *user, struct owners *o)
{
    char owner[PROVISION_TEXT_LEN], path[PROVISION_PATH_LEN];
    const char *tenant = provision_text(user, "tenant");
    if (!has_named(section(whole, PROVISION_TENANT), "name", tenant)) {
        (void)str_format(path, sizeof(path), "%s.tenant", path_of(user));
        provision_error(o->errors, path, "there is no tenant \"%.64s\"", tenant);
    }
    if (json_is_true(json_object_get(user, "pgp_encrypt")) &&
        json_array_size(json_object_get(user, "pgp_keys")) == 0) {
        (void)str_format(path, sizeof(path), "%s.pgp_encrypt", path_of(user));
        provision_error(o->errors, path,
                        "mails cannot be encrypted to somebody without a PGP key; import it first: "
                        "faxpost key import %.64s FILE",
                        provision_text(user, "name"));
    }
    check_smime(user, o->errors);
    name_owner(o, tenant, owner, "user \"%s\" of tenant \"%s\"", provision_text(user, "name"), tenant);
    const json_t *addresses = json_object_get(user, "addresses");
    for (size_t i = 0; i < json_array_size(addresses); i++) {
        (void)str_format(path, sizeof(path), "%s.addresses[%zu]", path_of(user), i);
        claim(o, &(struct claim){.what = "address",
                                 .value = json_string_value(json_array_get(addresses, i)),
                                 .rule = "one address belongs to one user",
                                 .owner = owner,
                                 .path = path});
    }
    claim_identity(user, "provider_id", owner, o);
    claim_identity(user, "directory_id", owner, o);
}

/* ---- faxboxes ---- */

static void key_of_user(const char *tenant, const char *name, char key[2 * PROVISION_TEXT_LEN])
{
    (void)str_format(key, 2 * PROVISION_TEXT_LEN, "%s\n%s", tenant, name);
}

static json_t *keys_of_users(const json_t *whole)
{
    char key[2 * PROVISION_TEXT_LEN];
    json_t *keys = json_object(), *user;
    size_t i;
    json_array_foreach(section(whole, PROVISION_USER), i, user)
    {
        key_of_user(provision_text(user, "tenant"), provision_text(user, "name"), key);
        (void)json_object_set(keys, key, user);
    }
    return keys;
}

static bool user_exists(const struct owners *o, const char *tenant, const char *name)
{
    char key[2 * PROVISION_TEXT_LEN];
    key_of_user(tenant, name, key);
    return json_object_get(o->users, key) != NULL;
}

/* A list of rights names nobody twice. */
static void check_twice(const json_t *box, const char *member, const char *key,
                        struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN];
    const json_t *list = json_object_get(box, member);
    for (size_t i = 0; i < json_array_size(list); i++)
        for (size_t k = 0; k < i; k++) {
            const char *name = provision_text(json_array_get(list, i), key);
            const char *other = provision_text(json_array_get(list, k), key);
            /* Addresses that differ in case alone are one to most boxes, and two to none that can be told
             * apart. */
            if (!(str_equal(key, "entry") ? str_equal_nocase(name, other) : str_equal(name, other)))
                continue;
            (void)str_format(path, sizeof(path), "%s.%s[%zu].%s", path_of(box), member, i, key);
            provision_error(errors, path, "\"%.100s\" stands in this list already; leave one of the two out",
                            name);
        }
}

static void check_box_users(const struct owners *o, const json_t *box)
{
    char path[PROVISION_PATH_LEN];
    const char *tenant = provision_text(box, "tenant");
    const json_t *users = json_object_get(box, "users");
    for (size_t i = 0; i < json_array_size(users); i++) {
        const char *name = provision_text(json_array_get(users, i), "user");
        (void)str_format(path, sizeof(path), "%s.users[%zu].user", path_of(box), i);
        if (!user_exists(o, tenant, name))
            provision_error(o->errors, path, "there is no user \"%.64s\" in tenant \"%.64s\"", name, tenant);
    }
}

/* S0.1 */
static void check_box_owner(const json_t *box, struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN];
    const char *owner = provision_text(box, "owner");
    const json_t *users = json_object_get(box, "users");
    for (size_t i = 0; i < json_array_size(users); i++) {
        const json_t *u = json_array_get(users, i);
        if (str_equal(provision_text(u, "user"), owner) && json_is_true(json_object_get(u, "send")) &&
            json_is_true(json_object_get(u, "receive")))
            return;
    }
    if (!*owner)
        return;
    (void)str_format(path, sizeof(path), "%s.owner", path_of(box));
    provision_error(
        errors, path,
        "\"%.64s\" is no user of this box with both permissions; give them, or name another owner", owner);
}

static void claim_numbers(const json_t *box, const char *owner, struct owners *o)
{
    char path[PROVISION_PATH_LEN];
    struct claim c = {.what = "number", .rule = "a number leads to one box", .owner = owner, .path = path};
    const json_t *numbers = json_object_get(box, "numbers");
    c.value = provision_text(box, "extension");
    (void)str_format(path, sizeof(path), "%s.extension", path_of(box));
    if (*c.value) {
        claim(o, &c);
        provision_check_number(o->numbers, c.value, owner, path, o->errors);
    }
    for (size_t i = 0; i < json_array_size(numbers); i++) {
        (void)str_format(path, sizeof(path), "%s.numbers[%zu]", path_of(box), i);
        c.value = json_string_value(json_array_get(numbers, i));
        claim(o, &c);
        provision_check_number(o->numbers, c.value, owner, path, o->errors);
    }
}

static void claim_subaddress(const json_t *box, const char *owner, struct owners *o)
{
    char path[PROVISION_PATH_LEN], of_tenant[PROVISION_TEXT_LEN];
    const char *subaddress = provision_text(box, "subaddress");
    if (!*subaddress)
        return;
    (void)str_format(path, sizeof(path), "%s.subaddress", path_of(box));
    (void)str_format(of_tenant, sizeof(of_tenant), "%.20s of tenant %.64s", subaddress,
                     provision_text(box, "tenant"));
    claim(o, &(struct claim){.what = "subaddress",
                             .value = of_tenant,
                             .rule = "it leads to one box",
                             .owner = owner,
                             .path = path});
}

static void claim_custom_address(const json_t *whole, const json_t *box, const char *owner, struct owners *o)
{
    char path[PROVISION_PATH_LEN];
    const char *custom = provision_text(box, "custom_address");
    const char *ours = provision_text(section(whole, PROVISION_INSTALLATION), "fax_domain");
    const char *at = strrchr(custom, '@');
    const char *domain = at ? at + 1 : custom;
    if (!*custom)
        return;
    (void)str_format(path, sizeof(path), "%s.custom_address", path_of(box));
    size_t n = strlen(domain), m = strlen(ours);
    if (m &&
        (str_equal(domain, ours) || (n > m && domain[n - m - 1] == '.' && str_ends_nocase(domain, ours))))
        provision_error(o->errors, path,
                        "%.100s lies in the fax domain %.100s, where the system makes the addresses; "
                        "needs an address or a domain of your own",
                        custom, ours);
    claim(o, &(struct claim){.what = "custom address",
                             .value = custom,
                             .rule = "boxes may not share one",
                             .owner = owner,
                             .path = path});
}

/* S0.6: as the system makes it, or not at all. */
static void check_smtp_address(const json_t *whole, const json_t *box, struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN], made[PROVISION_TEXT_LEN];
    const char *given = json_string_value(json_object_get(box, "smtp_address"));
    (void)str_format(made, sizeof(made), "%s@%s", provision_text(box, "id"),
                     provision_text(section(whole, PROVISION_INSTALLATION), "fax_domain"));
    if (!is_touched(box) || !given || str_equal(given, made))
        return;
    (void)str_format(path, sizeof(path), "%s.smtp_address", path_of(box));
    provision_error(
        errors, path,
        "is made by the system (%s) and cannot be set; leave it out, and give the box a custom_address "
        "for one of your own",
        made);
}

static void check_pin(const json_t *box, struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN];
    if (!str_starts(provision_text(box, "authentication"), "pin") ||
        json_is_object(json_object_get(box, "pin")))
        return;
    (void)str_format(path, sizeof(path), "%s.pin", path_of(box));
    provision_error(errors, path, "is missing; a box with the authentication \"pin\" needs one");
}

/* Nobody could ask such a box for anything. */
static void check_encryption(const json_t *whole, const json_t *box, struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN];
    const json_t *tenants = section(whole, PROVISION_TENANT);
    const char *tenant = provision_text(box, "tenant");
    for (size_t i = 0; i < json_array_size(tenants); i++) {
        const json_t *t = json_array_get(tenants, i);
        if (!json_is_true(json_object_get(box, "require_encryption")) ||
            !str_equal(provision_text(t, "name"), tenant) || json_is_object(json_object_get(t, "pgp_key")))
            continue;
        (void)str_format(path, sizeof(path), "%s.require_encryption", path_of(box));
        provision_error(
            errors, path,
            "tenant \"%.64s\" has no PGP key that mails could be encrypted to; make it first: faxpost key "
            "make %.64s",
            tenant, tenant);
    }
}

/* Its own tenant's, and there (S2.4). */
static void check_box_mailbox(const json_t *whole, const json_t *box, struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN];
    const char *name = provision_text(box, "mailbox");
    const json_t *list = section(whole, PROVISION_MAILBOX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *m = json_array_get(list, i);
        if (str_equal(provision_text(m, "name"), name) &&
            str_equal(provision_text(m, "tenant"), provision_text(box, "tenant")))
            return;
    }
    if (!*name)
        return;
    (void)str_format(path, sizeof(path), "%s.mailbox", path_of(box));
    provision_error(errors, path, "there is no mailbox \"%.64s\" of tenant \"%.64s\"", name,
                    provision_text(box, "tenant"));
}

static void check_mailbox(const json_t *whole, const json_t *mailbox, struct owners *o)
{
    char owner[PROVISION_TEXT_LEN], path[PROVISION_PATH_LEN];
    const char *tenant = provision_text(mailbox, "tenant");
    if (!has_named(section(whole, PROVISION_TENANT), "name", tenant)) {
        (void)str_format(path, sizeof(path), "%s.tenant", path_of(mailbox));
        provision_error(o->errors, path, "there is no tenant \"%.64s\"", tenant);
    }
    name_owner(o, tenant, owner, "mailbox \"%s\"", provision_text(mailbox, "name"));
    (void)str_format(path, sizeof(path), "%s.address", path_of(mailbox));
    claim(o, &(struct claim){.what = "mailbox address",
                             .value = provision_text(mailbox, "address"),
                             .rule = "it is polled once",
                             .owner = owner,
                             .path = path});
    provision_check_mailbox(mailbox, path_of(mailbox), o->errors);
    if (json_is_true(json_object_get(mailbox, "enabled")) &&
        !has_named(section(whole, PROVISION_BOX), "mailbox", provision_text(mailbox, "name")))
        provision_warning(
            o->errors, path_of(mailbox),
            "no faxbox names this mailbox (its field \"mailbox\"), so every mail in it is taken out "
            "and becomes a dead letter");
}

/* A fax must not be led to nobody's box, nor to another tenant's. */
static void check_code_routes(const json_t *whole, const json_t *tenant, struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN];
    size_t i, n;
    json_t *rule, *box;
    json_array_foreach(json_object_get(tenant, "code_routes"), i, rule)
    {
        const char *id = strrchr(json_string_value(rule), '=') + 1;
        bool found = false;
        json_array_foreach(section(whole, PROVISION_BOX), n, box)
        {
            found = found || (str_equal(provision_text(box, "id"), id) &&
                              str_equal(provision_text(box, "tenant"), provision_text(tenant, "name")));
        }
        (void)str_format(path, sizeof(path), "%s.code_routes", path_of(tenant));
        if (!found)
            provision_error(errors, path, "there is no box \"%.64s\" of this tenant", id);
    }
}

static void check_box(const json_t *whole, const json_t *box, struct owners *o)
{
    char owner[PROVISION_TEXT_LEN], path[PROVISION_PATH_LEN];
    const char *tenant = provision_text(box, "tenant");
    if (!has_named(section(whole, PROVISION_TENANT), "name", tenant)) {
        (void)str_format(path, sizeof(path), "%s.tenant", path_of(box));
        provision_error(o->errors, path, "there is no tenant \"%.64s\"", tenant);
        return;
    }
    name_owner(o, tenant, owner, "faxbox \"%s\"", provision_text(box, "id"));
    check_box_users(o, box);
    check_box_owner(box, o->errors);
    check_box_mailbox(whole, box, o->errors);
    provision_check_shared(whole, PROVISION_BOX, box, path_of(box), o->errors);
    provision_check_box_names(whole, PROVISION_BOX, box, path_of(box), is_touched(box), o->errors);
    if (is_touched(box))
        provision_check_template(whole, box, path_of(box), o->errors);
    check_twice(box, "users", "user", o->errors);
    check_twice(box, "permissions", "entry", o->errors);
    check_smtp_address(whole, box, o->errors);
    check_pin(box, o->errors);
    check_encryption(whole, box, o->errors);
    claim_numbers(box, owner, o);
    claim_subaddress(box, owner, o);
    claim_custom_address(whole, box, owner, o);
}

/* ---- mail templates ---- */

static void check_template(const json_t *whole, const json_t *entry, struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN];
    struct mail_template_error e;
    enum mail_template_kind kind;
    const char *tenant = provision_text(entry, "tenant");
    if (!has_named(section(whole, PROVISION_TENANT), "name", tenant)) {
        (void)str_format(path, sizeof(path), "%s.tenant", path_of(entry));
        provision_error(errors, path, "there is no tenant \"%.64s\"", tenant);
    }
    (void)str_format(path, sizeof(path), "%s.text", path_of(entry));
    if (mail_template_kind_parse(provision_text(entry, "name"), &kind) &&
        !mail_template_check(kind, provision_text(entry, "text"), &e))
        provision_error(errors, path, "line %u: %s", e.line, e.text);
}

/* Sections of which each entry is known by its name, and of a tenant that there has to be. */
static void check_named(const json_t *whole, enum provision_kind kind, struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN];
    size_t i;
    json_t *entry;
    name_places(whole, kind, "name");
    json_array_foreach(section(whole, kind), i, entry)
    {
        const char *tenant = provision_text(entry, "tenant");
        bool everybodys = (kind == PROVISION_PROVIDER || kind == PROVISION_ARCHIVE) && !*tenant;
        if (!is_touched(entry))
            continue;
        if (kind == PROVISION_ARCHIVE)
            provision_check_archive(entry, path_of(entry), errors);
        else if (kind == PROVISION_PROVIDER || kind == PROVISION_DIRECTORY)
            provision_check_identity(kind, entry, path_of(entry), errors);
        if (everybodys || has_named(section(whole, PROVISION_TENANT), "name", tenant))
            continue;
        (void)str_format(path, sizeof(path), "%s.tenant", path_of(entry));
        provision_error(errors, path, "there is no tenant \"%.64s\"", tenant);
    }
}

/* All: what one of them names may be what goes now. */
static void check_settings_templates(const json_t *whole, struct provision_errors *errors)
{
    size_t i;
    json_t *entry;
    check_named(whole, PROVISION_SETTINGS_TEMPLATE, errors);
    json_array_foreach(section(whole, PROVISION_SETTINGS_TEMPLATE), i, entry)
    {
        provision_check_shared(whole, PROVISION_SETTINGS_TEMPLATE, entry, path_of(entry), errors);
        provision_check_box_names(whole, PROVISION_SETTINGS_TEMPLATE, entry, path_of(entry),
                                  is_touched(entry), errors);
    }
}

/* Those that stay as they are were checked when they came. */
static void check_templates(const json_t *whole, struct provision_errors *errors)
{
    const json_t *list = section(whole, PROVISION_MAIL_TEMPLATE);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (is_touched(json_array_get(list, i)))
            check_template(whole, json_array_get(list, i), errors);
}

/* ---- further mail servers ---- */

static void check_mail_server(const json_t *whole, const json_t *server, struct owners *o)
{
    char owner[PROVISION_TEXT_LEN], path[PROVISION_PATH_LEN];
    const char *tenant = provision_text(server, "tenant"), *name = provision_text(server, "name");
    bool fallback = json_is_true(json_object_get(server, "fallback"));
    (void)str_format(owner, sizeof(owner), "mail server \"%s\"", name);
    (void)str_format(path, sizeof(path), "%s.tenant", path_of(server));
    if (str_equal(name, MAIL_SERVER_MAIN))
        provision_error(o->errors, path_of(server), "\"%s\" is the name of mail_server; needs another one",
                        MAIL_SERVER_MAIN);
    if (*tenant && !has_named(section(whole, PROVISION_TENANT), "name", tenant))
        provision_error(o->errors, path, "there is no tenant \"%.64s\"", tenant);
    if (!*tenant == !fallback)
        provision_error(
            o->errors, path,
            "needs either the tenant whose mails it takes, or fallback = true (everybody's, while "
            "their own is away); everybody's first server is mail_server");
    if (*tenant)
        claim(o, &(struct claim){.what = "mail of tenant",
                                 .value = tenant,
                                 .rule = "a tenant has one server",
                                 .owner = owner,
                                 .path = path});
    else
        claim(o, &(struct claim){.what = "place of the",
                                 .value = "fallback",
                                 .rule = "there is one",
                                 .owner = owner,
                                 .path = path});
}

/* ---- trunks ---- */

static void check_trunk(const json_t *whole, const json_t *trunk, struct provision_errors *errors)
{
    char path[PROVISION_PATH_LEN];
    const char *box = provision_text(trunk, "fallback_box");
    (void)str_format(path, sizeof(path), "%s.fallback_box", path_of(trunk));
    if (*box && !has_named(section(whole, PROVISION_BOX), "id", box))
        provision_error(errors, path, "there is no faxbox \"%.64s\"", box);
    if (*provision_text(trunk, "self_test_hours") && !*provision_text(trunk, "self_test_number")) {
        (void)str_format(path, sizeof(path), "%s.self_test_hours", path_of(trunk));
        provision_error(errors, path, "needs self_test_number: a number that leads back to this server");
    }
    if (number_is_emergency(provision_text(trunk, "self_test_number"))) {
        (void)str_format(path, sizeof(path), "%s.self_test_number", path_of(trunk));
        provision_error(errors, path, "is an emergency number");
    }
    if (!json_is_true(json_object_get(trunk, "register")) || *provision_text(trunk, "username"))
        return;
    (void)str_format(path, sizeof(path), "%s.username", path_of(trunk));
    provision_error(errors, path, "is empty, but the trunk registers; needs the user name of the account");
}

/* ---- all ---- */

void provision_check(const json_t *whole, const char *viewer, struct provision_errors *errors)
{
    struct owners o = {json_object(), errors, keys_of_users(whole), json_array(), viewer};
    name_places(whole, PROVISION_USER, "name");
    name_places(whole, PROVISION_BOX, "id");
    name_places(whole, PROVISION_MAILBOX, "name");
    name_places(whole, PROVISION_TRUNK, "name");
    name_places(whole, PROVISION_MAIL_SERVERS, "name");
    /* What the file does not touch has first claim. */
    for (int touched = 0; touched <= 1; touched++) {
        size_t i;
        json_t *entry;
        json_array_foreach(section(whole, PROVISION_USER), i, entry)
        {
            if (is_touched(entry) == (touched != 0))
                check_user(whole, entry, &o);
        }
        json_array_foreach(section(whole, PROVISION_BOX), i, entry)
        {
            if (is_touched(entry) == (touched != 0))
                check_box(whole, entry, &o);
        }
        json_array_foreach(section(whole, PROVISION_MAILBOX), i, entry)
        {
            if (is_touched(entry) == (touched != 0))
                check_mailbox(whole, entry, &o);
        }
        json_array_foreach(section(whole, PROVISION_MAIL_SERVERS), i, entry)
        {
            if (is_touched(entry) == (touched != 0))
                check_mail_server(whole, entry, &o);
        }
    }
    check_templates(whole, errors);
    check_settings_templates(whole, errors);
    check_named(whole, PROVISION_WEBHOOK, errors);
    check_named(whole, PROVISION_PROVIDER, errors);
    check_named(whole, PROVISION_DIRECTORY, errors);
    check_named(whole, PROVISION_ARCHIVE, errors);
    size_t n;
    json_t *tenant;
    json_array_foreach(section(whole, PROVISION_TENANT), n, tenant)
    {
        check_code_routes(whole, tenant, errors);
    }
    json_t *trunk;
    json_array_foreach(section(whole, PROVISION_TRUNK), n, trunk)
    {
        check_trunk(whole, trunk, errors);
    }
    json_decref(o.map);
    json_decref(o.users);
    json_decref(o.numbers);
}

static size_t count_of_tenant(const json_t *list, const char *tenant)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        n += str_equal(provision_text(json_array_get(list, i), "tenant"), tenant) ? 1 : 0;
    return n;
}

/* An installation that has more keeps them. */
static void check_trunk_count(const json_t *whole, const json_t *stored, struct provision_errors *errors)
{
    size_t i, n = json_array_size(section(whole, PROVISION_TRUNK));
    const char *path = provision_sections[PROVISION_TRUNK].name;
    json_t *trunk;
    if (n <= TRUNKS_MAX || n <= json_array_size(section(stored, PROVISION_TRUNK)))
        return;
    json_array_foreach(section(whole, PROVISION_TRUNK), i, trunk)
    {
        if (is_touched(trunk))
            path = path_of(trunk);
    }
    provision_error(errors, path,
                    "there would be %zu trunks, and one server uses %d; delete one that is not used", n,
                    TRUNKS_MAX);
}

/* A tenant that has more than it may have by now keeps them, and gets no further one. */
void provision_check_quotas(const json_t *whole, const json_t *stored, struct provision_errors *errors)
{
    size_t i, k;
    json_t *tenant, *box;
    check_trunk_count(whole, stored, errors);
    json_array_foreach(section(whole, PROVISION_TENANT), i, tenant)
    {
        const char *name = provision_text(tenant, "name");
        size_t most = (size_t)json_integer_value(json_object_get(tenant, "boxes_most"));
        size_t wanted = most > 0 ? count_of_tenant(section(whole, PROVISION_BOX), name) : 0;
        size_t has = wanted > most ? count_of_tenant(section(stored, PROVISION_BOX), name) : wanted;
        const char *path = "faxboxes";
        json_array_foreach(section(whole, PROVISION_BOX), k, box)
        {
            if (is_touched(box) && str_equal(provision_text(box, "tenant"), name))
                path = path_of(box);
        }
        if (wanted > has)
            provision_error(
                errors, path,
                "the tenant \"%s\" has %zu faxboxes and may have %zu; delete one that is not used, or ask an "
                "administrator of the installation for more",
                name, has, most);
    }
}

void provision_check_drop(struct store *s, const json_t *whole, enum provision_kind kind, const json_t *entry,
                          const char *path, struct provision_errors *errors)
{
    const char *name = provision_text(entry, "name");
    if (kind == PROVISION_TENANT) {
        size_t boxes = count_of_tenant(section(whole, PROVISION_BOX), name);
        size_t users = count_of_tenant(section(whole, PROVISION_USER), name);
        size_t mailboxes = count_of_tenant(section(whole, PROVISION_MAILBOX), name);
        size_t servers = count_of_tenant(section(whole, PROVISION_MAIL_SERVERS), name);
        if (servers > 0)
            provision_error(errors, path,
                            "tenant \"%s\" still has a mail server; make it absent in the same file", name);
        if (boxes + users + mailboxes > 0)
            provision_error(errors, path,
                            "tenant \"%s\" still has %zu boxes, %zu users and %zu mailboxes; make them "
                            "absent in the same file",
                            name, boxes, users, mailboxes);
    }
    if (kind == PROVISION_SETTINGS_TEMPLATE)
        provision_check_template_drop(whole, entry, path, errors);
    if (kind == PROVISION_ARCHIVE)
        provision_check_archive_drop(s, name, path, errors);
    unsigned jobs = kind == PROVISION_BOX ? provision_box_jobs(s, provision_text(entry, "id")) : 0;
    if (jobs > 0)
        provision_error(
            errors, path,
            "faxbox \"%s\" has %u faxes that are not finished; wait for them or cancel them first",
            provision_text(entry, "id"), jobs);
}
