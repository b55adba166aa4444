/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the resources take and give, in words that openapi.json is made of. A route without a row here is an
 * error that the tests find, and so is a reply that has other members than its row says.
 *
 *   members, arguments:  "name:type name?:type", the second may be missing
 *   types:               string integer boolean id (a UUID) time (milliseconds since 1970, or null) object
 * (any); [type]: a list; type|null; Name: another schema; "+Name": its members too */
#pragma once

#include "web/request.h"

struct description {
    void (*handle)(struct request *r);
    const char *arguments; /* of the query */
    const char *body;      /* schema of the JSON, or a media type; "": none */
    const char *reply; /* "200 Job": status and schema ("$": of the settings of that name), "200 image/png":
                          media type, "204": nothing */
};

struct schema {
    const char *name, *members;
};

extern const struct description descriptions[];
/* May things be so that it cannot be done now (409)? */
bool description_conflicts(const struct description *d, const char *method);
extern const size_t description_count;
extern const struct schema schemas[];
extern const size_t schema_count;
