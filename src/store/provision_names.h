/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Boxes and users as a list needs them to find and order them: there may be very many, and each is dear to
 * read whole. */
#pragma once

#include "store/store.h"

struct provision_name {
    const char *key; /* a box's id; a user's, as text */
    const char *name, *tenant;
    const char *also; /* what else it is found by: numbers, addresses, its settings template */
};

/* Of that tenant, NULL: of all; in no order; the array and its texts are the arena's. template: those that
 * have that settings template; ID_NONE: all. */
size_t provision_box_names(struct store *s, const char *tenant, struct id template, struct arena *a,
                           struct provision_name **list);
size_t provision_user_names(struct store *s, const char *tenant, struct arena *a,
                            struct provision_name **list);
