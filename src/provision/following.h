/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What faxboxes take from their settings template (S2.2). A box says a field itself whose name stands in its
 * `own`; the others it takes from the template. The values that hold stand in the box either way, so whoever
 * reads boxes knows of no template (doc/adr/017). */
#pragma once

#include "provision/fields.h"

/* Of the template's section: does a box take it from there? */
bool provision_field_is_shared(const struct provision_field *f);
/* Does the box say that field itself, for want of a template too? */
bool provision_says_itself(const json_t *box, const char *field);

/* template: its entry, complete; NULL: the box has none. given: what somebody says of the box, in its stored
 * form; stored: the box as it is, NULL for a new one. A template's field that is given with another value
 * than the template's becomes the box's own; one that is not given, and is not its own, follows: `given` gets
 * these, and all of `own`. Warns where a file says of such a field that it is not the box's own. */
void provision_follow(const json_t *template, json_t *given, const json_t *stored, const char *path,
                      struct provision_errors *errors);

/* What a template says otherwise than it did: {field: value}, a new reference. */
json_t *provision_template_changes(const json_t *template, const json_t *stored) MUST_USE;
/* A box that nobody speaks of, as these changes make it: a new reference to a copy that shares its values;
 * NULL: it says all of that itself. */
json_t *provision_followed(const json_t *changes, const json_t *box) MUST_USE;
