/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/role.h"

#include <string.h>

#include "base/str.h"

static const struct {
    const char *name;
    enum account account;
} roles[] = {
#define ROLE_ROW(name, text, account) [ROLE_##name] = {text, account},
    ROLES(ROLE_ROW)
#undef ROLE_ROW
};

const char *const role_keys[ROLE_KEY_COUNT] = {"queue", "line",      "mailout", "fetch",
                                               "pgp",   "directory", "archive"};

const char *role_name(enum role role)
{
    return roles[role].name;
}

enum account role_account(enum role role)
{
    return roles[role].account;
}

bool role_is_listed(const char *list, enum role role)
{
    size_t len = strlen(roles[role].name);
    for (const char *at = list; *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == len && memcmp(at, roles[role].name, len) == 0)
            return true;
        at += word;
    }
    return false;
}

bool role_is_wanted(const char *list, enum role role)
{
    return !*list || role == ROLE_PARENT || role == ROLE_QUEUE ||
           role_is_listed(list, role == ROLE_CALL ? ROLE_LINE : role);
}

bool role_parse(const char *text, enum role *role)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (str_equal(text, roles[r].name)) {
            *role = (enum role)r;
            return true;
        }
    }
    return false;
}
