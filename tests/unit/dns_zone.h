/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A zone as a table, and a DNS table that is answered from it. */
#pragma once

#include "proto/dns_table.h"

#define ZONE_FAILS "\x01" /* as data: the question is not answered */

struct zone_row {
    const char *name; /* NULL ends the table */
    enum dns_type type;
    const char *data; /* an address, a name, or a text */
};

struct zone_world {
    const struct zone_row *zone;
    struct arena arena;
    struct dns_table table;
};

void zone_begin(struct zone_world *w, const struct zone_row *zone);
void zone_end(struct zone_world *w);
/* Answers what is wanted; false where nothing was. */
bool zone_answer(struct zone_world *w);
/* The same for somebody else's table. */
bool zone_answer_table(const struct zone_row *zone, struct dns_table *t);
