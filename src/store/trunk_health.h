/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How it is with each trunk: what line told last, kept so that a screen can show it and a call can go
 * elsewhere. */
#pragma once

#include "model/states.h"
#include "store/store.h"

struct stored_health {
    const char *trunk; /* its name */
    enum trunk_state state;
    const char *text;
    int64_t since_ms; /* it has been in that state */
    int64_t next_ms;  /* it is tried again or refreshed; 0: never by itself */
};

/* since_ms counts where the state is another one than before. False where it was in that state already. */
bool trunk_health_set(struct store *s, const struct stored_health *h);
/* Nobody knows any more: line is gone. */
void trunk_health_forget(struct store *s);
/* False where nothing was told of it; *h then says TRUNK_UNCHECKED. */
bool trunk_health_find(struct store *s, struct arena *a, const char *trunk, struct stored_health *h);
