/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Servers that work on one database. */
#include <microhttpd.h>
#include <string.h>

#include "base/str.h"
#include "store/nodes.h"
#include "web/resources.h"

enum { PATIENCE_MS = 20000 };

static json_t *node_json(const struct node *n, bool alive, bool leads)
{
    const char *state = !alive ? (n->stopped ? "stopped" : "gone") : n->drains ? "draining" : "alive";
    return json_pack("{s:s, s:s, s:b, s:s, s:s, s:i, s:b, s:o, s:o}", "name", n->name, "state", state,
                     "leads", (int)leads, "roles", n->roles, "version", n->version, "calls", (int)n->calls,
                     "drains", (int)n->drains, "joined_ms", json_time(n->joined_ms), "heard_ms",
                     json_time(n->lease_ms - NODE_LEASE_MS));
}

/* The living one with the lowest id; `count` where none lives. */
static size_t leader(const struct node *list, size_t count)
{
    size_t found = count;
    for (size_t i = 0; i < count; i++)
        if (node_is_alive(&list[i], list, count) &&
            (found == count || memcmp(list[i].id.bytes, list[found].id.bytes, sizeof(list[i].id.bytes)) < 0))
            found = i;
    return found;
}

json_t *json_nodes(struct request *r)
{
    struct node *list;
    size_t n = nodes_all(r->store, &r->arena, &list);
    size_t leads = leader(list, n);
    json_t *all = json_array();
    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(all, node_json(&list[i], node_is_alive(&list[i], list, n), i == leads));
    return all;
}

void get_nodes(struct request *r)
{
    reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "items", json_nodes(r)));
}

static void on_wished(struct request *r, const struct message *m)
{
    if (!m)
        reply_queue_away(r, "Whether it was done is not known: ask again.");
    else if (m->node_wished.status >= 400)
        reply_problem(r, m->node_wished.status, m->node_wished.code, "%s", m->node_wished.reason);
    else
        reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "name", request_argument(r, "name", "")));
}

static void wish(struct request *r, enum node_wish what)
{
    const char *user = request_asker(r), *name = request_argument(r, "name", "");
    if (!user)
        return;
    if (!*name || strlen(name) > 290) {
        reply_problem(r, MHD_HTTP_BAD_REQUEST, "wrong-name", "name is a node's.");
        return;
    }
    const struct message m = {.type = MSG_node_wish,
                              .node_wish = {.wish = what,
                                            .name = name,
                                            .user = user,
                                            .actor = r->actor.user,
                                            .client_ip = r->actor.client_ip}};
    request_ask(r, &m, PATIENCE_MS, on_wished);
}

void drain_node(struct request *r)
{
    wish(r, NODE_DRAIN);
}

void resume_node(struct request *r)
{
    wish(r, NODE_RESUME);
}

void remove_node(struct request *r)
{
    wish(r, NODE_REMOVE);
}
