/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two user agents in one process speak to each other over kernel-chosen loopback ports. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "line_world.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "line/guard.h"

static void same_socket(int fd, const struct endpoint *named)
{
    struct endpoint e;
    assert_int_equal(endpoint_of_socket(fd, &e), 0);
    char x[ENDPOINT_TEXT_LEN], y[ENDPOINT_TEXT_LEN];
    endpoint_format(&e, x);
    endpoint_format(named, y);
    assert_string_equal(x, y);
}

static void call_over(const char *listen, enum trunk_transport transport)
{
    struct world w;
    world_open(&w, listen);
    struct trunk t = trunk_to(w.b.ua, transport);
    (void)dial_over(&w, &t, "2*0#0");
    wait_until(&w, &w.a.media, 1);
    wait_until(&w, &w.b.media, 1);
    assert_int_equal(w.a.ringing, 1);
    assert_int_equal(w.a.answered, 1);
    assert_string_equal(w.b.called, "2*0#0");
    assert_string_equal(w.b.calling, "+4930123");
    assert_string_equal(w.b.calling_name, "Town \"Hall\"");
    assert_int_equal(w.a.kind, MEDIA_PCMA);
    assert_int_equal(w.b.kind, MEDIA_PCMA);
    same_socket(w.b.fd, &w.a.remote);
    same_socket(w.a.fd, &w.b.remote);
    assert_int_equal(endpoint_port(&w.a.remote) % 2, 0);
    ua_hang_up(w.a.call);
    wait_until(&w, &w.b.ended, 1);
    wait_until(&w, &w.a.ended, 1);
    assert_true(w.b.end.by_far_side);
    assert_true(w.b.end.answered);
    assert_false(w.a.end.by_far_side);
    world_close(&w);
}

static void a_call_over_udp(void **state)
{
    call_over("127.0.0.1:0", TRUNK_UDP);
}

static void a_call_over_tcp(void **state)
{
    call_over("127.0.0.1:0", TRUNK_TCP);
}

/* proves: D8 */
static void a_call_over_ipv6(void **state)
{
    call_over("[::1]:0", TRUNK_UDP);
    call_over("[::1]:0", TRUNK_TCP);
}

static void a_listener_on_every_address_names_one_that_works(const char *listen, const char *host)
{
    struct world w;
    world_open(&w, listen);
    struct trunk to_a = trunk_to(w.a.ua, TRUNK_UDP), to_b = trunk_to(w.b.ua, TRUNK_UDP);
    (void)str_copy(to_a.host, sizeof(to_a.host), host);
    (void)str_copy(to_b.host, sizeof(to_b.host), host);
    ua_set_trunks(w.b.ua, &to_a, 1);
    (void)dial_over(&w, &to_b, "200");
    wait_until(&w, &w.a.media, 1);
    wait_until(&w, &w.b.media, 1);
    char remote[ENDPOINT_TEXT_LEN];
    endpoint_format_host(&w.a.remote, remote);
    assert_string_equal(remote, host);
    ua_hang_up(w.b.call); /* to the Contact of the INVITE */
    wait_until(&w, &w.a.ended, 1);
    assert_true(w.a.end.by_far_side);
    world_close(&w);
}

static void a_listener_on_every_address(void **state)
{
    a_listener_on_every_address_names_one_that_works("0.0.0.0:0", "127.0.0.1");
    a_listener_on_every_address_names_one_that_works("[::]:0", "::1");
}

/* Whom b sees, where a's trunk carries the caller id so and b's looks for it so. */
static void caller_seen(enum trunk_identity out, enum trunk_caller in, const char *wanted)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    struct trunk to_a = trunk_to(w.a.ua, TRUNK_UDP), to_b = trunk_to(w.b.ua, TRUNK_UDP);
    to_a.caller_from = in;
    to_b.identity = out;
    (void)str_copy(to_b.user, sizeof(to_b.user), "account");
    ua_set_trunks(w.b.ua, &to_a, 1);
    (void)dial_over(&w, &to_b, "200");
    wait_until(&w, &w.b.invited, 1);
    assert_string_equal(w.b.calling, wanted);
    world_close(&w);
}

static void the_caller_id_stands_where_the_trunk_wants_it(void **state)
{
    caller_seen(TRUNK_IDENTITY_FROM, TRUNK_CALLER_ASSERTED, "+4930123");
    caller_seen(TRUNK_IDENTITY_ASSERTED, TRUNK_CALLER_ASSERTED, "+4930123");
    caller_seen(TRUNK_IDENTITY_ASSERTED, TRUNK_CALLER_FROM, "account");
    caller_seen(TRUNK_IDENTITY_PREFERRED, TRUNK_CALLER_ASSERTED, "account");
}

static void a_user_agent_can_call_itself(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    w.b.both_ends = true;
    struct trunk self = trunk_to(w.b.ua, TRUNK_UDP);
    ua_set_trunks(w.b.ua, &self, 1);
    struct ua_ended failed;
    struct ua_dial d = {.attempt = id_new(),
                        .trunk = &self,
                        .secret = "",
                        .number = "200",
                        .caller_id = "",
                        .caller_name = "",
                        .t38 = true};
    struct ua_call *caller = ua_dial(w.b.ua, &d, &failed);
    assert_non_null(caller);
    wait_until(&w, &w.b.invited, 1);
    wait_until(&w, &w.b.media, 2);
    assert_string_equal(w.b.calling, "");
    ua_hang_up(caller);
    wait_until(&w, &w.b.ended, 2);
    world_close(&w);
}

static void the_called_side_asks_for_t38(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    talk(&w);
    ua_want_t38(w.b.call);
    wait_until(&w, &w.a.media, 2);
    wait_until(&w, &w.b.media, 2);
    assert_int_equal(w.a.kind, MEDIA_T38);
    assert_int_equal(w.b.kind, MEDIA_T38);
    same_socket(w.b.fd, &w.a.remote); /* the port stays */
    same_socket(w.a.fd, &w.b.remote);
    ua_want_t38(w.b.call); /* it is on already */
    ua_hang_up(w.b.call);
    wait_until(&w, &w.a.ended, 1);
    wait_until(&w, &w.b.ended, 1);
    assert_int_equal(w.b.media, 2);
    world_close(&w);
}

static void the_calling_side_asks_for_t38(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    talk(&w);
    ua_want_t38(w.a.call);
    wait_until(&w, &w.a.media, 2);
    wait_until(&w, &w.b.media, 2);
    assert_int_equal(w.a.kind, MEDIA_T38);
    assert_int_equal(w.b.kind, MEDIA_T38);
    world_close(&w);
}

static void t38_refused_stays_in_audio(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    w.b.no_t38 = true;
    talk(&w);
    ua_want_t38(w.a.call);
    wait_until(&w, &w.a.refused_t38, 1);
    assert_int_equal(w.a.kind, MEDIA_PCMA);
    assert_int_equal(w.a.ended, 0);
    assert_int_equal(w.b.ended, 0);
    ua_want_t38(w.b.call); /* not allowed: nothing happens */
    ua_hang_up(w.a.call);
    wait_until(&w, &w.b.ended, 1);
    assert_int_equal(w.b.media, 1);
    world_close(&w);
}

static void both_ask_at_once_and_one_gets_it(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    talk(&w);
    ua_want_t38(w.a.call);
    ua_want_t38(w.b.call);
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while ((w.a.kind != MEDIA_T38 || w.b.kind != MEDIA_T38) && clock_mono_ms() < until)
        line_root_step(w.root, 50);
    assert_int_equal(w.a.kind, MEDIA_T38);
    assert_int_equal(w.b.kind, MEDIA_T38);
    assert_int_equal(w.a.refused_t38, 0);
    assert_int_equal(w.b.refused_t38, 0);
    world_close(&w);
}

static void a_refusal_becomes_an_outcome(void **state)
{
    static const struct {
        int status;
        enum dial_failure failure;
        enum verdict verdict;
    } cases[] = {
        {486, DIAL_BUSY, VERDICT_RETRY},      {600, DIAL_BUSY, VERDICT_RETRY},
        {480, DIAL_NO_ANSWER, VERDICT_RETRY}, {404, DIAL_FINAL, VERDICT_GIVE_UP},
        {603, DIAL_FINAL, VERDICT_GIVE_UP},   {503, DIAL_PROTOCOL, VERDICT_RETRY},
    };
    struct world w;
    world_open(&w, "127.0.0.1:0");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        w.b.reject = cases[i].status;
        dial(&w);
        wait_until(&w, &w.a.ended, (int)i + 1);
        assert_int_equal(w.a.end.sip_status, cases[i].status);
        assert_int_equal(w.a.end.failure, cases[i].failure);
        assert_int_equal(w.a.end.outcome.verdict, cases[i].verdict);
        assert_false(w.a.end.answered);
    }
    assert_int_equal(w.a.fd, -1);
    world_close(&w);
}

static void cancel_while_it_rings(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    w.b.hold = true;
    dial(&w);
    wait_until(&w, &w.a.ringing, 1);
    ua_hang_up(w.a.call);
    wait_until(&w, &w.b.ended, 1);
    wait_until(&w, &w.a.ended, 1);
    assert_int_equal(w.a.end.failure, DIAL_CANCELLED);
    assert_string_equal(w.b.end.outcome.code, "sip-cancelled");
    world_close(&w);
}

static void cancel_before_anything_came_back(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    dial(&w);
    ua_hang_up(w.a.call);
    wait_until(&w, &w.a.ended, 1);
    assert_int_equal(w.a.end.failure, DIAL_CANCELLED);
    assert_int_equal(w.a.media, 0);
    world_close(&w);
}

static void ringing_too_long_is_no_answer(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    w.b.hold = true;
    struct trunk t = trunk_to(w.b.ua, TRUNK_UDP);
    struct ua_ended failed;
    struct ua_dial d = {.attempt = id_new(),
                        .trunk = &t,
                        .secret = "",
                        .number = "200",
                        .caller_id = "",
                        .caller_name = "",
                        .ring_timeout_ms = 100};
    w.a.call = ua_dial(w.a.ua, &d, &failed);
    assert_non_null(w.a.call);
    wait_until(&w, &w.a.ended, 1);
    assert_int_equal(w.a.end.failure, DIAL_NO_ANSWER);
    assert_string_equal(w.a.end.outcome.code, "sip-no-answer");
    world_close(&w);
}

static void the_called_side_gives_up_undecided(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    w.b.hold = true;
    dial(&w);
    wait_until(&w, &w.b.invited, 1);
    ua_hang_up(w.b.call);
    wait_until(&w, &w.a.ended, 1);
    assert_int_equal(w.a.end.sip_status, 480);
    assert_int_equal(w.b.ended, 1);
    world_close(&w);
}

static void hanging_up_from_inside_a_callback(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    w.a.hang_up = true;
    dial(&w);
    wait_until(&w, &w.a.ended, 1);
    wait_until(&w, &w.b.ended, 1);
    world_close(&w);
}

static void hanging_up_before_ack(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    w.b.hold = true;
    dial(&w);
    wait_until(&w, &w.b.invited, 1);
    ua_accept(w.b.call, true);
    ua_hang_up(w.b.call);
    wait_until(&w, &w.b.ended, 1);
    wait_until(&w, &w.a.ended, 1);
    assert_int_equal(w.b.media, 0);
    assert_true(w.a.end.by_far_side);
    world_close(&w);
}

static void hanging_up_during_our_reinvite(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    talk(&w);
    ua_want_t38(w.a.call);
    ua_hang_up(w.a.call);
    wait_until(&w, &w.a.ended, 1);
    wait_until(&w, &w.b.ended, 1);
    world_close(&w);
}

static void both_hang_up_at_once(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    talk(&w);
    ua_hang_up(w.a.call);
    ua_hang_up(w.b.call);
    wait_until(&w, &w.a.ended, 1);
    wait_until(&w, &w.b.ended, 1);
    world_close(&w);
}

/* proves: D8 */
static void a_stranger_gets_403_and_reaches_nobody(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    ua_set_trunks(w.b.ua, NULL, 0);
    dial(&w);
    wait_until(&w, &w.a.ended, 1);
    assert_int_equal(w.a.end.sip_status, 403);
    assert_int_equal(w.b.invited, 0);
    world_close(&w);
}

static void before_the_trunks_are_known_nobody_is_a_stranger(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    struct trunk to_a = trunk_to(w.a.ua, TRUNK_UDP); /* who was told no trunks */
    struct ua_ended failed;
    struct ua_dial d = {.attempt = id_new(),
                        .trunk = &to_a,
                        .secret = "",
                        .number = "200",
                        .caller_id = "",
                        .caller_name = ""};
    w.b.call = ua_dial(w.b.ua, &d, &failed);
    assert_non_null(w.b.call);
    wait_until(&w, &w.b.ended, 1);
    assert_int_equal(w.b.end.sip_status, 503);
    world_close(&w);
}

static void a_trunk_that_is_not_there_is_unreachable(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    struct trunk t = trunk_to(w.b.ua, TRUNK_TCP);
    side_close(&w.b); /* TCP says so at once */
    (void)dial_over(&w, &t, "200");
    wait_until(&w, &w.a.ended, 1);
    assert_int_equal(w.a.end.sip_status, 0);
    assert_int_equal(w.a.end.failure, DIAL_PROTOCOL);
    assert_string_equal(w.a.end.outcome.code, "sip-unreachable");
    world_close(&w);
}

static void a_later_process_ends_the_call(bool caller)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    talk(&w);
    struct side *dead = caller ? &w.a : &w.b, *alive = caller ? &w.b : &w.a;
    /* The new process: a user agent that never saw the call. */
    struct side later;
    side_open(&w, &later, "127.0.0.1:0");
    struct id attempt = id_new();
    assert_null(ua_bye(later.ua, attempt, span_str("nonsense")));
    later.call = ua_bye(later.ua, attempt, span_of(dead->dialog, dead->dialog_len));
    assert_non_null(later.call);
    assert_ptr_equal(ua_find(later.ua, attempt), later.call);
    wait_until(&w, &alive->ended, 1);
    assert_true(alive->end.by_far_side);
    assert_string_equal(alive->end.outcome.code, "sip-bye");
    wait_until(&w, &later.ended, 1);
    side_close(&later);
    world_close(&w);
}

static void a_later_process_ends_a_call_of_ours(void **state)
{
    a_later_process_ends_the_call(true);
}

static void a_later_process_ends_a_call_to_us(void **state)
{
    a_later_process_ends_the_call(false);
}

static void a_port_that_is_taken_is_named(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    struct ua_opts opts = {.root = w.root, .listen_count = 2, .handler = &world_handler, .context = &w.a};
    assert_true(endpoint_parse("127.0.0.1:0", &opts.listen[0]));
    opts.listen[1] = ua_endpoint(w.b.ua, 0);
    unsigned failed = 99;
    assert_null(ua_open(&opts, &failed));
    assert_int_equal(errno, EADDRINUSE);
    assert_int_equal(failed, 1);
    world_close(&w);
}

static void a_number_that_cannot_be_dialled_is_refused_here(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    struct trunk t = trunk_to(w.b.ua, TRUNK_UDP);
    static const char *const bad[] = {"", "12@evil", "1;x=y", "1 2", "1\r\nX: y"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct ua_ended failed;
        struct ua_dial d = {.attempt = id_new(),
                            .trunk = &t,
                            .secret = "",
                            .number = bad[i],
                            .caller_id = "",
                            .caller_name = ""};
        assert_null(ua_dial(w.a.ua, &d, &failed));
        assert_int_equal(failed.failure, DIAL_FINAL);
        assert_int_equal(failed.outcome.verdict, VERDICT_GIVE_UP);
    }
    world_close(&w);
}

static void a_trunk_may_have_a_name(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    struct trunk t = trunk_to(w.b.ua, TRUNK_UDP);
    (void)str_copy(t.host, sizeof(t.host), "localhost");
    ua_set_trunks(w.a.ua, &t, 1);
    struct ua_ended failed;
    struct ua_dial d = {.attempt = id_new(),
                        .trunk = ua_trunk(w.a.ua, "other"),
                        .secret = "",
                        .number = "200",
                        .caller_id = "",
                        .caller_name = ""};
    assert_null(ua_dial(w.a.ua, &d, &failed)); /* not looked up yet */
    assert_int_equal(failed.failure, DIAL_NOT_YET);
    assert_string_equal(failed.outcome.code, "trunk-not-ready");
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (!w.a.call && clock_mono_ms() < until) {
        line_root_step(w.root, 20);
        w.a.call = ua_dial(w.a.ua, &d, &failed);
    }
    wait_until(&w, &w.a.media, 1);
    world_close(&w);
}

static void send_invite(int fd, const struct endpoint *to, int n)
{
    char text[1000], at[ENDPOINT_TEXT_LEN];
    endpoint_format(to, at);
    int len =
        snprintf(text, sizeof(text),
                 "INVITE sip:0900666@%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9:9;rport;branch=z9hG4bK%d\r\n"
                 "From: <sip:x@127.0.0.9>;tag=%d\r\nTo: <sip:0900666@%s>\r\nCall-ID: flood%d\r\n"
                 "CSeq: 1 INVITE\r\nContact: <sip:x@127.0.0.9>\r\nContent-Length: 0\r\n\r\n",
                 at, n, n, at, n);
    (void)sendto(fd, text, (size_t)len, 0, (const struct sockaddr *)&to->address, to->len);
}

static int answers(int fd)
{
    char text[2000];
    int n = 0;
    while (recv(fd, text, sizeof(text), MSG_DONTWAIT) > 0)
        n++;
    return n;
}

/* proves: D8 */
static void a_flood_of_strangers_is_dropped_and_trunks_get_through(void **state)
{
    struct world w;
    struct endpoint from, to;
    world_open(&w, "127.0.0.1:0");
    assert_true(endpoint_parse("127.0.0.9:0", &from));
    to = ua_endpoint(w.b.ua, 0);
    int fd = socket(from.address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&from.address, from.len), 0);
    int n = 0, replies = 0;
    for (; n < 20 * GUARD_BURST; n++) {
        send_invite(fd, &to, n);
        line_root_step(w.root, 0);
    }
    for (int quiet = 0; quiet < 5; quiet++) {
        line_root_step(w.root, 20);
        replies += answers(fd);
    }
    assert_in_range(replies, GUARD_BURST / 2, 4 * GUARD_BURST);
    assert_int_equal(w.b.invited, 0);
    talk(&w); /* the shield is up: the trunk notices nothing */
    world_close(&w);
    (void)close(fd);
}

static void closing_ends_the_calls(void **state)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    talk(&w);
    side_close(&w.a);
    wait_until(&w, &w.b.ended, 1);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_over_udp),
        cmocka_unit_test(a_call_over_tcp),
        cmocka_unit_test(a_call_over_ipv6),
        cmocka_unit_test(a_listener_on_every_address),
        cmocka_unit_test(the_caller_id_stands_where_the_trunk_wants_it),
        cmocka_unit_test(a_user_agent_can_call_itself),
        cmocka_unit_test(the_called_side_asks_for_t38),
        cmocka_unit_test(the_calling_side_asks_for_t38),
        cmocka_unit_test(t38_refused_stays_in_audio),
        cmocka_unit_test(both_ask_at_once_and_one_gets_it),
        cmocka_unit_test(a_refusal_becomes_an_outcome),
        cmocka_unit_test(cancel_while_it_rings),
        cmocka_unit_test(cancel_before_anything_came_back),
        cmocka_unit_test(ringing_too_long_is_no_answer),
        cmocka_unit_test(the_called_side_gives_up_undecided),
        cmocka_unit_test(hanging_up_from_inside_a_callback),
        cmocka_unit_test(hanging_up_before_ack),
        cmocka_unit_test(hanging_up_during_our_reinvite),
        cmocka_unit_test(both_hang_up_at_once),
        cmocka_unit_test(a_stranger_gets_403_and_reaches_nobody),
        cmocka_unit_test(before_the_trunks_are_known_nobody_is_a_stranger),
        cmocka_unit_test(a_trunk_that_is_not_there_is_unreachable),
        cmocka_unit_test(a_later_process_ends_a_call_of_ours),
        cmocka_unit_test(a_later_process_ends_a_call_to_us),
        cmocka_unit_test(a_port_that_is_taken_is_named),
        cmocka_unit_test(a_number_that_cannot_be_dialled_is_refused_here),
        cmocka_unit_test(a_trunk_may_have_a_name),
        cmocka_unit_test(a_flood_of_strangers_is_dropped_and_trunks_get_through),
        cmocka_unit_test(closing_ends_the_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
