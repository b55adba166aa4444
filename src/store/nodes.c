/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "store/nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/claims.h"

/* ---- which node a state directory is ---- */

static int sync_name(const char *state_dir)
{
    SCOPED_FD int fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) < 0 ? errno : 0;
}

struct id node_id_of(const char *state_dir)
{
    char path[PATH_MAX], text[ID_TEXT_LEN] = "";
    struct id id;
    if (!str_format(path, sizeof(path), "%s/node", state_dir))
        return ID_NONE;
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && read(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1;
    return whole && id_parse(text, &id) ? id : ID_NONE;
}

static int make_id(const char *state_dir, struct id *id)
{
    char path[PATH_MAX], fresh[PATH_MAX];
    *id = id_new();
    if (!str_format(path, sizeof(path), "%s/node", state_dir) ||
        !str_format(fresh, sizeof(fresh), "%s/node.new", state_dir))
        return ENAMETOOLONG;
    SCOPED_FD int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int error = fd_write_all(fd, span_str(id_text(*id)));
    if (error || fsync(fd) < 0 || rename(fresh, path) < 0)
        return error ? error : errno;
    return sync_name(state_dir);
}

/* ---- rows ---- */

#define COLUMNS                                                                                              \
    "SELECT id, name, version, roles, joined_ms, lease_ms, stopped, taken, drains,"                          \
    " (SELECT count(*) FROM attempt AS t WHERE t.state <> 2 AND t.node = node.id AND t.carrier IS NULL) "    \
    "FROM "                                                                                                  \
    "node"

static struct node read_node(const struct sql_rows *r, struct arena *a)
{
    return (struct node){.id = sql_id(r, 0),
                         .name = sql_text(r, 1, a),
                         .version = sql_text(r, 2, a),
                         .roles = sql_text(r, 3, a),
                         .joined_ms = sql_int(r, 4),
                         .lease_ms = sql_int(r, 5),
                         .stopped = sql_int(r, 6) != 0,
                         .taken = sql_int(r, 7) != 0,
                         .drains = sql_int(r, 8) != 0,
                         .calls = (unsigned)sql_int(r, 9)};
}

bool node_find(struct store *s, struct arena *a, const char *name, struct node *n)
{
    struct sql_rows r;
    sql_query(s->sql, &r, COLUMNS " WHERE name = ?1", "t", name);
    bool there = sql_next(&r);
    if (there)
        *n = read_node(&r, a);
    sql_end(&r);
    return there;
}

size_t nodes_all(struct store *s, struct arena *a, struct node **list)
{
    struct sql_rows r;
    size_t n = 0;
    *list = arena_alloc(a, NODES_MAX * sizeof(**list));
    sql_query(s->sql, &r,
              COLUMNS " WHERE id IN (SELECT id FROM node ORDER BY taken, name LIMIT ?1) ORDER BY name", "n",
              (int)NODES_MAX);
    while (n < NODES_MAX && sql_next(&r))
        (*list)[n++] = read_node(&r, a);
    sql_end(&r);
    return n;
}

void node_hear(struct store *s, struct arena *a, struct node_news *news)
{
    struct sql_rows r;
    *news = (struct node_news){.settings = ""};
    sql_query(s->sql, &r,
              "SELECT drains, (SELECT value FROM meta WHERE key = '" SETTINGS_STAMP
              "') FROM node WHERE id = ?1",
              "d", s->node);
    if (sql_next(&r))
        *news = (struct node_news){.drains = sql_int(&r, 0) != 0, .settings = sql_text(&r, 1, a)};
    sql_end(&r);
}

bool node_is_alive(const struct node *n, const struct node *list, size_t count)
{
    int64_t latest_ms = 0;
    for (size_t i = 0; i < count; i++)
        latest_ms = list[i].lease_ms > latest_ms ? list[i].lease_ms : latest_ms;
    return !n->taken && !n->stopped && n->lease_ms > latest_ms - NODE_LEASE_MS;
}

/* ---- joining ---- */

/* The name's former bearer is gone: its state directory was lost, and what it had under way is taken over. */
static bool name_is_free(struct store *s, struct arena *a, const struct node *n)
{
    struct node other;
    if (!node_find(s, a, n->name, &other) || id_equal(other.id, s->node))
        return true;
    if (!other.taken && other.lease_ms > sql_began_ms(s->sql))
        return false;
    (void)sql_run(s->sql, "UPDATE node SET name = name || ' ' || hex(id) WHERE id = ?1", "d", other.id);
    return true;
}

static void take_place(struct store *s, const struct node *n)
{
    int64_t now_ms = sql_began_ms(s->sql);
    (void)sql_run(
        s->sql,
        "INSERT INTO node (id, name, version, roles, joined_ms, lease_ms, stopped, taken, drains)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, 0) ON CONFLICT (id) DO UPDATE SET"
        " name = ?2, version = ?3, roles = ?4, joined_ms = ?5, lease_ms = ?6, stopped = 0, taken = 0",
        "dtttii", s->node, n->name, n->version, n->roles, now_ms, n->lease_ms + now_ms);
    /* From before there were nodes. */
    (void)sql_run(s->sql, "UPDATE attempt SET node = ?1 WHERE node IS NULL AND state <> 2", "d", s->node);
}

int node_join(struct store *s, const char *state_dir, const struct node *n, char error[STORE_ERROR_LEN])
{
    struct arena a;
    if (!sql_is_postgres(s->sql))
        return 0;
    s->node = node_id_of(state_dir);
    int failed = id_is_none(s->node) ? make_id(state_dir, &s->node) : 0;
    if (failed) {
        (void)str_format(error, STORE_ERROR_LEN, "cannot write %.200s/node: %s", state_dir, strerror(failed));
        return failed;
    }
    arena_init(&a);
    store_begin(s);
    bool free = name_is_free(s, &a, n);
    if (free)
        take_place(s, n);
    store_commit(s);
    arena_clear(&a);
    if (free)
        return 0;
    (void)str_format(
        error, STORE_ERROR_LEN,
        "another machine is the node \"%s\" of this database, and it is alive: give this one a name "
        "of its own in faxpost.conf (node = ...)",
        n->name);
    return EAGAIN;
}

bool node_renew(struct store *s, int64_t lease_ms)
{
    return sql_run(s->sql, "UPDATE node SET lease_ms = ?2, stopped = 0 WHERE id = ?1 AND taken = 0", "di",
                   s->node, lease_ms) == 1;
}

void node_stop(struct store *s)
{
    (void)sql_run(s->sql, "UPDATE node SET stopped = 1 WHERE id = ?1", "d", s->node);
}

void node_set_taken(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "UPDATE node SET taken = 1 WHERE id = ?1", "d", id);
    (void)sql_run(s->sql, "DELETE FROM trunk_health WHERE node = ?1", "d", id);
    claims_drop_of(s, id);
}

void node_set_drains(struct store *s, struct id id, bool drains)
{
    (void)sql_run(s->sql, "UPDATE node SET drains = ?2 WHERE id = ?1", "dn", id, (int)drains);
}

void node_remove(struct store *s, struct id id)
{
    (void)sql_run(s->sql, "DELETE FROM node WHERE id = ?1", "d", id);
}
