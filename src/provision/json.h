/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* All provisioning as one JSON text: tenants, users, faxboxes, trunks, the mail server, and what is said once
 * for the installation.
 *
 *   {"installation": {...}, "tenants": [...], "users": [...], "faxboxes": [...], "trunks": [...],
 * "mail_server": {...}}
 *
 * A section that is not there is left alone, and so is a field. An entry is known by its name (a faxbox by
 * its id, or, where none is given, by tenant and name); it is made where there is none. {"name": ...,
 * "absent": true} takes it away. The same text twice changes nothing, and neither does what an export said.
 *
 * Passwords are sealed for the role that uses them (libsodium sealed box, state/keys/<role>.pub) as soon as
 * they are read, and come out as {"sealed": base64}, which opens in this installation only. */
#pragma once

#include "base/buf.h"
#include "provision/secrets.h"
#include "store/store.h"

/* Checks everything, then, unless `dry`, changes the store: in the caller's transaction, or in one of its
 * own. Returns an HTTP status and appends JSON of at most 64 kB to result: 200  {"changed": n, "dry": bool,
 * "warnings": [{"path": .., "text": ..}], "changes": ["faxbox \"front\": station_id", ...]} 400  not JSON,
 * 422 wrong: {"errors": [{"path": "faxboxes[1].users[0].user", "text": ...}]}; nothing is changed. */
int provision_apply(struct store *s, const struct provision_keys *keys, const char *text, bool dry,
                    struct buf *result) MUST_USE;

/* The same for the administrator of one tenant (viewer: its name; NULL: of all): errors name nothing of
 * another's. What he may change has been checked already. */
int provision_apply_as(struct store *s, const struct provision_keys *keys, const char *viewer,
                       const char *text, bool dry, struct buf *result) MUST_USE;

void provision_export(struct store *s, struct buf *to);
