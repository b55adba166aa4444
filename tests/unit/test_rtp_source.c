/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "t30/rtp_source.h"

enum { FIRST = 0x11111111, SECOND = 0x22222222, THIRD = 0x33333333 };

static void strangers(struct rtp_source *s, uint32_t ssrc, int count)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(rtp_source_take(s, ssrc), RTP_SOURCE_STRANGER);
}

static void speaks(struct rtp_source *s, uint32_t ssrc, enum rtp_source_verdict how)
{
    assert_int_equal(rtp_source_take(s, ssrc), how);
    assert_int_equal(rtp_source_take(s, ssrc), RTP_SOURCE_SAME);
}

static void the_first_source_is_heard_at_once(void **state)
{
    struct rtp_source s = {0};
    speaks(&s, FIRST, RTP_SOURCE_NEW);
    struct rtp_source zero = {0};
    speaks(&zero, 0, RTP_SOURCE_NEW);
}

static void a_source_that_alone_goes_on_takes_the_place(void **state)
{
    struct rtp_source s = {0};
    speaks(&s, FIRST, RTP_SOURCE_NEW);
    strangers(&s, SECOND, RTP_NEW_SOURCE_PACKETS - 1);
    speaks(&s, SECOND, RTP_SOURCE_NEW);
    /* What is left of the old one on the way is not heard, and it may come back as others may. */
    strangers(&s, FIRST, RTP_NEW_SOURCE_PACKETS - 1);
    speaks(&s, FIRST, RTP_SOURCE_NEW);
    strangers(&s, 0, RTP_NEW_SOURCE_PACKETS - 1);
    speaks(&s, 0, RTP_SOURCE_NEW);
}

static void a_stranger_between_our_packets_is_never_heard(void **state)
{
    struct rtp_source s = {0};
    speaks(&s, FIRST, RTP_SOURCE_NEW);
    for (int i = 0; i < 100; i++) {
        strangers(&s, SECOND, RTP_NEW_SOURCE_PACKETS - 1);
        assert_int_equal(rtp_source_take(&s, FIRST), RTP_SOURCE_SAME);
    }
}

static void two_strangers_in_turn_are_no_new_source(void **state)
{
    struct rtp_source s = {0};
    speaks(&s, FIRST, RTP_SOURCE_NEW);
    for (int i = 0; i < 100; i++)
        strangers(&s, i % 2 == 0 ? SECOND : THIRD, 1);
    speaks(&s, FIRST, RTP_SOURCE_SAME);
}

static bool is_late(struct rtp_source *s, uint8_t type, uint32_t ssrc, bool has_udptl)
{
    struct rtp_packet packet = {.type = type, .ssrc = ssrc};
    return rtp_source_is_late_voice(s, &packet, has_udptl);
}

static void voice_that_comes_late_is_not_t38(void **state)
{
    struct rtp_source s = {0};
    speaks(&s, FIRST, RTP_SOURCE_NEW);
    assert_true(is_late(&s, RTP_PCMA, FIRST, false));
    assert_true(is_late(&s, RTP_PCMA, FIRST, true));
    assert_false(is_late(&s, RTP_PCMA, SECOND, true));
    assert_false(is_late(&s, 96, SECOND, false));
    /* A source that changed as the call became T.38. */
    assert_true(is_late(&s, RTP_PCMU, SECOND, false));
    assert_true(is_late(&s, RTP_PCMU, SECOND, true));
}

static void voice_of_a_call_without_any_yet_is_not_t38(void **state)
{
    struct rtp_source s = {0};
    assert_false(is_late(&s, RTP_PCMU, 0, true));
    assert_true(is_late(&s, RTP_PCMU, FIRST, false));
    assert_true(is_late(&s, RTP_PCMU, FIRST, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_source_is_heard_at_once),
        cmocka_unit_test(a_source_that_alone_goes_on_takes_the_place),
        cmocka_unit_test(a_stranger_between_our_packets_is_never_heard),
        cmocka_unit_test(two_strangers_in_turn_are_no_new_source),
        cmocka_unit_test(voice_that_comes_late_is_not_t38),
        cmocka_unit_test(voice_of_a_call_without_any_yet_is_not_t38),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
