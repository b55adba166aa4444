/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "web/files.h"

#include <microhttpd.h>

void files_reply(struct request *r)
{
    reply_problem(r, MHD_HTTP_NOT_FOUND, "no-such-file",
                  "There is nothing here. The API is below /api/v1/; /api/v1/openapi.json describes it.");
}
