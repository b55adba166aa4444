/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is a trunk's peer there, and is it reached through NATs? Agents on loopback, and sockets in their place. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "line_world.h"

#include "base/clock.h"
#include "base/str.h"

static void same_socket(int fd, const struct endpoint *named)
{
    struct endpoint e;
    assert_int_equal(endpoint_of_socket(fd, &e), 0);
    char x[ENDPOINT_TEXT_LEN], y[ENDPOINT_TEXT_LEN];
    endpoint_format(&e, x);
    endpoint_format(named, y);
    assert_string_equal(x, y);
}

static void a_trunk_is_asked_whether_it_is_there(enum trunk_transport transport)
{
    struct world w;
    world_open(&w, "127.0.0.1:0");
    struct trunk t = trunk_to(w.b.ua, transport);
    t.keepalive_s = 1;
    ua_set_trunks(w.b.ua, NULL, 0); /* what a stranger asks is answered as well */
    ua_set_trunks(w.a.ua, &t, 1);
    assert_int_equal(w.a.health.state, TRUNK_TRYING);
    wait_until(&w, &w.a.trunk_up, 2);
    assert_int_equal(w.a.health.next_s, 1);
    assert_non_null(strstr(w.a.health.text, "answers"));
    assert_int_equal(w.a.trunk_down, 0);
    side_close(&w.b);
    wait_until(&w, &w.a.trunk_down, 1);
    assert_non_null(strstr(w.a.health.text, "127.0.0.1 does not answer."));
    assert_int_equal(w.a.health.next_s, 1); /* never later than as usual */
    char again[ENDPOINT_TEXT_LEN];
    (void)str_format(again, sizeof(again), "127.0.0.1:%u", t.port);
    side_open(&w, &w.b, again);
    w.a.trunk_up = 0;
    wait_until(&w, &w.a.trunk_up, 1);
    t.keepalive_s = 0;
    ua_set_trunks(w.a.ua, &t, 1);
    ua_tell_trunks(w.a.ua);
    assert_int_equal(w.a.health.state, TRUNK_UNCHECKED);
    world_close(&w);
}

static void a_trunk_is_asked_over_udp(void **state)
{
    a_trunk_is_asked_whether_it_is_there(TRUNK_UDP);
}

static void a_trunk_is_asked_over_tcp(void **state)
{
    a_trunk_is_asked_whether_it_is_there(TRUNK_TCP);
}

/* What comes to that socket, while the agents run. */
static void receive_text(struct world *w, int fd, char *text, size_t room)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    ssize_t len = -1;
    while (len < 0 && clock_mono_ms() < until) {
        line_root_step(w->root, 20);
        len = recv(fd, text, room - 1, MSG_DONTWAIT);
    }
    assert_true(len > 0);
    text[len] = 0;
}

static int open_at(struct endpoint *e)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&e->address, e->len), 0);
    assert_int_equal(endpoint_of_socket(fd, e), 0);
    return fd;
}

static void send_options(int fd, const struct endpoint *to)
{
    char text[1000], at[ENDPOINT_TEXT_LEN];
    endpoint_format(to, at);
    int len = snprintf(text, sizeof(text),
                       "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9:9;rport;branch=z9hG4bK1\r\n"
                       "From: <sip:x@127.0.0.9>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: 1\r\n"
                       "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
                       at, at);
    (void)sendto(fd, text, (size_t)len, 0, (const struct sockaddr *)&to->address, to->len);
}

static void an_answer_goes_where_the_request_came_from(void **state)
{
    struct world w;
    char text[4000];
    struct endpoint from, to;
    world_open(&w, "127.0.0.1:0");
    assert_true(endpoint_parse("127.0.0.9:0", &from));
    int fd = open_at(&from);
    to = ua_endpoint(w.b.ua, 0);
    send_options(fd, &to); /* its Via names port 9, and asks for rport (RFC 3581) */
    receive_text(&w, fd, text, sizeof(text));
    char rport[32];
    (void)str_format(rport, sizeof(rport), "rport=%u", endpoint_port(&from));
    assert_non_null(strstr(text, rport));
    (void)close(fd);
    world_close(&w);
}

static void behind_a_nat_we_name_the_address_that_reaches_us(void **state)
{
    struct world w;
    char text[4000];
    struct endpoint at;
    world_open(&w, "127.0.0.1:0");
    assert_true(endpoint_parse("127.0.0.1:0", &at));
    int fd = open_at(&at);
    struct trunk t = trunk_to(w.b.ua, TRUNK_UDP);
    t.port = endpoint_port(&at);
    assert_true(address_of_host("198.51.100.4", 0, &t.advertised));
    (void)dial_over(&w, &t, "200");
    receive_text(&w, fd, text, sizeof(text));
    assert_non_null(strstr(text, "INVITE sip:200@127.0.0.1"));
    assert_non_null(strstr(text, "c=IN IP4 198.51.100.4\r\n"));
    struct endpoint listener = ua_endpoint(w.a.ua, 0);
    char contact[100];
    (void)str_format(contact, sizeof(contact), "<sip:198.51.100.4:%u;transport=udp>",
                     endpoint_port(&listener));
    const char *line = strstr(text, "\r\nContact:"), *via = strstr(text, "\r\nVia:");
    assert_true(line && via);
    assert_ptr_equal(strstr(line, contact), line + strlen("\r\nContact: "));
    assert_null(strstr(line + 4, "\r\nContact:"));
    assert_non_null(strstr(via, ";rport"));
    (void)close(fd);
    /* and in our answer to a call */
    struct trunk to_a = trunk_to(w.a.ua, TRUNK_UDP), to_b = trunk_to(w.b.ua, TRUNK_UDP);
    assert_true(address_of_host("127.0.0.1", 0, &to_a.advertised));
    assert_true(address_of_host("2001:db8::1", 0, &to_b.advertised)); /* of the other family: not used */
    ua_hang_up(w.a.call);
    ua_set_trunks(w.b.ua, &to_a, 1);
    (void)dial_over(&w, &to_b, "200");
    wait_until(&w, &w.a.media, 1);
    same_socket(w.b.fd, &w.a.remote);
    ua_want_t38(w.a.call);
    wait_until(&w, &w.a.media, 2);
    ua_hang_up(w.b.call);
    wait_until(&w, &w.b.ended, 1);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trunk_is_asked_over_udp),
        cmocka_unit_test(a_trunk_is_asked_over_tcp),
        cmocka_unit_test(an_answer_goes_where_the_request_came_from),
        cmocka_unit_test(behind_a_nat_we_name_the_address_that_reaches_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
