/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The browser application: the files that are built into the program, for everybody. */
#pragma once

#include "web/request.h"

/* Answers GET or HEAD of r->path, which begins with '/' and lies outside /api/. */
void files_reply(struct request *r);
