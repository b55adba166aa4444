/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Provisioning entry by entry, as the API shows and changes it: one mechanism for all kinds. What is not in
 * here - rules of values, what only one may have - is provision_json's.
 *
 * Secrets come in as texts ("" takes one away) and go out as {"set": bool} alone. */
#pragma once

#include <jansson.h>

#include "provision/secrets.h"
#include "store/store.h"

enum { SETTINGS_ETAG_LEN = 40, SETTINGS_KEY_LEN = 200 };

/* resource: "boxes", "settings-templates", "users", "tenants", "mailboxes", "mail-servers", "dkim-keys",
 * "trunks", "installation" (one entry, key ""). tenant: whose entries alone are there; NULL: all. Results are
 * new references. */
json_t *settings_list(struct store *s, const char *resource, const char *tenant) MUST_USE;
/* A page of them: those that `words` stands in - in the name, id, numbers, addresses - in the order of
 * `sort`. after: "", or the `next` of an earlier page; next: "" where there are no more. */
enum settings_sort { SETTINGS_BY_NAME, SETTINGS_BY_ID, SETTINGS_BY_TENANT };
enum { SETTINGS_CURSOR_LEN = 2 * SETTINGS_KEY_LEN };
struct settings_search {
    const char *words;
    struct id template; /* of boxes: that have it; ID_NONE: all */
    enum settings_sort sort;
    bool down;
    const char *after;
    size_t most;
};
json_t *settings_page(struct store *s, const char *resource, const char *tenant,
                      const struct settings_search *q, char next[SETTINGS_CURSOR_LEN]) MUST_USE;
/* NULL: there is none. etag: of the entry with its secrets, quoted. */
json_t *settings_one(struct store *s, const char *resource, const char *tenant, const char *key,
                     char etag[SETTINGS_ETAG_LEN]) MUST_USE;
/* The entry as JSON Schema; the schema's name ("Box"). NULL: there is no such resource. */
json_t *settings_schema(const char *resource, const char **name) MUST_USE;

/* SETTINGS_REPLACE: as SETTINGS_CHANGE, and every field has to be there. */
enum settings_action { SETTINGS_CREATE, SETTINGS_CHANGE, SETTINGS_REMOVE, SETTINGS_REPLACE };

struct settings_wish {
    const char *resource, *key; /* key: not of SETTINGS_CREATE */
    enum settings_action action;
    const char *tenant;   /* as above: whose administrator asks */
    const char *if_match; /* "": none was given; not of SETTINGS_CREATE */
    const char *body;     /* JSON */
};

struct settings_result {
    char tenant[SETTINGS_KEY_LEN]; /* whose entry that is; "": the installation's */
    char key[SETTINGS_KEY_LEN];    /* of a new entry */
    char code[48], detail[400];    /* of a refusal */
    json_t *errors;                /* [{"field", "detail"}], or NULL; the caller's */
    char changes[2000];            /* what was changed, in words and without values */
};

/* Changes the store in the caller's transaction. Returns an HTTP status: 200, 201, 204; 400 no JSON, 403 not
 * his to change, 404, 409 (it is there already; jobs are under way), 412 the entry is another one by now, 422
 * with errors, 428. */
unsigned settings_change(struct store *s, const struct provision_keys *keys, const struct settings_wish *w,
                         struct settings_result *r) MUST_USE;
