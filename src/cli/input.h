/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The file that an operand names; "-" is standard input. */
#pragma once

#include "base/buf.h"

/* All of it, up to the limit of `content`. An exit status; the complaint is made, also for an empty one. */
int input_read(const char *path, struct buf *content) MUST_USE;

/* The media type by content: names lie. The server looks again. */
const char *input_type(struct span document);
