/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whose rows a reader may see. Every list that is shown to somebody takes one, so that no query can forget
 * it. */
#pragma once

#include "store/store.h"

struct scope {
    struct id tenant; /* ID_NONE: of all tenants */
    struct id user;   /* ID_NONE: of all boxes; else of his: received with `receive`, sent with `send` */
};

static const struct scope SCOPE_ALL = {{{0}}, {{0}}};

enum scope_right { SCOPE_SEND, SCOPE_RECEIVE };

/* Does what belongs to that box of that tenant lie within? */
bool scope_has(struct store *s, const struct scope *w, struct id tenant, const char *box,
               enum scope_right right) MUST_USE;
