/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "role/line_trunks.h"

#include <jansson.h>
#include <string.h>

#include "base/log.h"
#include "base/panic.h"
#include "base/str.h"

static bool read_one(json_t *from, struct trunk *t)
{
    const char *id = NULL, *name = NULL, *peer = NULL, *transport = NULL, *user = NULL;
    int t38 = 0;
    if (json_unpack(from, "{s:s, s:s, s:s, s:s, s:s, s:b}", "id", &id, "name", &name, "peer", &peer,
                    "transport", &transport, "user", &user, "t38", &t38) != 0)
        panic("a trunk without all its fields");
    *t = (struct trunk){.t38 = t38 != 0};
    if (str_copy(t->id, sizeof(t->id), id) && str_copy(t->name, sizeof(t->name), name) &&
        str_copy(t->user, sizeof(t->user), user) && trunk_parse_peer(peer, t) &&
        trunk_parse_transport(transport, &t->transport))
        return true;
    log_error(
        NULL,
        "the trunk \"%s\" cannot be used: its peer \"%s\" has to be sip:HOST or sip:HOST:PORT, its transport "
        "udp or tcp, its user at most %d characters",
        name, peer, TRUNK_USER_LEN - 1);
    return false;
}

size_t line_trunks_read(const char *json, struct trunk trunks[LINE_TRUNKS_MAX])
{
    json_t *list = json_loads(json, 0, NULL);
    if (!json_is_array(list))
        panic("trunks that are no JSON array");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list) && n < LINE_TRUNKS_MAX; i++)
        n += read_one(json_array_get(list, i), &trunks[n]);
    json_decref(list);
    return n;
}
