/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Other people's files made into what `faxpost apply` takes. */
#pragma once

#include <jansson.h>

#include "base/attr.h"
#include "base/span.h"
#include "cli/api.h"

/* For each entry of "faxboxes" and of "users" the number of its row, so that a complaint of the server's can
 * name it. Freed by the caller. */
struct import_rows {
    unsigned *boxes, *users;
};

/* A table of faxboxes and users, a row each; the first row names the columns. file: its name, for complaints.
 * tenant: where a row names none; NULL: none. NULL with the complaints made: row, column, what to do. */
json_t *import_csv(struct span content, const char *file, const char *tenant,
                   struct import_rows *rows) MUST_USE;
/* Of a table. */
#define IMPORT_COLUMNS                                                                                       \
    "tenant, box, name, extension, numbers, station_id, caller_id, header_name, paper, resolution, "         \
    "template, user, addresses, language, send, receive"

/* Of HylaFAX's spool folder: {"users": [..], "faxboxes": [..]} from etc/hosts.hfaxd and etc/config.*, and in
 * *locks
 * [{"number", "reason"}] from the rejectNotice of info/. A user's address is NAME@domain; without one (NULL)
 * they are left out. What is left out is told on standard error. An exit status. */
int import_hylafax(const char *folder, const char *tenant, const char *domain, json_t **all,
                   json_t **locks) MUST_USE;

/* HylaFAX's faxes, those received (recvq) and sent (doneq, docq, archive), into these boxes; NULL: not these.
 * One that is there already is not taken again; what cannot be read is told on standard error. An exit
 * status. */
struct import_archive {
    const char *received_into, *sent_into;
    bool dry;
};
int import_hylafax_archive(struct api *api, const char *folder, const struct import_archive *wish) MUST_USE;
