/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Beginning anew with other programs or another configuration (adr/010): whether there are others, what
 * everybody sees of the way there, and the step itself. The parent decides when. */
#pragma once

#include <limits.h>

#include "model/role.h"
#include "role/file_mark.h"
#include "role/inherited.h"
#include "role/statedir.h"

struct renewal {
    char folder[PATH_MAX];             /* of the programs */
    struct file_mark used[ROLE_COUNT]; /* those that run */
    unsigned life, asked;              /* lives before this one; how often it was asked to begin anew */
};

/* Also what was inherited, out of the environment. */
void renewal_open(struct renewal *r, struct inherited *from);
/* Other programs lie there than those that run. */
bool renewal_has_programs(const struct renewal *r);
/* run/renewal, "LIFE ASKED state", for `faxpost upgrade`. */
void renewal_show(const struct renewal *r, const struct statedir *s, const char *state);
/* Executes the parent's program anew; returns errno where that fails. */
int renewal_execute(const struct renewal *r, struct inherited *to, char **words);
