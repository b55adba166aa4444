/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One node among several, as its queue sees it: until when its lease lasts, who is taken over, whose keys
 * fit. Over SQLite there is one server. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "queue_house.h"

#include "base/clock.h"
#include "queue/node_keys.h"
#include "queue/nodes.h"
#include "scratch.h"
#include "store_place.h"

static struct sql *second; /* a connection beside queue's */
static int64_t steady_ms;

static int64_t steady(void)
{
    return steady_ms;
}

/* The database's clock as this process's own: what was read first is the smaller. */
static int64_t steady_by_database(void)
{
    const struct timespec moment = {.tv_nsec = 30 * 1000 * 1000};
    (void)nanosleep(&moment, NULL); /* so that an order that is wrong cannot look right */
    return sql_now_ms(second);
}

static struct node other(struct house *h)
{
    struct node n;
    struct store *s = &h->queue.store;
    store_begin(s);
    assert_true(node_find(s, &h->queue.arena, "other", &n));
    store_commit(s);
    return n;
}

static void look(struct house *h, int64_t after_ms)
{
    steady_ms += after_ms;
    queue_enter(&h->queue);
    house_run(h);
}

/* By how far the lease of a node that was never heard of again differs from the time of the database. */
static void add_other(struct house *h, int64_t lease_ms)
{
    struct store *s = &h->queue.store;
    store_begin(s);
    (void)sql_run(s->sql,
                  "INSERT INTO node (id, name, version, roles, joined_ms, lease_ms, stopped, taken, drains)"
                  " VALUES (?1, 'other', '1', 'queue', 1, ?2, 0, 0, 0)",
                  "di", id_new(), sql_began_ms(s->sql) + lease_ms);
    store_commit(s);
    h->queue.steady_clock = steady;
    h->queue.steady_ms = 0;
    steady_ms = clock_boot_ms() + 2000; /* it has renewed its own by that clock */
}

/* proves: S2.13 */
static void renewal_counts_from_before_its_statement(void **state)
{
    struct house *h = *state;
    struct queue *q = &h->queue;
    char error[SQL_ERROR_LEN];
    if (!store_is_shared(&q->store))
        return;
    second = sql_open(h->conf.store, true, error);
    assert_non_null(second);
    q->steady_clock = steady_by_database;
    q->steady_ms = 0;
    q->nodes.renewed_ms = 0;
    queue_enter(q);
    house_run(h);
    assert_true(q->nodes.renewed_ms > 0);
    assert_true(q->nodes.renewed_ms <= q->nodes.lease_ms - NODE_LEASE_MS);
    sql_close(second);
}

/* proves: S2.13 */
static void silent_node_is_taken_over_whatever_the_clock_of_the_database_says(void **state)
{
    struct house *h = *state;
    if (!store_is_shared(&h->queue.store))
        return;
    add_other(h, 24LL * 3600 * 1000); /* it was set back since */
    look(h, 0);
    look(h, NODE_LEASE_MS - 1);
    assert_false(other(h).taken);
    look(h, 1001);
    assert_true(other(h).taken);
}

/* proves: S2.13 */
static void living_node_is_left_alone_whatever_the_clock_of_the_database_says(void **state)
{
    struct house *h = *state;
    struct store *s = &h->queue.store;
    if (!store_is_shared(s))
        return;
    add_other(h, -24LL * 3600 * 1000); /* it was set forward since */
    for (int i = 0; i < 20; i++) {
        look(h, 3000);
        assert_false(other(h).taken);
        store_begin(s);
        sql_script(s->sql, "UPDATE node SET lease_ms = lease_ms + 1000 WHERE name = 'other';");
        store_commit(s);
    }
}

static void write_key(const struct house *h, const char *name, char of)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/keys/%s.pub", h->dir, name);
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    for (int i = 0; i < 32; i++)
        assert_int_equal(write(fd, &of, 1), 1);
    (void)close(fd);
}

/* proves: S2.13 */
static void node_with_other_keys_does_not_join(void **state)
{
    struct house *h = *state;
    char error[STORE_ERROR_LEN] = "";
    (void)snprintf(error, sizeof(error), "%s/keys", h->dir);
    if (access(error, F_OK) != 0)
        scratch_inner(h->dir, "keys");
    write_key(h, "line", 'a');
    write_key(h, "archive", 'b');
    assert_int_equal(node_keys_agree(&h->queue, error), 0);
    write_key(h, "archive", 'c'); /* nobody else has others */
    assert_int_equal(node_keys_agree(&h->queue, error), 0);
    if (!store_is_shared(&h->queue.store))
        return;
    add_other(h, 0);
    assert_int_equal(node_keys_agree(&h->queue, error), 0);
    write_key(h, "queue", 'd'); /* new with this version: the first to have it leaves it for all */
    assert_int_equal(node_keys_agree(&h->queue, error), 0);
    write_key(h, "line", 'e');
    write_key(h, "queue", 'e');
    assert_int_equal(node_keys_agree(&h->queue, error), EINVAL);
    assert_non_null(strstr(error, "(queue, line)"));
    assert_non_null(strstr(error, "copy the folder keys/"));
}

/* The other one began at the same moment, saw nobody either, and left its own. */
static void of_two_that_begin_at_once_with_other_keys_one_gives_up(void **state)
{
    struct house *h = *state;
    struct store *s = &h->queue.store;
    char error[STORE_ERROR_LEN] = "";
    if (!store_is_shared(s))
        return;
    (void)snprintf(error, sizeof(error), "%s/keys", h->dir);
    if (access(error, F_OK) != 0)
        scratch_inner(h->dir, "keys");
    write_key(h, "line", 'a');
    nodes_stop(&h->queue);
    sql_script(s->sql,
               "CREATE FUNCTION begin_too() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
               " INSERT INTO node (id, name, version, roles, joined_ms, lease_ms, stopped, taken, drains)"
               " VALUES (''other'', ''other'', ''1'', ''queue'', 1, 1, 0, 0, 0) ON CONFLICT DO NOTHING;"
               " UPDATE meta SET value = ''of the other'' WHERE key = ''keys.line'';"
               " RETURN NULL; END';"
               "CREATE TRIGGER begin_too AFTER UPDATE OF joined_ms ON node FOR EACH ROW EXECUTE FUNCTION "
               "begin_too();");
    assert_int_equal(nodes_start(&h->queue, error), EINVAL);
    assert_non_null(strstr(error, "(line)"));
    sql_script(s->sql, "DROP TRIGGER begin_too ON node; DROP FUNCTION begin_too();");
    assert_int_equal(sql_get_int(s->sql, 0, "SELECT count(*) FROM node WHERE stopped = 1", ""), 1);
}

/* A machine on which each look at the clock finds a second gone. */
static int64_t slow(void)
{
    return steady_ms += 1000;
}

static int64_t wall_with_it(void)
{
    return steady_ms;
}

/* proves: S2.13 */
static void turn_that_lasts_long_leaves_the_rest_to_the_next_one(void **state)
{
    struct house *h = *state;
    struct queue *q = &h->queue;
    const unsigned wanted = WORK_UNPACK | WORK_DIAL | WORK_COMPOSE | WORK_DELIVER;
    if (!store_is_shared(&q->store))
        return;
    steady_ms = clock_wall_ms();
    q->steady_clock = slow;
    q->wall_clock = wall_with_it;
    q->steady_ms = 0;
    queue_enter(q);
    assert_true(queue_batch_full(q)); /* no message more is taken */
    queue_wants(q, wanted);
    queue_leave(q);
    for (unsigned left = wanted, turns = 1; left; turns++) {
        assert_true(turns < 5);
        assert_true((q->work & wanted) < left); /* something is done in each */
        left = q->work & wanted;
        queue_enter(q);
        queue_leave(q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(renewal_counts_from_before_its_statement, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(silent_node_is_taken_over_whatever_the_clock_of_the_database_says,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(living_node_is_left_alone_whatever_the_clock_of_the_database_says,
                                        house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(turn_that_lasts_long_leaves_the_rest_to_the_next_one, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(node_with_other_keys_does_not_join, house_setup, house_teardown),
        cmocka_unit_test_setup_teardown(of_two_that_begin_at_once_with_other_keys_one_gives_up, house_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
