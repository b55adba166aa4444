/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "test.h"

#include "proto/rtp.h"
#include "t30/srtp.h"

/* RFC 3711 B.3's master key and salt. */
static const uint8_t key[SDES_KEY_LEN] = {0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f,
                                          0xa3, 0x2c, 0x06, 0xde, 0x41, 0x39, 0x0e, 0xc6, 0x75, 0xad,
                                          0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6};
static const uint8_t other_key[SDES_KEY_LEN] = {1};

enum { PAYLOAD_LEN = 16, PACKET_LEN = RTP_HEADER_LEN + PAYLOAD_LEN, ROOM = PACKET_LEN + SRTP_TAG_MAX };

static void make(uint8_t packet[ROOM], uint16_t sequence, uint32_t ssrc)
{
    uint8_t payload[PAYLOAD_LEN];
    size_t len;
    memset(payload, 0xab, sizeof(payload));
    const struct rtp_packet p = {.type = 15,
                                 .seq = sequence,
                                 .timestamp = 0xdecafbad,
                                 .ssrc = ssrc,
                                 .payload = span_of(payload, sizeof(payload))};
    assert_true(rtp_format(&p, packet, ROOM, &len));
    assert_int_equal(len, PACKET_LEN);
}

struct pair {
    struct srtp *out, *in;
};

static struct pair pair_of(enum sdes_suite suite)
{
    return (struct pair){srtp_new(suite, key), srtp_new(suite, key)};
}

static void pair_free(struct pair *p)
{
    srtp_free(p->out);
    srtp_free(p->in);
}

static size_t protected(struct pair *p, uint8_t packet[ROOM], uint16_t sequence)
{
    make(packet, sequence, 0xcafebabe);
    return srtp_protect(p->out, packet, PACKET_LEN);
}

/* As libsrtp's own test has it, which others compare with too. */
static void a_packet_is_what_others_make_of_it(void **state)
{
    static const uint8_t wanted[ROOM] = {0x80, 0x0f, 0x12, 0x34, 0xde, 0xca, 0xfb, 0xad, 0xca, 0xfe,
                                         0xba, 0xbe, 0x4e, 0x55, 0xdc, 0x4c, 0xe7, 0x99, 0x78, 0xd8,
                                         0x8c, 0xa4, 0xd2, 0x15, 0x94, 0x9d, 0x24, 0x02, 0xb7, 0x8d,
                                         0x6a, 0xcc, 0x99, 0xea, 0x17, 0x9b, 0x8d, 0xbb};
    struct pair p = pair_of(SDES_SHA1_80);
    uint8_t packet[ROOM], plain[ROOM];
    size_t len = protected(&p, packet, 0x1234);
    assert_int_equal(len, ROOM);
    assert_memory_equal(packet, wanted, ROOM);
    assert_true(srtp_unprotect(p.in, packet, &len));
    make(plain, 0x1234, 0xcafebabe);
    assert_int_equal(len, PACKET_LEN);
    assert_memory_equal(packet, plain, PACKET_LEN);
    pair_free(&p);
}

static void the_short_tag_has_four_octets(void **state)
{
    struct pair p = pair_of(SDES_SHA1_32);
    uint8_t packet[ROOM];
    size_t len = protected(&p, packet, 1);
    assert_int_equal(len, PACKET_LEN + 4);
    assert_true(srtp_unprotect(p.in, packet, &len));
    pair_free(&p);
}

static void what_was_altered_or_has_come_before_does_not_count(void **state)
{
    struct pair p = pair_of(SDES_SHA1_80);
    struct srtp *stranger = srtp_new(SDES_SHA1_80, other_key);
    uint8_t packet[ROOM], again[ROOM], bad[ROOM];
    size_t len = protected(&p, packet, 7);
    for (size_t i = 0; i < len; i++) {
        size_t n = len;
        memcpy(bad, packet, sizeof(bad));
        bad[i] ^= 0x40;
        assert_false(srtp_unprotect(p.in, bad, &n));
    }
    for (size_t n = 0; n < len; n++) {
        size_t cut = n;
        memcpy(bad, packet, sizeof(bad));
        assert_false(srtp_unprotect(p.in, bad, &cut));
    }
    size_t n = len;
    memcpy(bad, packet, sizeof(bad));
    assert_false(srtp_unprotect(stranger, bad, &n));
    memcpy(again, packet, sizeof(again));
    assert_true(srtp_unprotect(p.in, packet, &len));
    n = ROOM;
    assert_false(srtp_unprotect(p.in, again, &n));
    srtp_free(stranger);
    pair_free(&p);
}

static void packets_may_overtake_each_other_a_little(void **state)
{
    struct pair p = pair_of(SDES_SHA1_80);
    uint8_t packets[100][ROOM];
    size_t len = 0;
    for (uint16_t i = 0; i < 100; i++)
        len = protected(&p, packets[i], (uint16_t)(1000 + i));
    const struct {
        int packet;
        bool counts;
    } cases[] = {{0, true},   {80, true}, {79, true},  {17, true},
                 {16, false}, {99, true}, {80, false}, {98, true}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t copy[ROOM];
        size_t n = len;
        memcpy(copy, packets[cases[i].packet], sizeof(copy));
        assert_int_equal(srtp_unprotect(p.in, copy, &n), cases[i].counts);
    }
    pair_free(&p);
}

/* Behind 65535 comes 0, and the key goes on: what was lost or came late around it does no harm. */
static void numbers_roll_over(void **state)
{
    struct pair p = pair_of(SDES_SHA1_80);
    uint8_t late[ROOM], packet[ROOM];
    size_t late_len = 0;
    for (uint32_t i = 65000; i < 3 * 65536; i++) {
        size_t len = protected(&p, i == 65535 ? late : packet, (uint16_t)i);
        if (i == 65535)
            late_len = len;
        else if (i % 7 != 0)
            assert_true(srtp_unprotect(p.in, packet, &len));
        if (i == 65540)
            assert_true(srtp_unprotect(p.in, late, &late_len));
    }
    pair_free(&p);
}

static void sources_are_counted_each_by_itself(void **state)
{
    struct pair p = pair_of(SDES_SHA1_80);
    uint8_t packet[ROOM];
    for (uint16_t i = 0; i < 10; i++)
        for (uint32_t ssrc = 1; ssrc <= 2; ssrc++) {
            make(packet, (uint16_t)(ssrc * 20000 + i), ssrc);
            size_t len = srtp_protect(p.out, packet, PACKET_LEN);
            assert_true(srtp_unprotect(p.in, packet, &len));
        }
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_is_what_others_make_of_it),
        cmocka_unit_test(the_short_tag_has_four_octets),
        cmocka_unit_test(what_was_altered_or_has_come_before_does_not_count),
        cmocka_unit_test(packets_may_overtake_each_other_a_little),
        cmocka_unit_test(numbers_roll_over),
        cmocka_unit_test(sources_are_counted_each_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
