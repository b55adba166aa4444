/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Trunks and mail servers between store and JSON. */
#pragma once

#include "queue/provision_values.h"
#include "store/config.h"

json_t *provision_trunk_json(const struct trunk *t) MUST_USE;
void provision_write_trunk(struct store *s, struct arena *a, const json_t *entry);

/* The main one, and a further one, which has a name. */
json_t *provision_mail_server_json(const struct mail_server *m) MUST_USE;
json_t *provision_further_server_json(const struct mail_server *m) MUST_USE;
void provision_write_mail_server(struct store *s, struct arena *a, const json_t *entry);
