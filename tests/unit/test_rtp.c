/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "proto/rtp.h"

static void header_round_trip(void **state)
{
    const uint8_t sound[160] = {1, 2, 3};
    struct rtp_packet p = {true, RTP_PCMA, 65535, 0xFFFFFF60, 0x12345678, span_of(sound, sizeof(sound))}, q;
    uint8_t out[200];
    size_t len;
    assert_true(rtp_format(&p, out, sizeof(out), &len));
    assert_int_equal(len, 172);
    assert_int_equal(out[0], 0x80);
    assert_int_equal(out[1], 0x88);
    assert_true(rtp_parse(span_of(out, len), &q));
    assert_true(q.marker);
    assert_int_equal(q.type, RTP_PCMA);
    assert_int_equal(q.seq, 65535);
    assert_int_equal(q.timestamp, 0xFFFFFF60);
    assert_int_equal(q.ssrc, 0x12345678);
    assert_true(span_equal(q.payload, p.payload));
    assert_false(rtp_format(&p, out, 171, &len));
}

/* Two sources, an extension of one word, three octets of padding, payload AA BB. */
static const uint8_t everything[] = {0xB2, 0x00, 0, 1, 0, 0,    0,    2, 0, 0, 0, 3,    1,    1, 1, 1, 2,
                                     2,    2,    2, 0, 7, 0x00, 0x01, 9, 9, 9, 9, 0xAA, 0xBB, 0, 0, 3};

static void what_sits_between_header_and_payload_is_skipped(void **state)
{
    struct rtp_packet p;
    assert_true(rtp_parse(span_of(everything, sizeof(everything)), &p));
    assert_int_equal(p.payload.len, 2);
    assert_int_equal(p.payload.data[0], 0xAA);
    assert_int_equal(p.ssrc, 3);
}

static void every_length_that_lies_is_refused(void **state)
{
    struct rtp_packet p;
    for (size_t len = 0; len < 28; len++) {
        uint8_t *cut = malloc(len ? len : 1);
        memcpy(cut, everything, len);
        assert_false(rtp_parse(span_of(cut, len), &p));
        free(cut);
    }
    static const struct {
        size_t at;
        uint8_t value;
    } lies[] = {{0, 0x32}, {0, 0x72}, {0, 0xF2}, {0, 0xBF}, {22, 0xFF}, {23, 5}, {32, 0}, {32, 6}, {1, 200}};
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        uint8_t copy[sizeof(everything)];
        memcpy(copy, everything, sizeof(copy));
        copy[lies[i].at] = lies[i].value;
        assert_false(rtp_parse(span_of(copy, sizeof(copy)), &p));
    }
}

static void padding_alone_is_an_empty_payload(void **state)
{
    const uint8_t keepalive[] = {0xA0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4};
    struct rtp_packet p;
    assert_true(rtp_parse(span_of(keepalive, sizeof(keepalive)), &p));
    assert_int_equal(p.payload.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_round_trip),
        cmocka_unit_test(what_sits_between_header_and_payload_is_skipped),
        cmocka_unit_test(every_length_that_lies_is_refused),
        cmocka_unit_test(padding_alone_is_an_empty_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
