/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Gives a provisioning text to the server and tells what came of it. */
#pragma once

#include "base/span.h"
#include "cli/api.h"

enum { APPLY_PLACE_LEN = 400 };

struct apply_opts {
    bool dry, json;
    const char *name; /* of the file, for complaints; "" where there is none */
    /* The path of a complaint as its reader knows it, in `text` or elsewhere; NULL: as it is. */
    const char *(*place)(const void *context, const char *path, char text[APPLY_PLACE_LEN]);
    const void *context;
};

int apply_text(struct api *api, struct span text, const struct apply_opts *opts); /* an exit status */
