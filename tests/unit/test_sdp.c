/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>

#include "test.h"

#include "proto/sdp.h"

static struct sdp parsed(const char *text)
{
    struct sdp sdp;
    const char *why = "";
    bool good = sdp_parse(span_str(text), &sdp, &why);
    if (!good)
        print_error("%s\n", why);
    assert_true(good);
    return sdp;
}

static void refused(const char *text, const char *expected)
{
    struct sdp sdp;
    const char *why = NULL;
    assert_false(sdp_parse(span_str(text), &sdp, &why));
    assert_string_equal(why, expected);
}

static void is_address(const struct sdp_address *a, const char *expected)
{
    char text[SDP_ADDRESS_LEN];
    sdp_address_format(a, text);
    assert_string_equal(text, expected);
}

static void audio_offer_keeps_the_far_sides_order(void **state)
{
    struct sdp s = parsed("v=0\r\no=pbx 77 78 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
                          "m=audio 5004/2 RTP/AVP 18 8 0 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
                          "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
                          "a=ptime:20\r\na=sendrecv\r\n");
    assert_int_equal(s.session, 77);
    assert_int_equal(s.version, 78);
    assert_int_equal(s.media_count, 1);
    const struct sdp_media *m = &s.media[0];
    assert_int_equal(m->kind, SDP_AUDIO);
    assert_int_equal(m->port, 5004);
    assert_int_equal(m->codec_count, 2);
    assert_int_equal(m->codecs[0], SDP_PCMA);
    assert_int_equal(m->codecs[1], SDP_PCMU);
    is_address(&m->address, "192.0.2.1");
    assert_true(sdp_media_usable(m));
}

static void audio_without_our_codings_is_something_other(void **state)
{
    struct sdp s = parsed("v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/AVP 18 101\r\n");
    assert_int_equal(s.media[0].kind, SDP_OTHER);
    s = parsed("v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/SAVP 8\r\n");
    assert_int_equal(s.media[0].kind, SDP_OTHER);
}

static const char t38_head[] = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=image 4402 udptl t38\r\n";

static struct sdp_t38 t38_of(const char *attributes)
{
    char text[1000];
    (void)snprintf(text, sizeof(text), "%s%s", t38_head, attributes);
    struct sdp s = parsed(text);
    assert_int_equal(s.media[0].kind, SDP_IMAGE);
    return s.media[0].t38;
}

static void t38_attributes_of_real_gateways(void **state)
{
    struct sdp_t38 t = t38_of("");
    assert_int_equal(t.version, 0);
    assert_int_equal(t.max_bit_rate, 14400);
    assert_int_equal(t.max_datagram, 0);
    assert_int_equal(t.udp_ec, SDP_EC_NOT_SAID);
    assert_int_equal(t.rate_management, SDP_TRANSFERRED_TCF);
    assert_false(t.fill_bit_removal);

    t = t38_of("a=T38FaxVersion:3\r\na=T38MaxBitRate:33600\r\na=T38FaxFillBitRemoval\r\n"
               "a=T38FaxTranscodingMMR:0\r\na=T38FaxTranscodingJBIG:1\r\n"
               "a=T38FaxRateManagement:localTCF\r\na=T38FaxMaxBuffer:2000\r\n"
               "a=T38FaxMaxDatagram:176\r\na=T38FaxUdpEC:t38UDPFEC\r\n");
    assert_int_equal(t.version, 3);
    assert_int_equal(t.max_bit_rate, 33600);
    assert_true(t.fill_bit_removal);
    assert_false(t.transcoding_mmr);
    assert_true(t.transcoding_jbig);
    assert_int_equal(t.rate_management, SDP_LOCAL_TCF);
    assert_int_equal(t.max_buffer, 2000);
    assert_int_equal(t.max_datagram, 176);
    assert_int_equal(t.udp_ec, SDP_EC_FEC);

    t = t38_of("a=t38maxbitrate: 9600 \r\na=T38FaxFillBitRemoval:0\r\na=T38FaxUdpEC:t38UDPNoEC\r\n");
    assert_int_equal(t.max_bit_rate, 9600);
    assert_false(t.fill_bit_removal);
    assert_int_equal(t.udp_ec, SDP_EC_NONE);
    assert_true(t38_of("a=T38FaxFillBitRemoval:1\r\n").fill_bit_removal);
    assert_int_equal(t38_of("a=T38FaxUdpEC:t38UDPRedundancy\r\n").udp_ec, SDP_EC_REDUNDANCY);
}

static void a_senseless_datagram_size_means_not_said(void **state)
{
    assert_int_equal(t38_of("a=T38FaxMaxDatagram:0\r\n").max_datagram, 0);
    assert_int_equal(t38_of("a=T38FaxMaxDatagram:-1\r\n").max_datagram, 0);
    assert_int_equal(t38_of("a=T38FaxMaxDatagram:2147483648\r\n").max_datagram, 0);
    assert_int_equal(t38_of("a=T38FaxMaxDatagram:99999999999999999999999999\r\n").max_datagram, 0);
    assert_int_equal(t38_of("a=T38FaxMaxDatagram\r\n").max_datagram, 0);
    assert_int_equal(t38_of("a=T38MaxBitRate:-5\r\n").max_bit_rate, 14400);
    assert_int_equal(t38_of("a=T38FaxMaxDatagram:400\r\n").max_datagram, 400);
}

static void addresses_per_stream_go_before_the_sessions(void **state)
{
    struct sdp s = parsed("v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 5004 RTP/AVP 0\r\nc=IN IP6 ::1\r\n"
                          "c=IN IP4 192.0.2.99\r\nm=image 5006 udptl t38\r\n");
    is_address(&s.media[0].address, "::1");
    is_address(&s.media[1].address, "192.0.2.1");
}

static void media_that_cannot_be_sent_to_is_known(void **state)
{
    struct sdp s = parsed("v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 5004 RTP/AVP 0\r\n"
                          "m=audio 0 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"
                          "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 gateway.example.com\r\n"
                          "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127\r\n"
                          "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\na=inactive\r\n"
                          "m=audio 5004 RTP/AVP 0\r\nc=IN IP6 192.0.2.1\r\n"
                          "m=audio 5004 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\na=recvonly\r\n");
    for (size_t i = 0; i < 6; i++)
        assert_false(sdp_media_usable(&s.media[i]));
    assert_true(sdp_media_usable(&s.media[6]));
    assert_true(sdp_address_is_any(&s.media[0].address));
}

static void direction_of_the_session_holds_for_its_streams(void **state)
{
    struct sdp s = parsed("v=0\r\nc=IN IP4 192.0.2.1\r\na=sendonly\r\nm=audio 5004 RTP/AVP 0\r\n"
                          "m=audio 5004 RTP/AVP 0\r\na=recvonly\r\n");
    assert_int_equal(s.media[0].direction, SDP_SENDONLY);
    assert_int_equal(s.media[1].direction, SDP_RECVONLY);
    assert_int_equal(sdp_direction_answer(SDP_SENDONLY), SDP_RECVONLY);
    assert_int_equal(sdp_direction_answer(SDP_RECVONLY), SDP_SENDONLY);
    assert_int_equal(sdp_direction_answer(SDP_INACTIVE), SDP_INACTIVE);
    assert_int_equal(sdp_direction_answer(SDP_SENDRECV), SDP_SENDRECV);
}

static void what_is_no_description_is_refused(void **state)
{
    refused("", "it is empty");
    refused("hello", "it does not begin with v=0");
    refused("v=0\r\n", "it has no m-line");
    refused("v=0\r\nm=audio 70000 RTP/AVP 0\r\n", "an m-line without a port");
    refused("v=0\r\nm=audio x RTP/AVP 0\r\n", "an m-line without a port");
    refused("v=0\r\nm=audio 5004 RTP/AVP\r\n", "an m-line that is not complete");
    refused("v=0\r\nnonsense\r\n", "a line that is not of the form x=value");
    refused("v=0\nm=a 1 b c\nm=a 1 b c\nm=a 1 b c\nm=a 1 b c\nm=a 1 b c\nm=a 1 b c\nm=a 1 b c\nm=a 1 b c\n"
            "m=a 1 b c\n",
            "too many m-lines");
    struct sdp sdp;
    const char *why;
    assert_false(sdp_parse(span_of("v=0\0x", 5), &sdp, &why));
    static const char big[SDP_BYTES_MAX + 1] = "v=0\r\n";
    assert_false(sdp_parse(span_of(big, sizeof(big)), &sdp, &why));
    assert_string_equal(why, "it is too long");
}

static void what_is_written_reads_back_the_same(void **state)
{
    struct sdp s = {.session = 5, .version = 6, .media_count = 3};
    assert_true(sdp_address_parse("2001:db8::5", &s.address));
    s.media[0] = (struct sdp_media){.kind = SDP_AUDIO,
                                    .media = "audio",
                                    .transport = "RTP/AVP",
                                    .first_format = "8",
                                    .port = 20000,
                                    .address = s.address,
                                    .direction = SDP_RECVONLY,
                                    .codecs = {SDP_PCMA, SDP_PCMU},
                                    .codec_count = 2};
    s.media[1] = (struct sdp_media){.kind = SDP_IMAGE,
                                    .media = "image",
                                    .transport = "udptl",
                                    .first_format = "t38",
                                    .port = 20002,
                                    .t38 = {.version = 2,
                                            .max_bit_rate = 9600,
                                            .fill_bit_removal = true,
                                            .max_buffer = 1000,
                                            .max_datagram = 400,
                                            .udp_ec = SDP_EC_REDUNDANCY}};
    assert_true(sdp_address_parse("192.0.2.4", &s.media[1].address));
    s.media[2] =
        (struct sdp_media){.kind = SDP_OTHER, .media = "video", .transport = "RTP/AVP", .first_format = "31"};
    SCOPED_BUF struct buf b;
    buf_init(&b, SDP_BYTES_MAX);
    sdp_format(&s, &b);
    assert_false(b.overflow);
    struct sdp back = parsed(buf_text(&b));
    assert_int_equal(back.session, 5);
    assert_int_equal(back.version, 6);
    assert_int_equal(back.media_count, 3);
    assert_int_equal(back.media[0].direction, SDP_RECVONLY);
    assert_int_equal(back.media[0].codec_count, 2);
    assert_int_equal(back.media[0].codecs[0], SDP_PCMA);
    is_address(&back.media[0].address, "2001:db8::5");
    is_address(&back.media[1].address, "192.0.2.4");
    assert_memory_equal(&back.media[1].t38, &s.media[1].t38, sizeof(s.media[1].t38));
    assert_int_equal(back.media[2].port, 0);
    assert_string_equal(back.media[2].media, "video");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audio_offer_keeps_the_far_sides_order),
        cmocka_unit_test(audio_without_our_codings_is_something_other),
        cmocka_unit_test(t38_attributes_of_real_gateways),
        cmocka_unit_test(a_senseless_datagram_size_means_not_said),
        cmocka_unit_test(addresses_per_stream_go_before_the_sessions),
        cmocka_unit_test(media_that_cannot_be_sent_to_is_known),
        cmocka_unit_test(direction_of_the_session_holds_for_its_streams),
        cmocka_unit_test(what_is_no_description_is_refused),
        cmocka_unit_test(what_is_written_reads_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
