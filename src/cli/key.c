/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* faxpost key: the PGP keys of users and tenants. They are provisioning; this is the handy way to it. */
#include <stdio.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "cli/api.h"
#include "cli/apply.h"
#include "cli/command.h"
#include "cli/input.h"
#include "cli/provisioned.h"
#include "proto/pgp_key.h"

/* ---- changing ---- */

/* The user with these keys in that field instead of his; takes the list. */
static int set_keys(struct api *api, const json_t *user, const char *field, json_t *keys)
{
    json_t *file = json_pack("{s:[{s:O, s:O, s:o}]}", "users", "tenant", json_object_get(user, "tenant"),
                             "name", json_object_get(user, "name"), field, keys);
    SCOPED_FREE char *text = json_dumps(file, 0);
    json_decref(file);
    if (!text)
        return complain_and(EXIT_DATA, "the key is no text");
    return apply_text(api, span_str(text), &(struct apply_opts){.name = ""});
}

/* A key that is there already is brought up to date. */
static json_t *with_key(const json_t *user, const char *text, const struct pgp_key *k)
{
    const json_t *old = json_object_get(user, "pgp_keys");
    json_t *keys = json_array();
    for (size_t i = 0; i < json_array_size(old); i++)
        if (!pgp_key_is(k, json_text(json_array_get(old, i), "fingerprint")))
            (void)json_array_append(keys, json_array_get(old, i));
    (void)json_array_append_new(keys, json_pack("{s:s}", "key", text));
    return keys;
}

/* The server looks at it; the new one comes first, and what is known already is not added again. */
static int import_certificate(struct api *api, const json_t *user, const char *text)
{
    const json_t *old = json_object_get(user, "smime_certificates");
    json_t *list = json_pack("[{s:s}]", "certificate", text);
    for (size_t i = 0; i < json_array_size(old); i++)
        if (!str_equal(json_text(json_array_get(old, i), "certificate"), text))
            (void)json_array_append(list, json_array_get(old, i));
    return set_keys(api, user, "smime_certificates", list);
}

static int import(struct api *api, const json_t *whole, const struct arguments *a)
{
    const json_t *user;
    struct pgp_key k;
    struct complaint why;
    SCOPED_BUF struct buf text;
    buf_init(&text, 1 << 20);
    int status = provisioned_user(whole, a->operands[1], NULL, &user);
    if (status == EXIT_DONE)
        status = input_read(a->operands[2], &text);
    if (status != EXIT_DONE)
        return status;
    if (strstr(buf_text(&text), "-----BEGIN CERTIFICATE-----"))
        return import_certificate(api, user, buf_text(&text));
    if (!pgp_key_read(buf_text(&text), &k, &why))
        return complain_and(EXIT_DATA, "%s: %s", a->operands[2], why.text);
    status = set_keys(api, user, "pgp_keys", with_key(user, buf_text(&text), &k));
    if (status == EXIT_DONE)
        (void)printf("%s: %s\n", k.fingerprints[0], k.names[0]);
    return status;
}

static const char *const key_fields[] = {"pgp_keys", "smime_certificates"};

static int remove_key(struct api *api, const json_t *whole, const struct arguments *a)
{
    const json_t *user;
    int status = provisioned_user(whole, a->operands[1], NULL, &user);
    if (status != EXIT_DONE)
        return status;
    for (size_t f = 0; f < ARRAY_LEN(key_fields); f++) {
        const json_t *old = json_object_get(user, key_fields[f]);
        json_t *keys = json_array();
        for (size_t i = 0; i < json_array_size(old); i++)
            if (!str_equal_nocase(json_text(json_array_get(old, i), "fingerprint"), a->operands[2]))
                (void)json_array_append(keys, json_array_get(old, i));
        if (json_array_size(keys) < json_array_size(old))
            return set_keys(api, user, key_fields[f], keys);
        json_decref(keys);
    }
    return complain_and(EXIT_USAGE, "%.64s has no key with that fingerprint; `faxpost key list` shows them",
                        a->operands[1]);
}

/* ---- showing ---- */

static void print_key(const char *tenant, const char *user, const json_t *key)
{
    const json_t *names = json_object_get(key, "names");
    (void)printf("%s  %s%s%s\n", json_text(key, "fingerprint"), tenant, *user ? "/" : "", user);
    for (size_t i = 0; i < json_array_size(names); i++)
        (void)printf("    %s\n", json_string_value(json_array_get(names, i)));
    if (*json_text(key, "certificate"))
        (void)printf("    %s, S/MIME, until %s\n", json_text(key, "name"), json_text(key, "expires"));
}

static int list(struct api *api, const json_t *whole, const struct arguments *a)
{
    const json_t *tenants = json_object_get(whole, "tenants"), *users = json_object_get(whole, "users");
    size_t shown = 0;
    for (size_t i = 0; i < json_array_size(tenants); i++) {
        const json_t *t = json_array_get(tenants, i), *key = json_object_get(t, "pgp_key");
        if (json_is_object(key))
            print_key(json_text(t, "name"), "", key);
        shown += json_is_object(key);
    }
    for (size_t i = 0; i < json_array_size(users); i++) {
        const json_t *u = json_array_get(users, i);
        for (size_t f = 0; f < ARRAY_LEN(key_fields); f++) {
            const json_t *keys = json_object_get(u, key_fields[f]);
            for (size_t k = 0; k < json_array_size(keys); k++)
                print_key(json_text(u, "tenant"), json_text(u, "name"), json_array_get(keys, k));
            shown += json_array_size(keys);
        }
    }
    if (shown == 0)
        (void)printf("There are no keys and no certificates.\n");
    return EXIT_DONE;
}

static int show(struct api *api, const json_t *whole, const struct arguments *a)
{
    const json_t *tenant;
    int status = provisioned_tenant(whole, a->operand_count > 1 ? a->operands[1] : NULL, &tenant);
    if (status != EXIT_DONE)
        return status;
    const char *text = json_text(json_object_get(tenant, "pgp_key"), "key");
    if (!*text)
        return complain_and(EXIT_DATA, "tenant \"%.64s\" has no PGP key; `faxpost key make` makes one",
                            json_text(tenant, "name"));
    (void)fputs(text, stdout);
    return EXIT_DONE;
}

static int make(struct api *api, const json_t *whole, const struct arguments *a)
{
    const json_t *tenant;
    SCOPED_ANSWER struct api_answer answer = {0};
    SCOPED_BUF struct buf path;
    buf_init(&path, 4096);
    int status = provisioned_tenant(whole, a->operand_count > 1 ? a->operands[1] : NULL, &tenant);
    if (status != EXIT_DONE)
        return status;
    (void)buf_append_str(&path, "keys?tenant=");
    api_append_escaped(&path, json_text(tenant, "name"));
    (void)buf_append_str(&path, argument(a, "replace") ? "&replace=1" : "");
    api_post(api, buf_text(&path), "text/plain", span_of("", 0), &answer);
    status = api_check(api, &answer);
    if (status == EXIT_DONE)
        (void)printf("%s\n`faxpost key show` prints the public key for those who send.\n",
                     json_text(answer.body, "fingerprint"));
    return status;
}

static const struct {
    const char *name;
    size_t least, most; /* operands behind it */
    int (*run)(struct api *api, const json_t *whole, const struct arguments *a);
} verbs[] = {
    {"import", 2, 2, import}, {"remove", 2, 2, remove_key}, {"list", 0, 0, list},
    {"show", 0, 1, show},     {"make", 0, 1, make},
};

int run_key(const struct arguments *a)
{
    struct api api;
    SCOPED_ANSWER struct api_answer whole = {0};
    size_t v = 0, behind = a->operand_count - 1;
    while (v < ARRAY_LEN(verbs) && !str_equal(verbs[v].name, a->operands[0]))
        v++;
    if (v == ARRAY_LEN(verbs) || behind < verbs[v].least || behind > verbs[v].most)
        return complain_and(
            EXIT_USAGE,
            "it is one of: key import USER FILE, key remove USER FINGERPRINT, key list, key make [TENANT], "
            "key show [TENANT]");
    int status = api_open(&api, a);
    if (status != EXIT_DONE)
        return status;
    api_get(&api, "provisioning", &whole);
    status = api_check(&api, &whole);
    if (status == EXIT_DONE)
        status = verbs[v].run(&api, whole.body, a);
    api_close(&api);
    return status;
}
