/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is said to a person, in his language (proto/saying.h), and beside it for programs: which sentence it
 * is, with the names and figures in it. */
#pragma once

#include "web/request.h"

/* The language that Accept-Language wants of those that we have; NULL where it wants none of them. */
const char *say_language(const struct request *r);
/* The text `member` of object, in that language where it has it (NULL: it stays English); and `said`, where
 * its sentence is a row. True: it is in that language now. */
bool say(json_t *object, const char *member, const char *language);
/* The same of a problem, for whose code there may be words where its detail has none:
 * share/templates/reasons. */
bool say_problem(json_t *problem, const char *language);
/* Of each object in the list. */
void say_each(json_t *list, const char *member, const char *language);
