/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Is a trunk's peer there, and is it reached through NATs? Agents on loopback, and sockets in their place. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "line_world.h"
#include "sip_peer.h"

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
    wait_until(&w, &w.b.media, 1);
    same_socket(w.b.fd, &w.a.remote);
    ua_want_t38(w.a.call);
    wait_until(&w, &w.a.media, 2);
    ua_hang_up(w.b.call);
    wait_until(&w, &w.b.ended, 1);
    world_close(&w);
}

/* ---- a peer behind its NAT, which names an address that nobody reaches from outside ---- */

#define UNREACHABLE "127.255.255.9:9"

static void hang_up(struct world *w, int fd, const struct endpoint *us)
{
    char text[4000];
    ua_hang_up(w->a.call);
    receive_beginning(w, fd, "BYE sip:x@" UNREACHABLE, text, sizeof(text));
    answer_request(fd, us, text, "200 OK", "", "");
    wait_until(w, &w->a.ended, 1);
}

static void a_call_of_ours_follows_the_peer_behind_its_nat(void **state)
{
    struct world w;
    struct trunk t;
    struct endpoint us;
    char text[4000];
    int fd = peer_of_a(&w, &t, &us);
    (void)dial_over(&w, &t, "200");
    receive_beginning(&w, fd, "INVITE ", text, sizeof(text));
    answer_request(fd, &us, text, "200 OK",
                   "Contact: <sip:x@" UNREACHABLE ">\r\nContent-Type: application/sdp\r\n", SDP_OF_PEER);
    receive_beginning(&w, fd, "ACK sip:x@" UNREACHABLE, text, sizeof(text));
    ua_want_t38(w.a.call);
    receive_beginning(&w, fd, "INVITE sip:x@" UNREACHABLE, text, sizeof(text));
    answer_request(fd, &us, text, "488 No", "", "");
    receive_beginning(&w, fd, "ACK ", text, sizeof(text));
    hang_up(&w, fd, &us);
    (void)close(fd);
    world_close(&w);
}

/* Over a name the INVITE goes to the address that we know, and what follows to where the route begins. */
static void a_call_over_a_name_follows_its_route(void **state)
{
    struct world w;
    struct trunk t;
    struct endpoint us, hop, at;
    char text[4000], more[500], route[200];
    int fd = peer_of_a(&w, &t, &us);
    assert_true(endpoint_parse("127.0.0.1:0", &hop));
    int hop_fd = open_at(&hop);
    assert_int_equal(endpoint_of_socket(fd, &at), 0);
    (void)str_copy(t.host, sizeof(t.host), "pbx.example");
    (void)str_copy(t.proxy_host, sizeof(t.proxy_host), "127.0.0.1");
    t.proxy_port = endpoint_port(&at);
    t.port = 0;
    (void)dial_over(&w, &t, "200");
    receive_beginning(&w, fd, "INVITE sip:200@pbx.example;transport=udp SIP/2.0", text, sizeof(text));
    (void)snprintf(route, sizeof(route), "<sip:127.0.0.1:%u;transport=udp;r2=on;lr>", endpoint_port(&hop));
    (void)snprintf(
        more, sizeof(more),
        "Record-Route: %s\r\nContact: <sip:x@" UNREACHABLE ">\r\nContent-Type: application/sdp\r\n", route);
    answer_request(fd, &us, text, "200 OK", more, SDP_OF_PEER);
    receive_beginning(&w, hop_fd, "ACK sip:x@" UNREACHABLE " SIP/2.0", text, sizeof(text));
    char seen[500];
    text_of(text, "\r\nRoute: ", seen, sizeof(seen));
    assert_string_equal(seen, route);
    assert_null(strstr(strstr(text, "\r\nRoute: ") + 2, "\r\nRoute: "));
    ua_hang_up(w.a.call);
    receive_beginning(&w, hop_fd, "BYE sip:x@" UNREACHABLE " SIP/2.0", text, sizeof(text));
    text_of(text, "\r\nRoute: ", seen, sizeof(seen));
    assert_string_equal(seen, route);
    answer_request(hop_fd, &us, text, "200 OK", "", "");
    wait_until(&w, &w.a.ended, 1);
    (void)close(fd);
    (void)close(hop_fd);
    world_close(&w);
}

static void send_call(int fd, const struct endpoint *to, const struct endpoint *from)
{
    char text[2000], at[ENDPOINT_TEXT_LEN], own[ENDPOINT_TEXT_LEN];
    endpoint_format(to, at);
    endpoint_format(from, own);
    (void)snprintf(text, sizeof(text),
                   "INVITE sip:200@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK7\r\n"
                   "From: <sip:5@x>;tag=1\r\nTo: <sip:200@%s>\r\nCall-ID: 7\r\nCSeq: 1 INVITE\r\n"
                   "Contact: <sip:x@" UNREACHABLE ">\r\nContent-Type: application/sdp\r\n"
                   "Content-Length: %zu\r\n\r\n" SDP_OF_PEER,
                   at, own, at, strlen(SDP_OF_PEER));
    send_text(fd, to, text);
}

static void a_call_to_us_follows_the_peer_behind_its_nat(void **state)
{
    struct world w;
    struct trunk t;
    struct endpoint us, from;
    char text[4000], called[500];
    int fd = peer_of_a(&w, &t, &us);
    assert_int_equal(endpoint_of_socket(fd, &from), 0);
    ua_set_trunks(w.a.ua, &t, 1);
    send_call(fd, &us, &from);
    receive_beginning(&w, fd, "SIP/2.0 200", text, sizeof(text));
    text_of(text, "\r\nTo: ", called, sizeof(called));
    char ack[2000];
    (void)snprintf(ack, sizeof(ack),
                   "ACK sip:200@x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK8\r\nFrom: "
                   "<sip:5@x>;tag=1\r\nTo: %s\r\nCall-ID: 7\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
                   called);
    send_text(fd, &us, ack);
    wait_until(&w, &w.a.media, 1);
    /* a later process, which has nothing but the bytes of the dialog, knows the way too */
    assert_non_null(ua_bye(w.b.ua, id_new(), span_of(w.a.dialog, w.a.dialog_len)));
    receive_beginning(&w, fd, "BYE sip:x@" UNREACHABLE, text, sizeof(text));
    struct endpoint b = ua_endpoint(w.b.ua, 0);
    answer_request(fd, &b, text, "200 OK", "", "");
    hang_up(&w, fd, &us);
    (void)close(fd);
    world_close(&w);
}

/* ---- a registration that ends while its REGISTER is under way ---- */

static int registrar_of_a(struct world *w, struct trunk *t, struct endpoint *us, char *text, size_t room)
{
    int fd = peer_of_a(w, t, us);
    t->registers = true;
    t->register_s = 600;
    (void)str_copy(t->user, sizeof(t->user), "clinic");
    ua_set_trunks(w->a.ua, t, 1);
    receive_beginning(w, fd, "REGISTER ", text, room);
    assert_non_null(strstr(text, "\r\nExpires: 600"));
    return fd;
}

static void what_was_never_registered_is_not_taken_back(void **state)
{
    struct world w;
    struct trunk t;
    struct endpoint us;
    char text[4000], cseq[100];
    int fd = registrar_of_a(&w, &t, &us, text, sizeof(text));
    text_of(text, "\r\nCSeq: ", cseq, sizeof(cseq));
    ua_set_trunks(w.a.ua, NULL, 0);
    answer_request(fd, &us, text, "403 No", "", "");
    side_close(&w.a);
    for (ssize_t len; (len = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0;) {
        text[len] = 0;
        assert_non_null(strstr(text, cseq)); /* repeated, no other */
    }
    (void)close(fd);
    world_close(&w);
}

static void one_registration_waits_for_the_end_of_the_other(void **state)
{
    struct world w;
    struct trunk t;
    struct endpoint us;
    char text[4000], call_id[500], again[500];
    int fd = registrar_of_a(&w, &t, &us, text, sizeof(text));
    text_of(text, "\r\nCall-ID: ", call_id, sizeof(call_id));
    t.secret_mark++; /* another password */
    ua_set_trunks(w.a.ua, &t, 1);
    answer_request(fd, &us, text, "200 OK", "", "");
    do { /* repetitions of the first come first */
        receive_text(&w, fd, text, sizeof(text));
        text_of(text, "\r\nCall-ID: ", again, sizeof(again));
        assert_string_equal(again, call_id);
    } while (!strstr(text, "\r\nExpires: 0"));
    assert_non_null(strstr(text, "\r\nCSeq: 2 "));
    answer_request(fd, &us, text, "200 OK", "", "");
    do {
        receive_text(&w, fd, text, sizeof(text));
        text_of(text, "\r\nCall-ID: ", again, sizeof(again));
    } while (str_equal(again, call_id));
    assert_non_null(strstr(text, "\r\nExpires: 600"));
    answer_request(fd, &us, text, "200 OK", "", "");
    wait_until(&w, &w.a.trunk_up, 1);
    (void)close(fd);
    world_close(&w);
}

/* The registrar in a thread, while the test closes: a challenge for what is taken back, and a 200. */
struct registrar {
    int fd;
    struct endpoint us;
    bool taken_back;
};

static void *be_registrar(void *context)
{
    struct registrar *r = context;
    char text[4000];
    for (ssize_t len; !r->taken_back && (len = recv(r->fd, text, sizeof(text) - 1, 0)) > 0;) {
        text[len] = 0;
        if (!strstr(text, "\r\nExpires: 0"))
            continue;
        bool answered = strstr(text, "\r\nAuthorization: ") != NULL;
        answer_request(r->fd, &r->us, text, answered ? "200 OK" : "401 Who?",
                       answered ? "" : "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n", "");
        r->taken_back = answered;
    }
    return NULL;
}

static void leave_unread(void *context, uint32_t events)
{
}

static void a_busy_process_takes_its_registration_back(void **state)
{
    struct world w;
    struct trunk t;
    struct registrar r = {0};
    char text[4000];
    r.fd = registrar_of_a(&w, &t, &r.us, text, sizeof(text));
    answer_request(r.fd, &r.us, text, "200 OK", "", "");
    wait_until(&w, &w.a.trunk_up, 1);
    /* Something waits in our loop all the time, as it does when all roles go down at once. */
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    struct watch watch = {.on_ready = leave_unread};
    watch_start(&watch, w.loop, fds[0], EPOLLIN);
    const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
    assert_int_equal(setsockopt(r.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, be_registrar, &r), 0);
    side_close(&w.a);
    (void)shutdown(r.fd, SHUT_RD);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(r.taken_back);
    watch_stop(&watch);
    (void)close(fds[0]);
    (void)close(fds[1]);
    (void)close(r.fd);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trunk_is_asked_over_udp),
        cmocka_unit_test(a_trunk_is_asked_over_tcp),
        cmocka_unit_test(an_answer_goes_where_the_request_came_from),
        cmocka_unit_test(behind_a_nat_we_name_the_address_that_reaches_us),
        cmocka_unit_test(a_call_of_ours_follows_the_peer_behind_its_nat),
        cmocka_unit_test(a_call_to_us_follows_the_peer_behind_its_nat),
        cmocka_unit_test(a_call_over_a_name_follows_its_route),
        cmocka_unit_test(what_was_never_registered_is_not_taken_back),
        cmocka_unit_test(one_registration_waits_for_the_end_of_the_other),
        cmocka_unit_test(a_busy_process_takes_its_registration_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
