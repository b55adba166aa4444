/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/role.h"

#include "base/str.h"

static const struct {
    const char *name;
    enum account account;
} roles[] = {
#define ROLE_ROW(name, text, account) [ROLE_##name] = {text, account},
    ROLES(ROLE_ROW)
#undef ROLE_ROW
};

const char *role_name(enum role role)
{
    return roles[role].name;
}

enum account role_account(enum role role)
{
    return roles[role].account;
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
