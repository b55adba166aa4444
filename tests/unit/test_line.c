/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two user agents in one process speak to each other over kernel-chosen loopback ports. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "line/dialog.h"
#include "line/guard.h"
#include "line/ports.h"
#include "line/shield.h"
#include "line/state.h"
#include "line/status.h"
#include "line/ua.h"

enum { PATIENCE_MS = 20 * 1000 };

/* What one end of a call has seen. */
struct side {
    struct ua *ua;
    struct ua_call *call;
    int invited, ringing, answered, media, ended, refused_t38;
    enum media_kind kind;
    struct endpoint remote;
    int fd;
    struct ua_ended end;
    char called[UA_NUMBER_LEN], calling[UA_NUMBER_LEN], calling_name[100];
    uint8_t dialog[4096];
    size_t dialog_len;
    int reject;     /* this status instead of accepting */
    bool hold;      /* neither accept nor reject */
    bool no_t38;    /* accept without T.38 */
    bool hang_up;   /* as soon as media came */
    bool both_ends; /* of a call to itself report here */
};

struct world {
    struct loop *loop;
    struct line_root *root;
    struct side a, b;
};

static void on_invited(void *context, struct ua_call *call, const struct ua_invited *who)
{
    struct side *s = context;
    s->call = call;
    s->invited++;
    (void)str_copy(s->called, sizeof(s->called), who->called);
    (void)str_copy(s->calling, sizeof(s->calling), who->calling);
    (void)str_copy(s->calling_name, sizeof(s->calling_name), who->calling_name);
    if (s->reject)
        ua_reject(call, s->reject);
    else if (!s->hold)
        ua_accept(call, !s->no_t38);
}

static void on_progress(void *context, struct ua_call *call, enum ua_progress p)
{
    struct side *s = context;
    s->ringing += p == UA_RINGING;
    s->answered += p == UA_ANSWERED;
}

static void on_media(void *context, struct ua_call *call, struct ua_media *m)
{
    struct side *s = context;
    s->media++;
    s->refused_t38 += m->refused_t38;
    s->kind = m->media.kind;
    s->remote = m->media.remote;
    if (m->fd >= 0) {
        assert_true(s->fd < 0 || s->both_ends);
        if (s->fd >= 0)
            (void)close(s->fd);
        s->fd = m->fd;
        m->fd = -1;
    }
    assert_in_range(m->dialog.len, 1, sizeof(s->dialog));
    memcpy(s->dialog, m->dialog.data, m->dialog.len);
    s->dialog_len = m->dialog.len;
    if (s->hang_up)
        ua_hang_up(call);
}

static void on_ended(void *context, struct ua_call *call, const struct ua_ended *end)
{
    struct side *s = context;
    s->ended++;
    s->end = *end;
    s->call = NULL;
}

static const struct ua_handler handler = {on_invited, on_progress, on_media, on_ended};

static void side_open(struct world *w, struct side *s, const char *listen)
{
    struct ua_opts opts = {.root = w->root, .listen_count = 1, .handler = &handler, .context = s};
    unsigned failed;
    assert_true(endpoint_parse(listen, &opts.listen[0]));
    *s = (struct side){.fd = -1};
    s->ua = ua_open(&opts, &failed);
    assert_non_null(s->ua);
    struct endpoint e = ua_endpoint(s->ua, 0);
    assert_int_not_equal(endpoint_port(&e), 0);
}

static struct trunk trunk_to(const struct ua *ua, enum trunk_transport transport)
{
    struct endpoint e = ua_endpoint(ua, 0);
    struct trunk t = {
        .id = "t", .name = "other", .port = endpoint_port(&e), .transport = transport, .t38 = true};
    endpoint_format_host(&e, t.host);
    return t;
}

static void world_open(struct world *w, const char *listen)
{
    w->loop = loop_new();
    w->root = line_root_new(w->loop);
    side_open(w, &w->a, listen);
    side_open(w, &w->b, listen);
    struct trunk to_a = trunk_to(w->a.ua, TRUNK_UDP);
    ua_set_trunks(w->b.ua, &to_a, 1);
}

static void side_close(struct side *s)
{
    ua_close(s->ua);
    s->ua = NULL;
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
}

static void world_close(struct world *w)
{
    side_close(&w->a);
    side_close(&w->b);
    line_root_free(w->root);
    loop_free(w->loop);
}

static void wait_until(struct world *w, const int *count, int wanted)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    while (*count < wanted && clock_mono_ms() < until)
        line_root_step(w->root, 50);
    assert_int_equal(*count, wanted);
}

static struct ua_call *dial_over(struct world *w, const struct trunk *t, const char *number)
{
    struct ua_ended failed;
    struct ua_dial d = {.attempt = id_new(),
                        .trunk = t,
                        .secret = "",
                        .number = number,
                        .caller_id = "+4930123",
                        .caller_name = "Town \"Hall\"",
                        .t38 = true};
    w->a.call = ua_dial(w->a.ua, &d, &failed);
    assert_non_null(w->a.call);
    return w->a.call;
}

static void dial(struct world *w)
{
    struct trunk t = trunk_to(w->b.ua, TRUNK_UDP);
    (void)dial_over(w, &t, "200");
}

static void talk(struct world *w)
{
    dial(w);
    wait_until(w, &w->a.media, 1);
    wait_until(w, &w->b.media, 1);
}

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
    struct ua_opts opts = {.root = w.root, .listen_count = 2, .handler = &handler, .context = &w.a};
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
    assert_int_equal(failed.failure, DIAL_PROTOCOL);
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
    assert_false(trunk_parse_transport("tls", &transport));
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
    assert_string_equal(trunks_match(&t, &e)->trunk.id, "b");
    assert_true(endpoint_parse("192.0.2.1:40000", &e));
    assert_string_equal(trunks_match(&t, &e)->trunk.id, "a");
    assert_true(endpoint_parse("[2001:db8::1]:5060", &e));
    assert_string_equal(trunks_match(&t, &e)->trunk.id, "c");
    assert_true(endpoint_parse("192.0.2.2:5060", &e));
    assert_null(trunks_match(&t, &e));
    assert_string_equal(trunks_find(&t, "second")->trunk.id, "b");
    trunks_set(&t, list, 1);
    assert_null(trunks_find(&t, "b"));
    assert_non_null(trunks_find(&t, "a"));
    trunks_clear(&t);
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
                       .cseq = 77};
    struct dialog back;
    SCOPED_BUF struct buf b;
    buf_init(&b, DIALOG_BYTES_MAX);
    assert_true(dialog_format(&d, &b));
    assert_true(dialog_parse(buf_span(&b), &back));
    assert_string_equal(back.remote, d.remote);
    assert_string_equal(back.route, d.route);
    assert_int_equal(back.cseq, 77);
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
    assert_false(offer_answered(&theirs, true, &agreed));
    assert_false(offer_answered(&theirs, false, &agreed));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_over_udp),
        cmocka_unit_test(a_call_over_tcp),
        cmocka_unit_test(a_call_over_ipv6),
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
        cmocka_unit_test(the_shield_knows_both_families),
        cmocka_unit_test(peers_of_trunks_are_read),
        cmocka_unit_test(peers_are_known_by_address_and_first_by_port),
        cmocka_unit_test(media_ports_are_even_in_range_and_one_a_call),
        cmocka_unit_test(dialogs_that_were_cut_or_changed_are_refused),
        cmocka_unit_test(an_offer_is_answered_stream_by_stream),
        cmocka_unit_test(closing_ends_the_calls),
        cmocka_unit_test(states_move_by_the_table_only),
        cmocka_unit_test(every_answer_has_words),
        cmocka_unit_test(strangers_are_answered_a_few_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
