/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Servers that work on one database (doc/adr/015). A node is alive as long as it renews its lease, and finds
 * out when another one has taken its work over meanwhile. With SQLite there is one server and no row. */
#pragma once

#include "store/store.h"

/* The lease: how long a node is alive after it wrote to the database; its end stands in its row, by the clock
 * of the database. */
enum { NODES_MAX = 64, NODE_LEASE_MS = 8000 };

#define SETTINGS_STAMP "settings.stamp" /* key of the table meta */

struct node {
    struct id id;
    const char *name;    /* nobody else's */
    const char *version; /* of its program */
    const char *roles;   /* that it runs, separated by blanks */
    int64_t joined_ms, lease_ms;
    bool stopped; /* in order: nobody misses it */
    bool taken;   /* its work was taken over */
    bool drains;  /* it begins nothing more */
    unsigned calls;
};

/* What an administrator may want: that it begins no call more, or does again; that it is forgotten. */
enum node_wish { NODE_DRAIN, NODE_RESUME, NODE_REMOVE, NODE_WISH_COUNT };

static inline bool store_is_shared(const struct store *s)
{
    return !id_is_none(s->node);
}

/* Names this store's node by the id of its state directory, which is made where there is none, and takes its
 * place among the others; what it had under way in a former life is its own again. Does nothing with SQLite.
 * 0, or an errno with a text: EAGAIN where a living node of that name is another machine. */
int node_join(struct store *s, const char *state_dir, const struct node *n,
              char error[STORE_ERROR_LEN]) MUST_USE;
/* The id of the node with that state directory; ID_NONE where it has none. */
struct id node_id_of(const char *state_dir);
/* False where another node has taken its work over since: whoever asks has to begin anew. */
bool node_renew(struct store *s, int64_t lease_ms) MUST_USE;
/* It ends in order. */
void node_stop(struct store *s);
void node_set_taken(struct store *s, struct id id);
void node_set_drains(struct store *s, struct id id, bool drains);
void node_remove(struct store *s, struct id id);
/* What is new for this store's node. settings: a mark that is another one after each change of settings. */
struct node_news {
    bool drains;
    const char *settings;
};
void node_hear(struct store *s, struct arena *a, struct node_news *news);
bool node_find(struct store *s, struct arena *a, const char *name, struct node *n);
/* For who has no clock of the database: nobody's lease ends later than just that long after now. */
bool node_is_alive(const struct node *n, const struct node *list, size_t count);
/* By name; where there are more than NODES_MAX, those that are gone for good stay out first. */
size_t nodes_all(struct store *s, struct arena *a, struct node **list);
