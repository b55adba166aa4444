/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Gives a provisioning text to the server and tells what came of it. */
#pragma once

#include "base/span.h"
#include "cli/api.h"

struct apply_opts {
    bool dry, json;
    const char *name; /* of the file, for complaints; "" where there is none */
};

int apply_text(struct api *api, struct span text, const struct apply_opts *opts); /* an exit status */
