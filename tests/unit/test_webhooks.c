/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which of what webhooks are to be told has its turn. */
#include "mail_steps.h"

#include "store/webhooks.h"

static struct webhook hook_of(struct house *h, const char *name, bool enabled)
{
    struct queue *q = &h->queue;
    struct id tenant;
    struct tenant t;
    assert_int_equal(config_tenant_ids(&q->store, &tenant, 1), 1);
    assert_true(config_tenant(&q->store, &q->arena, tenant, &t));
    const struct webhook wanted = {.name = name,
                                   .tenant = t.name,
                                   .url = "https://192.0.2.1/",
                                   .events = "fax.received",
                                   .pin = "",
                                   .enabled = enabled};
    struct webhook made;
    webhook_put(&q->store, &wanted);
    assert_true(webhook_named(&q->store, name, &q->arena, &made));
    return made;
}

static struct id note(struct house *h, const struct webhook *w, int64_t due_ms)
{
    const struct webhook_call c = {.id = id_new(),
                                   .webhook = w->id,
                                   .tenant = w->tenant_id,
                                   .about = id_new(),
                                   .event = "fax.received",
                                   .created_ms = due_ms,
                                   .next_ms = due_ms};
    webhook_call_add(&h->queue.store, &c);
    return c.id;
}

static void one_that_is_far_behind_stands_before_no_other(void **state)
{
    enum { MOST = 8 };
    struct house *h = *state;
    struct id ids[MOST];
    queue_enter(&h->queue);
    const int64_t now = h->queue.now_ms;
    const struct webhook slow = hook_of(h, "slow", true), quick = hook_of(h, "quick", true);
    struct id first = note(h, &slow, now - 100);
    for (int i = 1; i < 3 * MOST; i++)
        (void)note(h, &slow, now - 100 + i);
    struct id other = note(h, &quick, now);
    (void)note(h, &quick, now + 1);
    assert_int_equal(webhook_calls_due(&h->queue.store, now, 4, ids, MOST), 5);
    assert_true(id_equal(ids[0], first) && id_equal(ids[4], other));
    house_run(h);
}

static unsigned called(struct queue *q, const struct webhook *w)
{
    unsigned n = 0;
    list_each (it, &q->flights) {
        const struct flight *f = CONTAINER_OF(it, struct flight, node);
        struct webhook_call c;
        n += f->kind == WORK_HOOKS && webhook_call_find(&q->store, f->id, &q->arena, &c) &&
             id_equal(c.webhook, w->id);
    }
    return n;
}

static void many_that_hang_leave_room_for_another(void **state)
{
    enum { HANGING = 6 };
    struct house *h = *state;
    struct queue *q = &h->queue;
    struct webhook hanging[HANGING];
    unsigned hang = 0;
    queue_enter(q);
    for (int i = 0; i < HANGING; i++) {
        hanging[i] = hook_of(h, arena_format(&q->arena, "hanging-%d", i), true);
        struct webhook_call failed;
        assert_true(webhook_call_find(&q->store, note(h, &hanging[i], q->now_ms), &q->arena, &failed));
        failed.tries = 1;
        failed.next_ms = q->now_ms + 3600000;
        webhook_call_set(&q->store, &failed);
        for (int k = 0; k < 3; k++)
            (void)note(h, &hanging[i], q->now_ms - 100 + k);
    }
    const struct webhook quick = hook_of(h, "quick", true);
    (void)note(h, &quick, q->now_ms);
    (void)note(h, &quick, q->now_ms);
    pump_hooks(q);
    for (int i = 0; i < HANGING; i++) {
        hang += called(q, &hanging[i]);
        assert_true(called(q, &hanging[i]) <= 1);
    }
    assert_int_equal(hang, 4);
    assert_int_equal(called(q, &quick), 2); /* nobody answers here, so the house does not run on */
}

static void one_that_is_switched_off_is_told_no_more(void **state)
{
    struct house *h = *state;
    struct queue *q = &h->queue;
    struct id due[1];
    struct webhook_call c;
    struct webhook_given_up *list;
    queue_enter(q);
    const struct webhook w = hook_of(h, "office", true);
    struct id call = note(h, &w, q->now_ms);
    (void)hook_of(h, "office", false);
    assert_int_equal(webhook_calls_due(&q->store, q->now_ms, 1, due, 1), 0);
    assert_true(webhook_call_find(&q->store, call, &q->arena, &c));
    assert_int_equal(c.state, HOOK_CALL_DEAD);
    assert_string_equal(c.code, "hook-off");
    assert_int_equal(webhook_given_up(&q->store, &q->arena, 0, &list), 0); /* nobody need be alarmed */
    house_run(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_that_is_far_behind_stands_before_no_other, post_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(many_that_hang_leave_room_for_another, post_setup, house_teardown),
        cmocka_unit_test_setup_teardown(one_that_is_switched_off_is_told_no_more, post_setup, house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
