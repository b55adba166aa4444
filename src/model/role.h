/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The processes of one node. DESIGN's table of roles, as far as code needs it. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

/* name, Text, account it runs under where the parent is root */
#define ROLES(X)                                                                                             \
    X(PARENT, "parent", ACCOUNT_ROOT)                                                                        \
    X(QUEUE, "queue", ACCOUNT_STATE)                                                                         \
    X(MAILIN, "mailin", ACCOUNT_NET)                                                                         \
    X(PICKUP, "pickup", ACCOUNT_STATE)                                                                       \
    X(CONVERT, "convert", ACCOUNT_STATE)                                                                     \
    X(LINE, "line", ACCOUNT_NET)                                                                             \
    X(CALL, "call", ACCOUNT_NET)                                                                             \
    X(MAILOUT, "mailout", ACCOUNT_NET)                                                                       \
    X(FETCH, "fetch", ACCOUNT_NET)                                                                           \
    X(DIRECTORY, "directory", ACCOUNT_NET)                                                                   \
    X(ARCHIVE, "archive", ACCOUNT_NET)                                                                       \
    X(WEB, "web", ACCOUNT_STATE)

enum account {
    ACCOUNT_ROOT,  /* stays as it was started */
    ACCOUNT_STATE, /* user `faxpost`, owner of the state directory */
    ACCOUNT_NET,   /* user `faxpost-net`, owns nothing */
};

enum role {
#define ROLE_ENUM(name, text, account) ROLE_##name,
    ROLES(ROLE_ENUM)
#undef ROLE_ENUM
        ROLE_COUNT
};

/* Whose secrets are sealed: state/keys has a pair of each name. */
enum { ROLE_KEY_COUNT = 7 };
extern const char *const role_keys[ROLE_KEY_COUNT];

const char *role_name(enum role role);
enum account role_account(enum role role);
/* list: of texts, separated by blanks. */
bool role_is_listed(const char *list, enum role role);
/* The same of a list that names what a server runs: empty is all, queue always is, and call with line. */
bool role_is_wanted(const char *list, enum role role);
bool role_parse(const char *text, enum role *role) MUST_USE;
