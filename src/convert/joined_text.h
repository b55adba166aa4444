/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Plain text in scripts that a fixed pitch would make unreadable: those that run from right to left, whose
 * letters join, or whose signs stand above and below others. It is laid out as a web page is. */
#pragma once

#include "convert/render_job.h"

/* utf8: valid, as all text here. */
bool joined_text_needed(struct span utf8);
bool render_joined_text(struct render_job *job, struct span utf8) MUST_USE;
