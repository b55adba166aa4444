/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Users and tenants in the export of the server (`GET provisioning`). Each returns an exit status; the
 * complaint is made. */
#pragma once

#include "cli/api.h"

/* By "NAME", "TENANT/NAME" or one of his addresses; tenant: NULL, or whose users are meant. */
int provisioned_user(const json_t *whole, const char *name, const char *tenant, const json_t **user) MUST_USE;
/* name NULL: the only one there is. */
int provisioned_tenant(const json_t *whole, const char *name, const json_t **tenant) MUST_USE;
