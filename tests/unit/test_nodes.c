/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Servers on one database, each with its own connection. Over SQLite there is one, and nothing is claimed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

#include "scratch.h"
#include "store/attempts.h"
#include "store/blob.h"
#include "store/claims.h"
#include "store/mails.h"
#include "store/nodes.h"
#include "store_place.h"

struct pair {
    char dir[2][64];
    struct store store[2];
    struct arena arena;
};

static int join(struct pair *p, int which, const char *name, char error[STORE_ERROR_LEN])
{
    const struct node n = {.name = name, .version = "1", .roles = "queue", .lease_ms = NODE_LEASE_MS};
    return node_join(&p->store[which], p->dir[which], &n, error);
}

static int plant(void **state)
{
    static struct pair p;
    char error[STORE_ERROR_LEN];
    p = (struct pair){.dir = {""}};
    arena_init(&p.arena);
    for (int i = 0; i < 2; i++)
        scratch_state(p.dir[i], sizeof(p.dir[i]));
    const char *uri = store_place(p.dir[0]);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_open(&p.store[i], p.dir[i], uri, false, error), 0);
    }
    *state = &p;
    return 0;
}

static int clear(void **state)
{
    struct pair *p = *state;
    for (int i = 0; i < 2; i++) {
        store_close(&p->store[i]);
        scratch_remove(p->dir[i]);
    }
    arena_clear(&p->arena);
    return 0;
}

static void join_both(struct pair *p)
{
    char error[STORE_ERROR_LEN];
    assert_int_equal(join(p, 0, "one", error), 0);
    assert_int_equal(join(p, 1, "two", error), 0);
}

static struct id add_mail(struct store *s)
{
    const struct mail_in m = {.id = id_new(),
                              .received_ms = 1,
                              .sender = "",
                              .recipients = "",
                              .client_ip = "",
                              .facts = "",
                              .wishes = "",
                              .blob = blob_put(s, span_str("mail"))};
    mail_in_add(s, &m);
    return m.id;
}

/* proves: S2.13 */
static void what_one_node_has_under_way_no_other_begins(void **state)
{
    struct pair *p = *state;
    struct id ids[4];
    join_both(p);
    store_begin(&p->store[0]);
    struct id mail = add_mail(&p->store[0]);
    if (store_is_shared(&p->store[0]))
        claim_take(&p->store[0], CLAIM_UNPACK, mail);
    assert_int_equal(mail_in_to_unpack(&p->store[0], ids, 4), 1); /* its own former life's */
    store_commit(&p->store[0]);
    if (!store_place_is_postgres())
        return;
    store_begin(&p->store[1]);
    assert_int_equal(mail_in_to_unpack(&p->store[1], ids, 4), 0);
    assert_true(claim_is_taken(&p->store[1], CLAIM_UNPACK, mail));
    node_set_taken(&p->store[1], p->store[0].node);
    assert_int_equal(mail_in_to_unpack(&p->store[1], ids, 4), 1);
    store_commit(&p->store[1]);
}

/* proves: S2.13 */
static void calls_are_of_their_node_and_count_for_all(void **state)
{
    struct pair *p = *state;
    struct id ids[4];
    struct open_call *calls;
    unsigned here;
    join_both(p);
    store_begin(&p->store[0]);
    const struct attempt t = {.id = id_new(), .call_instance = 0, .trunk = "line", .started_ms = 1};
    attempt_add(&p->store[0], &t);
    assert_int_equal(attempt_open_ones(&p->store[0], ids, 4), 1);
    store_commit(&p->store[0]);
    if (!store_place_is_postgres())
        return;
    store_begin(&p->store[1]);
    assert_int_equal(attempt_open_ones(&p->store[1], ids, 4), 0);
    attempt_open_of_processes(&p->store[1], &here, 1);
    assert_int_equal(here, 0);
    assert_int_equal(attempt_open_of_node(&p->store[1], p->store[0].node, ids, 4), 1);
    assert_int_equal(attempt_open_calls(&p->store[1], &p->arena, &calls), 1);
    store_commit(&p->store[1]);
}

/* proves: S2.13 */
static void node_whose_work_was_taken_over_hears_of_it(void **state)
{
    struct pair *p = *state;
    char error[STORE_ERROR_LEN];
    join_both(p);
    if (!store_place_is_postgres()) {
        assert_false(store_is_shared(&p->store[0]));
        return;
    }
    struct id before = p->store[0].node;
    store_begin(&p->store[1]);
    node_set_taken(&p->store[1], before);
    store_commit(&p->store[1]);
    store_begin(&p->store[0]);
    assert_false(node_renew(&p->store[0], sql_began_ms(p->store[0].sql) + NODE_LEASE_MS));
    store_commit(&p->store[0]);
    assert_int_equal(join(p, 0, "one", error), 0); /* anew, and the same one */
    assert_true(id_equal(p->store[0].node, before));
    store_begin(&p->store[0]);
    assert_true(node_renew(&p->store[0], sql_began_ms(p->store[0].sql) + NODE_LEASE_MS));
    store_commit(&p->store[0]);
}

static void name_of_a_living_node_is_refused(void **state)
{
    struct pair *p = *state;
    char error[STORE_ERROR_LEN];
    struct node *list;
    assert_int_equal(join(p, 0, "one", error), 0);
    assert_int_equal(join(p, 1, "one", error), store_place_is_postgres() ? EAGAIN : 0);
    if (!store_place_is_postgres())
        return;
    assert_non_null(strstr(error, "node = "));
    store_begin(&p->store[0]);
    node_set_taken(&p->store[0], p->store[0].node);
    store_commit(&p->store[0]);
    assert_int_equal(join(p, 1, "one", error), 0);
    store_begin(&p->store[1]);
    assert_int_equal(nodes_all(&p->store[1], &p->arena, &list), 2);
    store_commit(&p->store[1]);
}

/* Machines that come and go leave their rows until somebody removes them. */
static void who_lives_is_seen_among_many_that_are_gone(void **state)
{
    struct pair *p = *state;
    struct node *list;
    bool found = false;
    store_begin(&p->store[0]);
    for (int i = 0; i <= 2 * NODES_MAX; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "%s %d", i < 2 * NODES_MAX ? "gone" : "here", i);
        (void)sql_run(
            p->store[0].sql,
            "INSERT INTO node (id, name, version, roles, joined_ms, lease_ms, stopped, taken, drains)"
            " VALUES (?1, ?2, '1', 'queue', 1, 1, 0, ?3, 0)",
            "dtn", id_new(), name, i < 2 * NODES_MAX);
    }
    size_t n = nodes_all(&p->store[0], &p->arena, &list);
    store_commit(&p->store[0]);
    assert_int_equal(n, NODES_MAX);
    for (size_t i = 0; i < n; i++)
        found = found || strncmp(list[i].name, "here", 4) == 0;
    assert_true(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_one_node_has_under_way_no_other_begins, plant, clear),
        cmocka_unit_test_setup_teardown(calls_are_of_their_node_and_count_for_all, plant, clear),
        cmocka_unit_test_setup_teardown(node_whose_work_was_taken_over_hears_of_it, plant, clear),
        cmocka_unit_test_setup_teardown(name_of_a_living_node_is_refused, plant, clear),
        cmocka_unit_test_setup_teardown(who_lives_is_seen_among_many_that_are_gone, plant, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
