/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/changes.h"

void change_note(struct changes *c, enum change_kind kind, struct id id)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->list[i].kind == kind && id_equal(c->list[i].id, id))
            return;
    if (c->count == CHANGES_MAX) {
        c->much = true;
        return;
    }
    c->list[c->count].kind = kind;
    c->list[c->count++].id = id;
}
