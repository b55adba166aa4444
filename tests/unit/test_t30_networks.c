/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* T.38 over networks that lose a tenth of all packets, with copies and with parity. */
#include "call_pair.h"

static bool one_in_ten_is_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    return rand_r(&p->count) % 10 != 0;
}

static void thirty_calls_survive_ten_percent_loss(void **state)
{
    for (unsigned seed = 1; seed <= 30; seed++) {
        struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 2);
        struct pair p;
        pair_open(&p, &opts);
        p.udptl = true;
        p.count = seed;
        p.passes = one_in_ten_is_lost;
        pair_run(&p, 600000);
        pair_assert_delivered(&p, &opts);
        pair_close(&p);
    }
}

/* A tenth of the packets, three in a row. */
static bool bursts_are_lost(struct pair *p, bool to_receiver, uint8_t *data, size_t len)
{
    unsigned *burst = &p->burst[to_receiver];
    if (*burst == 0 && rand_r(&p->count) % 30 == 0)
        *burst = 3;
    return *burst == 0 || (*burst)-- == 0;
}

static unsigned calls_with_parity(bool (*passes)(struct pair *, bool, uint8_t *, size_t), unsigned calls)
{
    unsigned good = 0;
    for (unsigned seed = 1; seed <= calls; seed++) {
        struct pair_opts opts = pair_call(PAIR_T38, true, 14400, 2);
        struct pair p;
        pair_open(&p, &opts);
        pair_use_fec(&p);
        p.count = seed;
        p.passes = passes;
        pair_run(&p, 600000);
        good += p.sender.result.outcome.verdict == VERDICT_DONE && p.receiver.pages == 2;
        pair_close(&p);
    }
    return good;
}

static void calls_with_parity_survive_ten_percent_loss(void **state)
{
    assert_int_equal(calls_with_parity(one_in_ten_is_lost, 30), 30);
    assert_in_range(calls_with_parity(bursts_are_lost, 30), 28, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thirty_calls_survive_ten_percent_loss),
        cmocka_unit_test(calls_with_parity_survive_ten_percent_loss),
    };
    return cmocka_run_group_tests(tests, pair_set_up, pair_tear_down);
}
