/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Documents that boxes hold ready for callers who poll (T.30): one a box. */
#pragma once

#include "store/scope.h"
#include "store/store.h"

struct offer {
    const char *faxbox;
    struct id submission;  /* of PURPOSE_POLLED; its pages are there once it is admitted */
    const char *selective; /* SEP that a caller has to say; "": none */
    const char *password;  /* his PWD, sealed (queue/fax_secrets.h); "": none */
    int64_t created_ms;
    const char *created_by;
};

/* In place of the box's former one. */
void offer_set(struct store *s, const struct offer *f);
bool offer_find(struct store *s, const char *faxbox, struct arena *a, struct offer *f);
/* Boxes that hold one and that the reader may send from, or that one alone (box not ""), in the order of
 * their ids behind `after`, in the arena; no more than `most`. */
size_t offer_boxes(struct store *s, const struct scope *w, const char *box, const char *after,
                   struct arena *a, const char **boxes, size_t most);
void offer_clear(struct store *s, const char *faxbox);
/* Is it held ready by some box? */
bool offer_is(struct store *s, struct id submission);
