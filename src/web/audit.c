/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who changed what. */
#include "store/audit.h"

#include <microhttpd.h>

#include "web/resources.h"

void get_audit(struct request *r)
{
    struct report_cursor c;
    struct audit *list;
    if (!request_cursor(r, &c))
        return;
    const struct scope w = actor_scope(&r->actor);
    size_t n = audit_list(r->store, &w, &c, &r->arena, &list);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            items, json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s}", "id", id_text(list[i].id), "at_ms",
                             json_time(list[i].at_ms), "who", list[i].who, "client_ip", list[i].client_ip,
                             "action", list[i].action, "subject", list[i].subject, "detail", list[i].detail));
    reply_list(r, items, c.most, n > 0 ? list[n - 1].id : ID_NONE);
}
