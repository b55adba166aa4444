/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Settings that several faxboxes of a tenant share (S2.2). The boxes keep the values that hold in rows of
 * their own, so that whoever reads a box knows of no template (doc/adr/017); faxbox.own names the fields that
 * a box says itself. */
#pragma once

#include "store/store.h"

struct settings_template {
    struct id id; /* not read by settings_template_put */
    const char *tenant, *name;
    const char *said; /* JSON: its fields; the store does not look into it */
};

/* All, in the order of their tenants and names; the array and its texts are the arena's. */
size_t settings_templates(struct store *s, struct arena *a, struct settings_template **list);
bool settings_template_named(struct store *s, struct arena *a, const char *tenant, const char *name,
                             struct settings_template *t);
/* Inserts, or updates the one of that tenant and name. */
void settings_template_put(struct store *s, const struct settings_template *t);
/* No other of the tenant has the new name. */
void settings_template_rename(struct store *s, const char *tenant, const char *name, const char *to);
/* No box may have it any more. */
void settings_template_drop(struct store *s, const char *tenant, const char *name);
size_t settings_template_boxes(struct store *s, const char *tenant, const char *name);

/* Gives a field's new value to all boxes that have the template and do not say the field themselves: one
 * statement, however many there are. text: NULL for a field that is a number. False: no template says such a
 * field. */
bool settings_template_give(struct store *s, struct id id, const char *field, const char *text,
                            int number) MUST_USE;
