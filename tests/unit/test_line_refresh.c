/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Session timers (RFC 4028): who refreshes, by what, and that the media does not notice. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#include "line_world.h"
#include "sip_peer.h"

#include "base/str.h"

#define SDP_TYPE "Content-Type: application/sdp\r\n"
#define OURS     "Session-Expires: 2;refresher=uac\r\n"

struct far {
    struct world w;
    struct endpoint us;
    int fd;
    char text[4000];
};

static void next(struct far *f, const char *beginning)
{
    receive_beginning(&f->w, f->fd, beginning, f->text, sizeof(f->text));
}

static void answer(struct far *f, const char *status, const char *more, const char *body)
{
    struct endpoint at;
    char text[ENDPOINT_TEXT_LEN], headers[500];
    assert_int_equal(endpoint_of_socket(f->fd, &at), 0);
    endpoint_format(&at, text);
    (void)snprintf(headers, sizeof(headers), "Contact: <sip:x@%s>\r\n%s", text, more);
    answer_request(f->fd, &f->us, f->text, status, headers, body);
}

static void assert_says(const struct far *f, const char *line)
{
    if (!strstr(f->text, line))
        fail_msg("no \"%s\" in %s", line, f->text);
}

/* A call of ours, that the far side answers with these headers. */
static void far_open(struct far *f, const char *headers)
{
    struct trunk t;
    char more[400];
    f->fd = peer_of_a(&f->w, &t, &f->us);
    (void)dial_over(&f->w, &t, "200");
    next(f, "INVITE ");
    assert_says(f, "timer");
    (void)snprintf(more, sizeof(more), SDP_TYPE "%s", headers);
    answer(f, "200 OK", more, SDP_OF_PEER);
    next(f, "ACK ");
    wait_until(&f->w, &f->w.a.media, 1);
}

static void far_close(struct far *f)
{
    assert_int_equal(f->w.a.media, 1); /* it heard of no change */
    ua_hang_up(f->w.a.call);
    next(f, "BYE ");
    answer(f, "200 OK", "", "");
    wait_until(&f->w, &f->w.a.ended, 1);
    (void)close(f->fd);
    world_close(&f->w);
}

static void a_re_invite_says_what_is_in_force(void **state)
{
    struct far f;
    far_open(&f, OURS);
    for (int i = 0; i < 2; i++) { /* a refresh is answered with the next term */
        next(&f, "INVITE ");
        assert_says(&f, "\r\nSession-Expires: 2;refresher=uac\r\n");
        assert_says(&f, "RTP/AVP 8\r\n");
        answer(&f, "200 OK", SDP_TYPE OURS, SDP_OF_PEER);
        next(&f, "ACK ");
    }
    far_close(&f);
}

static void update_is_preferred_where_it_is_allowed(void **state)
{
    struct far f;
    far_open(&f, OURS "Allow: INVITE, ACK, BYE, UPDATE\r\n");
    for (int i = 0; i < 2; i++) {
        next(&f, "UPDATE ");
        assert_says(&f, "\r\nSession-Expires: 2;refresher=uac\r\n");
        assert_says(&f, "\r\nContent-Length: 0\r\n");
        answer(&f, "200 OK", OURS, "");
    }
    next(&f, "UPDATE ");
    answer(&f, "405 No", "", "");
    next(&f, "INVITE "); /* it allowed what it does not do */
    answer(&f, "200 OK", SDP_TYPE OURS, SDP_OF_PEER);
    next(&f, "ACK ");
    far_close(&f);
}

static void a_refresh_that_meets_theirs_comes_again(void **state)
{
    struct far f;
    far_open(&f, OURS);
    next(&f, "INVITE ");
    answer(&f, "491 Pending", "", "");
    next(&f, "ACK ");
    next(&f, "INVITE ");
    answer(&f, "200 OK", SDP_TYPE OURS, SDP_OF_PEER);
    next(&f, "ACK ");
    far_close(&f);
}

static void who_no_longer_knows_the_call_ends_it(void **state)
{
    struct far f;
    far_open(&f, OURS);
    next(&f, "INVITE ");
    answer(&f, "481 Gone", "", "");
    wait_until(&f.w, &f.w.a.ended, 1);
    assert_string_equal(f.w.a.end.outcome.code, "sip-lost");
    (void)close(f.fd);
    world_close(&f.w);
}

static void bye_does_not_wait_for_the_answer_to_an_update(void **state)
{
    struct far f;
    far_open(&f, OURS "Allow: INVITE, ACK, BYE, UPDATE\r\n");
    next(&f, "UPDATE ");
    far_close(&f);
}

static void t38_may_follow_a_refresh(void **state)
{
    struct far f;
    far_open(&f, OURS);
    next(&f, "INVITE ");
    ua_want_t38(f.w.a.call); /* amid it */
    answer(&f, "200 OK", SDP_TYPE OURS, SDP_OF_PEER);
    next(&f, "ACK ");
    next(&f, "INVITE ");
    assert_says(&f, "m=image ");
    assert_says(&f, "\r\nSession-Expires: 2;refresher=uac\r\n");
    answer(&f, "488 No", "", "");
    next(&f, "ACK ");
    wait_until(&f.w, &f.w.a.media, 2);
    assert_int_equal(f.w.a.refused_t38, 1);
    f.w.a.media = 1;
    far_close(&f);
}

/* A re-INVITE of ours is under way that nobody answers. */
static void a_call_with_an_open_re_invite_is_hung_up_at_once(void **state)
{
    for (int t38 = 0; t38 < 2; t38++) {
        struct far f;
        far_open(&f, t38 ? "" : OURS);
        if (t38)
            ua_want_t38(f.w.a.call);
        next(&f, "INVITE ");
        far_close(&f);
    }
}

/* Their call; what our 200 has to say of the timer. */
static void they_call(const char *headers, const char *said, bool require, bool refreshed)
{
    struct far f;
    struct trunk t;
    struct endpoint from;
    char at[ENDPOINT_TEXT_LEN], own[ENDPOINT_TEXT_LEN], message[3000], called[300];
    f.fd = peer_of_a(&f.w, &t, &f.us);
    assert_int_equal(endpoint_of_socket(f.fd, &from), 0);
    ua_set_trunks(f.w.a.ua, &t, 1);
    endpoint_format(&f.us, at);
    endpoint_format(&from, own);
    (void)snprintf(message, sizeof(message),
                   "INVITE sip:200@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bK7\r\n"
                   "From: <sip:5@x>;tag=1\r\nTo: <sip:200@%s>\r\nCall-ID: 7\r\nCSeq: 1 INVITE\r\n"
                   "Contact: <sip:x@%s>\r\n%s" SDP_TYPE "Content-Length: %zu\r\n\r\n" SDP_OF_PEER,
                   at, own, at, own, headers, strlen(SDP_OF_PEER));
    send_text(f.fd, &f.us, message);
    next(&f, "SIP/2.0 200");
    if (*said)
        assert_says(&f, said);
    else
        assert_null(strstr(f.text, "Session-Expires"));
    assert_int_equal(strstr(f.text, "\r\nRequire: timer\r\n") != NULL, require);
    text_of(f.text, "\r\nTo: ", called, sizeof(called));
    (void)snprintf(message, sizeof(message),
                   "ACK sip:200@x SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK8\r\nFrom: "
                   "<sip:5@x>;tag=1\r\nTo: %s\r\nCall-ID: 7\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
                   own, called);
    send_text(f.fd, &f.us, message);
    wait_until(&f.w, &f.w.a.media, 1);
    if (refreshed) {
        next(&f, "INVITE ");
        assert_says(&f, "\r\nSession-Expires: 2;refresher=uac\r\n"); /* of this request, we are the client */
        answer(&f, "200 OK", SDP_TYPE OURS, SDP_OF_PEER);
        next(&f, "ACK ");
    }
    far_close(&f);
}

static void the_caller_chooses_who_refreshes(void **state)
{
    they_call("Supported: timer\r\nSession-Expires: 2;refresher=uas\r\n",
              "\r\nSession-Expires: 2;refresher=uas\r\n", true, true);
    they_call("Supported: timer\r\nSession-Expires: 2\r\n", "\r\nSession-Expires: 2;refresher=uac\r\n", true,
              false);
}

/* A proxy asked for it. */
static void for_a_caller_without_timers_we_refresh(void **state)
{
    they_call("Session-Expires: 2\r\n", "\r\nSession-Expires: 2;refresher=uas\r\n", false, true);
    they_call("Supported: timer\r\n", "", false, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_re_invite_says_what_is_in_force),
        cmocka_unit_test(a_call_with_an_open_re_invite_is_hung_up_at_once),
        cmocka_unit_test(update_is_preferred_where_it_is_allowed),
        cmocka_unit_test(a_refresh_that_meets_theirs_comes_again),
        cmocka_unit_test(who_no_longer_knows_the_call_ends_it),
        cmocka_unit_test(t38_may_follow_a_refresh),
        cmocka_unit_test(the_caller_chooses_who_refreshes),
        cmocka_unit_test(for_a_caller_without_timers_we_refresh),
        cmocka_unit_test(bye_does_not_wait_for_the_answer_to_an_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
