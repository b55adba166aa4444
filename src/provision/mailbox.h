/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A mailbox between store and JSON, and what has to hold for all of them. */
#pragma once

#include "provision/fields.h"
#include "store/mailboxes.h"

json_t *provision_mailbox_json(const struct mailbox *m) MUST_USE;
void provision_write_mailbox(struct store *s, struct arena *a, const json_t *entry);

/* Its tenant, and what its ways of logging in need. path: its place in the file. */
void provision_check_mailbox(const json_t *mailbox, const char *path, struct provision_errors *errors);
