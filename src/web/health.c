/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For whoever watches whether we can work, such as a load balancer: no word about anything else. Reasons are
 * codes. */
#include <microhttpd.h>

#include "store/room.h"
#include "web/resources.h"

void get_health(struct request *r)
{
    struct store_room room;
    bool queue = request_has_queue(r),
         store = !room_of_store(r->store, &room) || room_judge(&room) != ROOM_FULL;
    json_t *reasons = json_array();
    if (!queue)
        (void)json_array_append_new(reasons, json_string("queue-away"));
    if (!store)
        (void)json_array_append_new(reasons, json_string("disk-full"));
    reply_json(r, queue && store ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
               json_pack("{s:b, s:b, s:b, s:o}", "ok", (int)(queue && store), "queue", (int)queue, "store",
                         (int)store, "reasons", reasons));
}
