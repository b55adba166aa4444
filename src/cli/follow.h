/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A submission under way, until all of its faxes have ended: a bar on a terminal, else a line for each news.
 */
#pragma once

#include <stdbool.h>

#include "cli/api.h"

/* json: an object a line instead (event: taken, rendering, progress, ended). The exit status of the first fax
 * that was not delivered; Ctrl-C ends it, and the faxes go on. */
int follow_submission(struct api *api, const char *submission, bool json) MUST_USE;
