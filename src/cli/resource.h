/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the commands about one resource of the API share: list it, show one, change one. Each returns an exit
 * status; the complaint is made. */
#pragma once

#include "cli/api.h"
#include "cli/command.h"
#include "model/id.h"

/* The item as people read it. */
typedef void resource_print(const json_t *item);

struct resource_list {
    const char *path;      /* with its query */
    size_t most;           /* what its query asks for; 0: all */
    const char *none;      /* said where the list is empty */
    const char *more;      /* said where it is as long as `most` */
    resource_print *print; /* each */
};

int resource_list(struct api *api, const struct resource_list *l, bool as_json) MUST_USE;
int resource_show(struct api *api, const char *path, bool as_json, resource_print *print) MUST_USE;
/* POST without a body; prints "SUBJECT: DONE". */
int resource_change(struct api *api, const char *path, const char *subject, const char *done) MUST_USE;

/* GET of the first of the resources ("jobs", ... up to NULL) that has this id; *which: its place. `kind`
 * names them all in the complaint that there is none. */
int resource_find(struct api *api, const char *const resources[], struct id id, const char *kind,
                  size_t *which, struct api_answer *answer) MUST_USE;

/* Takes the id from an operand, or complains; `where` tells what shows the ids ("`faxpost status` shows those
 * of faxes under way"). */
int resource_id(const char *operand, const char *where, struct id *id) MUST_USE;

/* Local time of a field in ms since 1970, "2026-11-21 14:05:33"; "" where there is none. */
enum { RESOURCE_TIME_LEN = 32 };
const char *resource_time(const json_t *o, const char *name, char text[RESOURCE_TIME_LEN]);
