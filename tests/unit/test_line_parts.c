/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The parts of the line room that need no network to be tried. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "base/str.h"
#include "line/tls_fault.h"
#include "line/dialog.h"
#include "line/guard.h"
#include "line/number.h"
#include "line/offer.h"
#include "line/ports.h"
#include "line/register_plan.h"
#include "line/shield.h"
#include "line/state.h"
#include "line/status.h"
#include "line/trunk.h"

/* A datagram from `from` to a socket with the shield up: does it arrive? */
static bool gets_through(const char *from, const char *to, const struct trunks *t)
{
    struct endpoint e[2];
    int fds[2];
    const char *const at[] = {from, to};
    for (int i = 0; i < 2; i++) {
        assert_true(endpoint_parse(at[i], &e[i]));
        fds[i] = socket(e[i].address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fds[i], (const struct sockaddr *)&e[i].address, e[i].len), 0);
        assert_int_equal(endpoint_of_socket(fds[i], &e[i]), 0);
    }
    char byte = 'x';
    assert_true(shield_raise(&e[1], t));
    assert_int_equal(sendto(fds[0], &byte, 1, 0, (const struct sockaddr *)&e[1].address, e[1].len), 1);
    bool came = recv(fds[1], &byte, 1, MSG_DONTWAIT) == 1;
    shield_lower(&e[1]);
    assert_int_equal(sendto(fds[0], &byte, 1, 0, (const struct sockaddr *)&e[1].address, e[1].len), 1);
    assert_int_equal(recv(fds[1], &byte, 1, MSG_DONTWAIT), 1);
    (void)close(fds[0]);
    (void)close(fds[1]);
    return came;
}

static void the_shield_knows_both_families(void **state)
{
    struct trunks t;
    struct trunk list[] = {{.id = "a", .host = "127.0.0.7"},
                           {.id = "b", .host = "127.0.0.8"},
                           {.id = "c", .host = "2001:db8::1"},
                           {.id = "d", .host = "::1"}};
    trunks_init(&t);
    trunks_set(&t, list, ARRAY_LEN(list));
    assert_true(gets_through("127.0.0.7:0", "127.0.0.1:0", &t));
    assert_true(gets_through("127.0.0.8:0", "127.0.0.1:0", &t));
    assert_false(gets_through("127.0.0.9:0", "127.0.0.1:0", &t));
    assert_true(gets_through("[::1]:0", "[::1]:0", &t));
    trunks_set(&t, list, 3);
    assert_false(gets_through("[::1]:0", "[::1]:0", &t));
    trunks_set(&t, NULL, 0);
    assert_false(gets_through("127.0.0.7:0", "127.0.0.1:0", &t));
}

/* proves: D8 */
static void networks_of_a_trunk_are_let_in_and_nobody_beside_them(void **state)
{
    struct trunks t;
    struct trunk list[] = {{.id = "a", .host = "192.0.2.1", .addresses = "127.0.1.0/24 ::/127"},
                           {.id = "b", .host = "192.0.2.2", .addresses = "127.0.2.128/25 127.0.3.3"}};
    static const struct {
        const char *from, *trunk;
    } rows[] = {{"127.0.1.0:0", "a"},    {"127.0.1.254:0", "a"}, {"127.0.0.254:0", NULL},
                {"127.0.2.127:0", NULL}, {"127.0.2.128:0", "b"}, {"127.0.3.3:0", "b"},
                {"127.0.3.2:0", NULL},   {"[::1]:0", "a"}};
    trunks_init(&t);
    trunks_set(&t, list, ARRAY_LEN(list));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct endpoint e;
        assert_true(endpoint_parse(rows[i].from, &e));
        const struct trunk_peer *p = trunks_match(&t, &e, NULL);
        assert_string_equal(p ? p->trunk.id : "stranger", rows[i].trunk ? rows[i].trunk : "stranger");
        assert_int_equal(gets_through(rows[i].from, rows[i].from[0] == '[' ? "[::1]:0" : "127.0.0.1:0", &t),
                         rows[i].trunk != NULL);
    }
    (void)str_copy(list[0].addresses, sizeof(list[0].addresses), "0.0.0.0/0");
    trunks_set(&t, list, 1);
    assert_true(gets_through("127.0.9.9:0", "127.0.0.1:0", &t));
    assert_false(gets_through("[::1]:0", "[::1]:0", &t));
    trunks_clear(&t);
}

static void peers_of_trunks_are_read(void **state)
{
    static const struct {
        const char *uri, *host;
        int port;
    } good[] = {{"sip:192.0.2.1:5070", "192.0.2.1", 5070},
                {"sip:pbx.example.com", "pbx.example.com", 5060},
                {"sip:[2001:db8::1]:5070", "[2001:db8::1]", 5070},
                {"sip:[::1]", "[::1]", 5060},
                {"127.0.0.1:1", "127.0.0.1", 1},
                {"sip:pbx:5080;transport=tcp", "pbx", 5080}};
    static const char *const bad[] = {"",         "sip:",        "sip:x:y",      "sip:[::1",
                                      "sip:a b",  "sip:x:70000", "sip:u@h:5060", "sip:x:5060/y",
                                      "sip:[pbx]"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct trunk t = {0};
        assert_true(trunk_parse_peer(good[i].uri, &t));
        assert_string_equal(t.host, good[i].host);
        assert_int_equal(trunk_port(&t), good[i].port);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct trunk t = {0};
        assert_false(trunk_parse_peer(bad[i], &t));
    }
    enum trunk_transport transport;
    assert_true(trunk_parse_transport("TCP", &transport));
    assert_int_equal(transport, TRUNK_TCP);
    assert_true(trunk_parse_transport("tls", &transport));
    assert_int_equal(transport, TRUNK_TLS);
    assert_false(trunk_parse_transport("sctp", &transport));
}

static void peers_are_known_by_address_and_first_by_port(void **state)
{
    struct trunks t;
    struct trunk list[] = {{.id = "a", .name = "first", .host = "192.0.2.1", .port = 5060},
                           {.id = "b", .name = "second", .host = "192.0.2.1", .port = 5080},
                           {.id = "c", .name = "third", .host = "[2001:db8::1]"}};
    struct endpoint e;
    trunks_init(&t);
    trunks_set(&t, list, ARRAY_LEN(list));
    assert_true(endpoint_parse("192.0.2.1:5080", &e));
    assert_string_equal(trunks_match(&t, &e, NULL)->trunk.id, "b");
    assert_true(endpoint_parse("192.0.2.1:40000", &e));
    assert_string_equal(trunks_match(&t, &e, NULL)->trunk.id, "a");
    assert_true(endpoint_parse("[2001:db8::1]:5060", &e));
    assert_string_equal(trunks_match(&t, &e, NULL)->trunk.id, "c");
    assert_true(endpoint_parse("192.0.2.2:5060", &e));
    assert_null(trunks_match(&t, &e, NULL));
    assert_string_equal(trunks_find(&t, "second")->trunk.id, "b");
    trunks_set(&t, list, 1);
    assert_null(trunks_find(&t, "b"));
    assert_non_null(trunks_find(&t, "a"));
    trunks_clear(&t);
}

static void a_called_contact_names_its_trunk(void **state)
{
    struct trunks t;
    struct trunk list[] = {{.id = "a", .name = "first", .host = "192.0.2.1", .user = "x", .registers = true},
                           {.id = "b", .name = "second", .host = "192.0.2.1", .user = "y", .registers = true},
                           {.id = "c", .name = "third", .host = "192.0.2.1"},
                           {.id = "d", .name = "other", .host = "192.0.2.9", .user = "z", .registers = true}};
    struct endpoint e;
    trunks_init(&t);
    trunks_set(&t, list, ARRAY_LEN(list));
    assert_true(endpoint_parse("192.0.2.1:5060", &e));
    assert_string_equal(trunks_match(&t, &e, "b")->trunk.id, "b");
    assert_string_equal(trunks_match(&t, &e, "200")->trunk.id, "a");
    assert_string_equal(trunks_match(&t, &e, "c")->trunk.id, "a"); /* it has registered no contact */
    assert_string_equal(trunks_match(&t, &e, "d")->trunk.id, "a"); /* which is not at that address */
    assert_true(endpoint_parse("192.0.2.2:5060", &e));
    assert_null(trunks_match(&t, &e, "b")); /* who knows the contact is a stranger all the same */
    trunks_clear(&t);
}

static void registrations_are_refreshed_in_time_and_failures_wait_longer(void **state)
{
    assert_int_equal(register_refresh_s(3600), 3540);
    assert_int_equal(register_refresh_s(120), 60);
    assert_int_equal(register_refresh_s(30), 15);
    assert_int_equal(register_refresh_s(0), REGISTER_LEAST_S / 2); /* never without end */
    assert_int_equal(register_refresh_s(UINT32_MAX), REGISTER_MOST_S - 60);
    for (uint32_t random = 0; random < 100; random++) {
        assert_in_range(register_retry_s(REGISTER_UNREACHED, 1, 0, random), 2, 4);
        assert_in_range(register_retry_s(REGISTER_UNREACHED, 4, 0, random), 16, 32);
        assert_in_range(register_retry_s(REGISTER_REFUSED, 1, 0, random), 30, 60);
        assert_in_range(register_retry_s(REGISTER_UNREACHED, 4000, 0, random), 30, 60);
        assert_in_range(register_retry_s(REGISTER_REFUSED, 4000, 0, random), 900, 1800);
        assert_int_equal(register_retry_s(REGISTER_UNREACHED, 1, 300, random), 300);
        assert_int_equal(register_retry_s(REGISTER_UNREACHED, 1, UINT32_MAX, random), 3600);
    }
}

static void account_names_are_escaped(void **state)
{
    char user[64];
    assert_true(number_to_userinfo("line-1", user, sizeof(user)));
    assert_string_equal(user, "line-1");
    assert_true(number_to_userinfo("a b@c\xc3\xa4>", user, sizeof(user)));
    assert_string_equal(user, "a%20b%40c%C3%A4%3E");
    assert_false(number_to_userinfo("", user, sizeof(user)));
    assert_false(number_to_userinfo("123456789", user, 10));
}

/* proves: D8 */
static void media_ports_are_even_in_range_and_one_a_call(void **state)
{
    struct ports p;
    struct endpoint any, e[3];
    int fds[3];
    /* A range that is free now: around a port of the kernel's choice. */
    ports_init(&p, 0, 0);
    assert_true(endpoint_parse("127.0.0.1:0", &any));
    e[0] = any;
    int probe = ports_open(&p, &e[0]);
    assert_true(probe >= 0);
    uint16_t first = endpoint_port(&e[0]);
    assert_int_equal(first % 2, 0);
    ports_init(&p, first, (uint16_t)(first + 3));
    e[1] = any;
    fds[1] = ports_open(&p, &e[1]); /* first is taken: first + 2, unless somebody has that */
    if (fds[1] >= 0)
        assert_int_equal(endpoint_port(&e[1]), first + 2);
    e[2] = any;
    assert_int_equal(ports_open(&p, &e[2]), -EADDRINUSE);
    (void)close(probe);
    e[0] = any;
    fds[0] = ports_open(&p, &e[0]);
    assert_true(fds[0] >= 0);
    assert_int_equal(endpoint_port(&e[0]), first);
    (void)close(fds[0]);
    if (fds[1] >= 0)
        (void)close(fds[1]);
}

static void dialogs_that_were_cut_or_changed_are_refused(void **state)
{
    struct dialog d = {.call_id = "abc@x",
                       .local = "<sip:a@x>;tag=1",
                       .remote = "<sip:b@y>;tag=2",
                       .target = "sip:b@192.0.2.1",
                       .route = "<sip:proxy;lr>",
                       .cseq = 77,
                       .hop = "sip:192.0.2.7:5062;transport=udp"};
    struct dialog back;
    SCOPED_BUF struct buf b;
    buf_init(&b, DIALOG_BYTES_MAX);
    assert_true(dialog_format(&d, &b));
    assert_true(dialog_parse(buf_span(&b), &back));
    assert_string_equal(back.remote, d.remote);
    assert_string_equal(back.route, d.route);
    assert_int_equal(back.cseq, 77);
    assert_string_equal(back.hop, d.hop);
    for (size_t len = 0; len < b.len; len++)
        assert_false(dialog_parse(span_of(b.data, len), &back));
    (void)buf_append_byte(&b, 0);
    assert_false(dialog_parse(buf_span(&b), &back));
    buf_reset(&b);
    (void)str_copy(d.remote, sizeof(d.remote), "<sip:b@y>;tag=2\r\nX-Evil: 1");
    assert_true(dialog_format(&d, &b));
    assert_false(dialog_parse(buf_span(&b), &back));
}

static void an_offer_is_answered_stream_by_stream(void **state)
{
    struct offer_side side = {.session = 1, .version = 1, .t38 = true};
    struct sdp theirs, ours;
    struct media agreed;
    const char *why;
    assert_true(endpoint_parse("192.0.2.9:20000", &side.local));
    assert_true(
        sdp_parse(span_str("v=0\r\nc=IN IP4 192.0.2.1\r\nm=video 4 RTP/AVP 31\r\nm=audio 5 RTP/AVP 0 8\r\n"
                           "a=sendonly\r\nm=image 6 udptl t38\r\n"),
                  &theirs, &why));
    assert_true(offer_answer(&theirs, &side, &ours, &agreed));
    assert_int_equal(agreed.kind, MEDIA_T38);
    assert_int_equal(endpoint_port(&agreed.remote), 6);
    assert_int_equal(ours.media_count, 3);
    assert_int_equal(ours.media[0].port, 0);
    assert_int_equal(ours.media[1].port, 0);
    assert_int_equal(ours.media[2].port, 20000);
    side.t38 = false;
    assert_true(offer_answer(&theirs, &side, &ours, &agreed));
    assert_int_equal(agreed.kind, MEDIA_PCMU); /* their order */
    assert_int_equal(ours.media[1].port, 20000);
    assert_int_equal(ours.media[1].direction, SDP_RECVONLY);
    assert_int_equal(ours.media[2].port, 0);
    /* T.38 with localTCF cannot work over UDP. */
    side.t38 = true;
    assert_true(sdp_parse(span_str("v=0\r\nc=IN IP4 192.0.2.1\r\nm=image 6 udptl t38\r\n"
                                   "a=T38FaxRateManagement:localTCF\r\n"),
                          &theirs, &why));
    assert_false(offer_answer(&theirs, &side, &ours, &agreed));
    /* An answer that refuses what we offered. */
    assert_true(sdp_parse(span_str("v=0\r\nc=IN IP4 192.0.2.1\r\nm=image 0 udptl t38\r\n"), &theirs, &why));
    assert_false(offer_answered(&theirs, &side, true, &agreed));
    assert_false(offer_answered(&theirs, &side, false, &agreed));
}

#define KEY       "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
#define NO        OFFER_SRTP_NO
#define OPTIONAL  OFFER_SRTP_OPTIONAL
#define REQUIRED  OFFER_SRTP_REQUIRED
#define HEAD      "v=0\r\nc=IN IP4 192.0.2.1\r\n"
#define PLAIN     "m=audio 5 RTP/AVP 8\r\n"
#define SECURE    "m=audio 6 RTP/SAVP 8\r\n"
#define LONG_TAG  "a=crypto:7 AES_CM_128_HMAC_SHA1_80 " KEY "|2^20 WSH=64\r\n"
#define SHORT_TAG "a=crypto:8 AES_CM_128_HMAC_SHA1_32 " KEY "\r\n"
#define IMAGE     "m=image 9 udptl t38\r\n"

static void an_offer_of_srtp_is_answered_as_the_trunk_has_it(void **state)
{
    enum { NONE = 0 };
    static const struct {
        const char *offer;
        enum offer_srtp srtp;
        unsigned port; /* theirs, that was taken; NONE: refused */
        uint32_t tag;  /* of the key that was taken; 0: in clear */
    } cases[] = {
        {HEAD PLAIN, NO, 5, 0},
        {HEAD PLAIN, OPTIONAL, 5, 0},
        {HEAD PLAIN, REQUIRED, NONE, 0},
        {HEAD SECURE LONG_TAG, NO, NONE, 0},
        {HEAD SECURE LONG_TAG, OPTIONAL, 6, 7},
        {HEAD SECURE SHORT_TAG LONG_TAG, REQUIRED, 6, 8},
        {HEAD PLAIN LONG_TAG, NO, 5, 0}, /* RFC 8643 */
        {HEAD PLAIN LONG_TAG, OPTIONAL, 5, 7},
        {HEAD PLAIN LONG_TAG, REQUIRED, 5, 7},
        {HEAD PLAIN SECURE LONG_TAG, NO, 5, 0},
        {HEAD PLAIN SECURE LONG_TAG, OPTIONAL, 6, 7},
        {HEAD SECURE, OPTIONAL, NONE, 0},
        {HEAD SECURE "a=crypto:1 AEAD_AES_256_GCM inline:xx\r\n", OPTIONAL, NONE, 0},
        {HEAD SECURE "a=crypto:1 AEAD_AES_256_GCM inline:xx\r\n" SHORT_TAG, OPTIONAL, 6, 8},
        {HEAD SECURE "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "|2^20|1:4\r\n", OPTIONAL, NONE, 0}, /* MKI */
        {HEAD SECURE "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY " UNENCRYPTED_SRTP\r\n", OPTIONAL, NONE, 0},
        {HEAD SECURE "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:dG9vIHNob3J0\r\n", OPTIONAL, NONE, 0},
        {HEAD IMAGE PLAIN, OPTIONAL, 9, 0},
        {HEAD IMAGE PLAIN, REQUIRED, NONE, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct offer_side side = {
            .srtp = cases[i].srtp, .key = {1}, .t38 = cases[i].srtp != OFFER_SRTP_REQUIRED};
        struct sdp theirs, ours;
        struct media agreed = {0};
        const char *why;
        assert_true(endpoint_parse("192.0.2.9:20000", &side.local));
        assert_true(sdp_parse(span_str(cases[i].offer), &theirs, &why));
        bool taken = offer_answer(&theirs, &side, &ours, &agreed);
        assert_int_equal(taken ? endpoint_port(&agreed.remote) : 0, cases[i].port);
        assert_int_equal(taken && agreed.encrypted, cases[i].tag != 0);
        if (!cases[i].tag)
            continue;
        size_t at = theirs.media[0].port == cases[i].port ? 0 : 1;
        assert_int_equal(ours.media[at].crypto_count, 1);
        assert_int_equal(ours.media[at].crypto[0].tag, cases[i].tag);
        assert_int_equal(ours.media[at].crypto[0].suite, agreed.ours.suite);
        assert_int_equal(ours.media[at].secure, theirs.media[at].secure);
        assert_memory_equal(ours.media[at].crypto[0].key, side.key, sizeof(side.key));
        assert_memory_equal(agreed.ours.key, side.key, sizeof(side.key));
        assert_int_equal(agreed.theirs.key[0], 'w');
        assert_int_equal(agreed.theirs.suite, agreed.ours.suite);
    }
}

static void an_answer_to_our_srtp_has_to_fit_our_offer(void **state)
{
#define OURS "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n"
    static const struct {
        const char *answer;
        enum offer_srtp srtp;
        bool good, encrypted;
    } cases[] = {
        {HEAD PLAIN, NO, true, false},
        {HEAD PLAIN OURS, NO, true, false},
        {HEAD PLAIN, OPTIONAL, true, false},
        {HEAD PLAIN OURS, OPTIONAL, true, true},
        {HEAD PLAIN LONG_TAG, OPTIONAL, false, false}, /* another tag than ours */
        {HEAD SECURE OURS, OPTIONAL, false, false},
        {HEAD SECURE OURS, REQUIRED, true, true},
        {HEAD PLAIN OURS, REQUIRED, false, false},
        {HEAD PLAIN, REQUIRED, false, false},
        {HEAD SECURE "a=crypto:1 AES_CM_128_HMAC_SHA1_32 " KEY "\r\n", REQUIRED, false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct offer_side side = {.srtp = cases[i].srtp};
        struct sdp ours, theirs;
        struct media agreed = {0};
        const char *why;
        assert_true(endpoint_parse("192.0.2.9:20000", &side.local));
        offer_audio(&side, &ours);
        assert_int_equal(ours.media[0].crypto_count, cases[i].srtp != OFFER_SRTP_NO);
        assert_int_equal(ours.media[0].secure, cases[i].srtp == OFFER_SRTP_REQUIRED);
        assert_true(sdp_parse(span_str(cases[i].answer), &theirs, &why));
        assert_int_equal(offer_answered(&theirs, &side, false, &agreed), cases[i].good);
        assert_int_equal(agreed.encrypted, cases[i].encrypted);
    }
}

/* Copies or parity in T.38: what we offer, what we answer, and what is sent then. */
static void parity_is_agreed_on_as_the_trunk_has_it(void **state)
{
    enum { AUTO = OFFER_CORRECTION_AUTO, COPIES = OFFER_CORRECTION_COPIES, PARITY = OFFER_CORRECTION_PARITY };
    static const struct {
        const char *theirs; /* behind their m-line */
        int correction;
        bool offered, answered, sent;
    } cases[] = {
        {"a=T38FaxUdpEC:t38UDPFEC\r\n", AUTO, false, true, true},
        {"a=T38FaxUdpEC:t38UDPFEC\r\n", COPIES, false, false, false},
        {"a=T38FaxUdpEC:t38UDPFEC\r\n", PARITY, true, true, true},
        {"a=T38FaxUdpEC:t38UDPRedundancy\r\n", AUTO, false, false, false},
        {"a=T38FaxUdpEC:t38UDPRedundancy\r\n", PARITY, true, false, false},
        {"a=T38FaxUdpEC:t38UDPNoEC\r\n", PARITY, true, false, false},
        {"", PARITY, true, false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct offer_side side = {.t38 = true, .correction = (enum offer_correction)cases[i].correction};
        struct sdp theirs, ours;
        struct media agreed = {0};
        const char *why;
        char text[300];
        assert_true(endpoint_parse("192.0.2.9:20000", &side.local));
        assert_true(str_format(text, sizeof(text), "%s%s", HEAD IMAGE, cases[i].theirs));
        assert_true(sdp_parse(span_str(text), &theirs, &why));
        offer_t38(&side, &ours);
        assert_int_equal(ours.media[0].t38.udp_ec == SDP_EC_FEC, cases[i].offered);
        assert_true(offer_answered(&theirs, &side, true, &agreed));
        assert_int_equal(agreed.fec, cases[i].sent);
        assert_true(offer_answer(&theirs, &side, &ours, &agreed));
        assert_int_equal(ours.media[0].t38.udp_ec == SDP_EC_FEC, cases[i].answered);
        assert_int_equal(agreed.fec, cases[i].sent);
        offer_again(&side, &agreed, &ours);
        assert_int_equal(ours.media[0].t38.udp_ec == SDP_EC_FEC, cases[i].sent);
    }
}

static void states_move_by_the_table_only(void **state)
{
    assert_true(call_state_may_move(CALL_NEW, CALL_CALLING));
    assert_false(call_state_may_move(CALL_NEW, CALL_TALKING));
    assert_false(call_state_may_move(CALL_ENDED, CALL_ENDED));
    assert_false(call_state_may_move(CALL_ENDED, CALL_TALKING));
    assert_false(call_state_may_move(CALL_CANCELLING, CALL_TALKING));
    for (int s = 0; s < CALL_ENDED; s++)
        assert_true(call_state_may_move((enum call_state)s, CALL_ENDED));
    assert_true(call_state_has_media(CALL_OFFERING));
    assert_false(call_state_has_media(CALL_RINGING));
}

static void every_answer_has_words(void **state)
{
    for (int status = 300; status < 700; status++) {
        struct outcome o;
        enum dial_failure f = status_outcome(status, &o);
        assert_true(strlen(o.text) > 10);
        assert_int_not_equal(o.verdict, VERDICT_DONE);
        assert_int_equal(o.verdict == VERDICT_GIVE_UP, f == DIAL_FINAL);
    }
    struct outcome o;
    assert_int_equal(status_outcome(699, &o), DIAL_BUSY); /* x00 of its class */
    assert_string_equal(o.code, "sip-699");
}

/* proves: D8 */
static void strangers_are_answered_a_few_a_second(void **state)
{
    struct guard g;
    uint64_t count;
    guard_init(&g, 1000);
    for (int i = 0; i < GUARD_BURST; i++)
        assert_true(guard_allow(&g, 1000));
    assert_false(guard_allow(&g, 1000));
    assert_true(guard_log_due(&g, 1000, &count));
    assert_int_equal(count, GUARD_BURST + 1);
    assert_false(guard_log_due(&g, 1001, &count));
    int allowed = 0;
    for (int ms = 0; ms < 10000; ms++)
        allowed += guard_allow(&g, 1000 + ms);
    assert_in_range(allowed, 10 * GUARD_PER_SECOND - 1, 10 * GUARD_PER_SECOND + 1);
}

static void an_address_where_nobody_answers_rests(void **state)
{
    struct trunks t;
    struct trunk trunk = {.id = "1", .host = "pbx.example"};
    struct endpoint at[3], e;
    trunks_init(&t);
    trunks_set(&t, &trunk, 1);
    assert_true(endpoint_parse("[2001:db8::1]:5060", &at[0]) && endpoint_parse("192.0.2.1:5062", &at[1]) &&
                endpoint_parse("192.0.2.2:5064", &at[2]));
    const struct trunk_peer *p = trunks_find(&t, "1");
    assert_int_equal(trunk_best_address(p, true, true, 1000, &e), TRUNK_WAY_UNKNOWN);
    trunks_set_addresses(&t, &trunk, NULL, 0);
    assert_int_equal(trunk_best_address(p, true, true, 1000, &e), TRUNK_WAY_NONE);
    trunks_set_addresses(&t, &trunk, at, 3);
    assert_int_equal(trunk_best_address(p, true, true, 1000, &e), TRUNK_WAY_FRESH);
    assert_int_equal(endpoint_port(&e), 5060);
    assert_int_equal(trunk_best_address(p, true, false, 1000, &e), TRUNK_WAY_FRESH);
    assert_int_equal(endpoint_port(&e), 5062);
    trunks_address_failed(&t, "1", &at[1], 1000);
    assert_int_equal(trunk_best_address(p, true, false, 2000, &e), TRUNK_WAY_FRESH);
    assert_int_equal(endpoint_port(&e), 5064);
    trunks_address_failed(&t, "1", &at[2], 2000);
    trunks_set_addresses(&t, &trunk, at, 3); /* looked up again: what failed is not forgotten */
    trunks_set_addresses(&t, &trunk, NULL, 0);
    assert_int_equal(trunk_best_address(p, true, false, 3000, &e), TRUNK_WAY_WORN);
    assert_int_equal(endpoint_port(&e), 5062);
    assert_int_equal(trunk_best_address(p, true, false, 1000 + 5 * 60 * 1000, &e), TRUNK_WAY_FRESH);
    /* another proxy: other addresses */
    (void)str_copy(trunk.proxy_host, sizeof(trunk.proxy_host), "192.0.2.9");
    trunks_set(&t, &trunk, 1);
    assert_int_equal(trunk_best_address(p, true, false, 3000, &e), TRUNK_WAY_FRESH);
    assert_int_equal(endpoint_port(&e), 5060);
    assert_ptr_equal(trunks_match(&t, &e, NULL), p); /* and its calls come from there */
    trunks_clear(&t);
}

static void a_failed_handshake_says_what_to_do(void **state)
{
    static const struct {
        const char *line;
        enum tls_fault fault;
        const char *word;
    } rows[] = {
        {"  err 10:certificate has expired\n", TLS_FAULT_EXPIRED, "pbx shows a certificate that has expired"},
        {"  err 9:certificate is not yet valid\n", TLS_FAULT_EARLY, "clock"},
        {"  err 18:self-signed certificate\n", TLS_FAULT_AUTHORITY, "sip_ca"},
        {"  err 20:unable to get local issuer certificate\n", TLS_FAULT_AUTHORITY, "sip_ca"},
        {"  err 7:certificate signature failure\n", TLS_FAULT_OTHER, "not good"},
        {"tls_post_connection_check(0x1): Peer Subject Mismatch (pbx)\n", TLS_FAULT_NAME, "another name"},
        {"TLS setup failed: 0A00010B:SSL routines::wrong version number\n", TLS_FAULT_PROTOCOL, "port"},
        {"tport_recv_event(0x1): error\n", TLS_FAULT_NONE, ""},
    };
    struct endpoint peer;
    char text[400];
    assert_true(tls_fault_peer_of_line("tport_close(0x5643): tls/127.0.0.1:44389/sips\n", &peer));
    assert_int_equal(endpoint_port(&peer), 44389);
    assert_true(tls_fault_peer_of_line("tport_close(0x5643): tls/[::1]:5061/sips\n", &peer));
    assert_false(tls_fault_peer_of_line("tport_close(0x5643): tcp/127.0.0.1:44389/sip\n", &peer));
    assert_false(tls_fault_peer_of_line("tport_close(0x5643): tls/x", &peer));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(tls_fault_of_line(rows[i].line), rows[i].fault);
        tls_fault_text(rows[i].fault, "pbx", text, sizeof(text));
        assert_non_null(strstr(text, rows[i].word));
        assert_int_equal(text[0] == 0, rows[i].word[0] == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peers_of_trunks_are_read),
        cmocka_unit_test(peers_are_known_by_address_and_first_by_port),
        cmocka_unit_test(a_called_contact_names_its_trunk),
        cmocka_unit_test(networks_of_a_trunk_are_let_in_and_nobody_beside_them),
        cmocka_unit_test(registrations_are_refreshed_in_time_and_failures_wait_longer),
        cmocka_unit_test(account_names_are_escaped),
        cmocka_unit_test(media_ports_are_even_in_range_and_one_a_call),
        cmocka_unit_test(dialogs_that_were_cut_or_changed_are_refused),
        cmocka_unit_test(an_offer_is_answered_stream_by_stream),
        cmocka_unit_test(an_offer_of_srtp_is_answered_as_the_trunk_has_it),
        cmocka_unit_test(an_answer_to_our_srtp_has_to_fit_our_offer),
        cmocka_unit_test(parity_is_agreed_on_as_the_trunk_has_it),
        cmocka_unit_test(states_move_by_the_table_only),
        cmocka_unit_test(every_answer_has_words),
        cmocka_unit_test(strangers_are_answered_a_few_a_second),
        cmocka_unit_test(the_shield_knows_both_families),
        cmocka_unit_test(an_address_where_nobody_answers_rests),
        cmocka_unit_test(a_failed_handshake_says_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
