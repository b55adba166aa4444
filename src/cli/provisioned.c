/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/provisioned.h"

#include <string.h>

#include "base/str.h"
#include "cli/command.h"

static bool has_address(const json_t *user, const char *address)
{
    const json_t *list = json_object_get(user, "addresses");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));
        if (one && str_equal_nocase(one, address))
            return true;
    }
    return false;
}

static bool is_named(const json_t *user, const char *name)
{
    const char *own = json_text(user, "name"), *tenant = json_text(user, "tenant");
    size_t n = strlen(tenant);
    bool whole = strncmp(name, tenant, n) == 0 && name[n] == '/' && str_equal(name + n + 1, own);
    return whole || str_equal(own, name) || has_address(user, name);
}

int provisioned_user(const json_t *whole, const char *name, const char *tenant, const json_t **user)
{
    const json_t *users = json_object_get(whole, "users");
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(users); i++) {
        const json_t *u = json_array_get(users, i);
        if (!is_named(u, name) || (tenant && !str_equal(json_text(u, "tenant"), tenant)))
            continue;
        *user = u;
        found++;
    }
    if (found == 1)
        return EXIT_DONE;
    return complain_and(EXIT_USAGE,
                        found ? "there are several users \"%.64s\"; write TENANT/USER, or an address"
                              : "there is no user \"%.64s\"; `faxpost export` shows those there are",
                        name);
}

int provisioned_tenant(const json_t *whole, const char *name, const json_t **tenant)
{
    const json_t *tenants = json_object_get(whole, "tenants");
    for (size_t i = 0; i < json_array_size(tenants); i++) {
        const json_t *t = json_array_get(tenants, i);
        if (name ? str_equal(json_text(t, "name"), name) : json_array_size(tenants) == 1) {
            *tenant = t;
            return EXIT_DONE;
        }
    }
    return name ? complain_and(EXIT_USAGE,
                               "there is no tenant \"%.64s\"; `faxpost export` shows those there are", name)
                : complain_and(EXIT_USAGE, "say which tenant");
}
