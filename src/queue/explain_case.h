/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What would become of one mail, rule by rule, as JSON: {"notes", "good", "outcome", "answered", "faxes",
 * "forger"}. Reads the store, changes nothing. */
#pragma once

#include <jansson.h>

#include "model/pgp_facts.h"
#include "queue/queue.h"
#include "queue/routing.h"

struct case_file {
    struct letter letter;
    const char *login;           /* of who brings it; "": nobody logs in */
    const char *own;             /* words of the mail; NULL: no mail was given */
    const struct pgp_facts *pgp; /* NULL: no mail was given */
    const char *message_id;
    size_t parts;
};

/* The caller owns it. */
json_t *explain_case(struct queue *q, const struct case_file *c);
