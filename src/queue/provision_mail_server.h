/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Mail servers, and the keys that mails are signed with, between store and provisioning. */
#pragma once

#include <jansson.h>

#include "store/store.h"

json_t *provision_main_server_json(struct store *s, struct arena *a) MUST_USE; /* NULL: there is none */
json_t *provision_further_servers_json(struct store *s, struct arena *a) MUST_USE;
void provision_write_mail_server(struct store *s, struct arena *a, const json_t *entry);
json_t *provision_dkim_json(struct store *s, struct arena *a) MUST_USE;
void provision_write_dkim(struct store *s, struct arena *a, const json_t *entry);
