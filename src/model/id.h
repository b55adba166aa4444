/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ids of everything that is stored: UUIDs of version 7 (RFC 9562 §5.7), so that newer ones sort last.
 * Nothing secret may rest on an id: its first 48 bits are a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct id {
    uint8_t bytes[16];
};

enum { ID_TEXT_LEN = 37 }; /* "0192f0c1-7a3b-7c4d-8e5f-001122334455" and NUL */

struct id id_new(void); /* now, and random */
/* No id made at that moment (wall clock) or later is less; 0: none is at all. */
struct id id_first_of(int64_t wall_ms);
bool id_is_none(struct id id);
bool id_equal(struct id a, struct id b);
void id_format(struct id id, char text[ID_TEXT_LEN]);
bool id_parse(const char *text, struct id *id) MUST_USE;

/* id_format into a compound literal that lives until the end of the enclosing block: for log lines. */
#define id_text(id) id_text_in((id), (char[ID_TEXT_LEN]){0})
const char *id_text_in(struct id id, char *text);

static const struct id ID_NONE = {{0}};
