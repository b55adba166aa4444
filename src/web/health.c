/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For whoever watches whether we are up: no word about anything else. */
#include <microhttpd.h>

#include "web/resources.h"

void get_health(struct request *r)
{
    bool queue = request_has_queue(r);
    reply_json(r, queue ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
               json_pack("{s:b, s:b}", "ok", (int)queue, "queue", (int)queue));
}
