/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A call that is handed to somebody else: REFER and what comes of it, 302, and that nobody sends us NOTIFY
 * unasked. Challenges to what we ask within a call. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#include "line_world.h"
#include "sip_peer.h"

#include "base/str.h"

#define SDP_TYPE "Content-Type: application/sdp\r\n"

/* A trunk that calls us. */
struct far {
    struct world w;
    struct endpoint us;
    int fd;
    char at[ENDPOINT_TEXT_LEN], text[4000], tag[200];
};

static void next(struct far *f, const char *beginning)
{
    receive_beginning(&f->w, f->fd, beginning, f->text, sizeof(f->text));
}

static void say(struct far *f, const char *method, unsigned cseq, const char *more, const char *body)
{
    static unsigned branch;
    char text[2000], us[ENDPOINT_TEXT_LEN];
    endpoint_format(&f->us, us);
    (void)snprintf(text, sizeof(text),
                   "%s sip:200@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%u\r\nMax-Forwards: 70\r\n"
                   "From: <sip:0501234567@%s>;tag=far\r\nTo: <sip:200@%s>%s%s\r\nCall-ID: forward@%s\r\n"
                   "CSeq: %u %s\r\nContact: <sip:x@%s>\r\n%sContent-Length: %zu\r\n\r\n%s",
                   method, us, f->at, branch++, f->at, us, *f->tag ? ";tag=" : "", f->tag, f->at, cseq,
                   method, f->at, more, strlen(body), body);
    send_text(f->fd, &f->us, text);
}

static void far_call_of(struct far *f, const char *user)
{
    struct trunk t;
    struct endpoint at;
    *f = (struct far){.fd = -1};
    f->fd = peer_of_a(&f->w, &t, &f->us);
    (void)str_copy(t.user, sizeof(t.user), user);
    ua_set_trunks(f->w.a.ua, &t, 1);
    assert_int_equal(endpoint_of_socket(f->fd, &at), 0);
    endpoint_format(&at, f->at);
    say(f, "INVITE", 1, SDP_TYPE, SDP_OF_PEER);
}

/* ... and we have answered. */
static void far_open_of(struct far *f, const char *user)
{
    char to[400];
    far_call_of(f, user);
    next(f, "SIP/2.0 200");
    text_of(f->text, "\r\nTo: ", to, sizeof(to));
    (void)str_copy(f->tag, sizeof(f->tag), strstr(to, "tag=") + 4);
    say(f, "ACK", 1, "", "");
    wait_until(&f->w, &f->w.a.media, 1);
}

static void far_open(struct far *f)
{
    far_open_of(f, "");
}

static void far_close(struct far *f)
{
    wait_until(&f->w, &f->w.a.ended, 1);
    (void)close(f->fd);
    world_close(&f->w);
}

static void far_is_hung_up(struct far *f)
{
    ua_hang_up(f->w.a.call);
    next(f, "BYE ");
    answer_request(f->fd, &f->us, f->text, "200 OK", "", "");
    far_close(f);
}

static void refer(struct far *f, const char *target, const char *answer)
{
    char contact[200];
    assert_true(ua_forward(f->w.a.call, target));
    assert_false(ua_forward(f->w.a.call, target)); /* once at a time */
    next(f, "REFER ");
    (void)snprintf(contact, sizeof(contact), "Contact: <sip:x@%s>\r\n", f->at);
    answer_request(f->fd, &f->us, f->text, answer, contact, "");
}

static void notify(struct far *f, unsigned cseq, const char *state, const char *fragment)
{
    char more[300];
    (void)snprintf(more, sizeof(more),
                   "Event: refer\r\nSubscription-State: %s\r\nContent-Type: message/sipfrag;version=2.0\r\n",
                   state);
    say(f, "NOTIFY", cseq, more, fragment);
}

static void a_number_is_called_by_the_trunk_itself(void **state)
{
    struct far f;
    char wanted[300];
    far_open(&f);
    refer(&f, "+49301234", "202 Accepted");
    (void)snprintf(wanted, sizeof(wanted), "\r\nRefer-To: <sip:+49301234@%s>\r\n", f.at);
    assert_non_null(strstr(f.text, wanted));
    notify(&f, 2, "active;expires=60", "SIP/2.0 100 Trying\r\n");
    assert_int_equal(f.w.a.forwarded + f.w.a.not_forwarded, 0);
    notify(&f, 3, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n");
    wait_until(&f.w, &f.w.a.forwarded, 1);
    far_is_hung_up(&f);
    assert_int_equal(f.w.a.not_forwarded, 0);
}

static void a_trunk_that_refuses_leaves_the_call_as_it_was(void **state)
{
    static const char *const answers[] = {"405 Method Not Allowed", "403 Forbidden", "603 Decline"};
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct far f;
        far_open(&f);
        refer(&f, "300", answers[i]);
        wait_until(&f.w, &f.w.a.not_forwarded, 1);
        assert_int_equal(f.w.a.ended, 0);
        far_is_hung_up(&f);
    }
}

static void answer_refer(struct far *f, const char *answer, const char *more)
{
    char headers[400];
    (void)snprintf(headers, sizeof(headers), "Contact: <sip:x@%s>\r\n%s", f->at, more);
    answer_request(f->fd, &f->us, f->text, answer, headers, "");
}

/* The call came in: its trunk's password was never needed until now. */
static void a_challenge_is_answered(void **state)
{
    static const struct {
        const char *answer, *challenge, *credentials;
    } cases[] = {{"407 Proxy Authentication Required",
                  "Proxy-Authenticate: Digest realm=\"x\", nonce=\"1\", algorithm=SHA-256\r\n",
                  "\r\nProxy-Authorization: Digest username=\"us\""},
                 {"401 Unauthorized", "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n",
                  "\r\nAuthorization: Digest username=\"us\""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct far f;
        far_open_of(&f, "us");
        assert_true(ua_forward(f.w.a.call, "300"));
        next(&f, "REFER ");
        assert_null(strstr(f.text, "uthorization"));
        answer_refer(&f, cases[i].answer, cases[i].challenge);
        do
            next(&f, "REFER ");
        while (!strstr(f.text, cases[i].credentials)); /* the first one may have been repeated */
        assert_non_null(strstr(f.text, "\r\nRefer-To: <sip:300@"));
        answer_refer(&f, "202 Accepted", "");
        notify(&f, 2, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n");
        wait_until(&f.w, &f.w.a.forwarded, 1);
        far_is_hung_up(&f);
        assert_int_equal(f.w.a.not_forwarded, 0);
    }
}

/* The same for the other requests within a call, with the kind of challenge that sofia could answer too. */
static void a_change_to_t38_that_is_challenged_is_asked_for_again(void **state)
{
    static const char challenge[] = "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\", algorithm=MD5\r\n";
    struct far f;
    far_open_of(&f, "us");
    ua_want_t38(f.w.a.call);
    next(&f, "INVITE ");
    answer_refer(&f, "401 Unauthorized", challenge);
    do
        next(&f, "INVITE ");
    while (!strstr(f.text, "\r\nAuthorization: Digest username=\"us\""));
    assert_non_null(strstr(f.text, "\r\nm=image "));
    answer_refer(&f, "488 Not Acceptable Here", "");
    next(&f, "ACK ");
    wait_until(&f.w, &f.w.a.refused_t38, 1);
    far_is_hung_up(&f);
}

static void a_password_that_is_refused_leaves_the_call_as_it_was(void **state)
{
    static const char challenge[] = "Proxy-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n";
    struct far f;
    far_open_of(&f, "us");
    assert_true(ua_forward(f.w.a.call, "300"));
    next(&f, "REFER ");
    answer_refer(&f, "407 Proxy Authentication Required", challenge);
    do
        next(&f, "REFER ");
    while (!strstr(f.text, "Proxy-Authorization"));
    answer_refer(&f, "407 Proxy Authentication Required", challenge);
    wait_until(&f.w, &f.w.a.not_forwarded, 1);
    assert_int_equal(f.w.a.ended, 0);
    far_is_hung_up(&f);
}

static void a_telephone_that_nobody_answers_leaves_the_call_as_it_was(void **state)
{
    struct far f;
    far_open(&f);
    refer(&f, "300", "202 Accepted");
    notify(&f, 2, "terminated;reason=noresource", "SIP/2.0 486 Busy Here\r\n");
    wait_until(&f.w, &f.w.a.not_forwarded, 1);
    notify(&f, 3, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n"); /* too late */
    next(&f, "SIP/2.0 481");
    assert_int_equal(f.w.a.forwarded, 0);
    far_is_hung_up(&f);
}

static void a_trunk_that_takes_it_and_hangs_up_has_the_call(void **state)
{
    struct far f;
    far_open(&f);
    refer(&f, "300", "202 Accepted");
    say(&f, "BYE", 2, "", "");
    next(&f, "SIP/2.0 200");
    wait_until(&f.w, &f.w.a.forwarded, 1);
    far_close(&f);
}

static void a_caller_who_hangs_up_meanwhile_is_not_forwarded(void **state)
{
    struct far f;
    far_open(&f);
    assert_true(ua_forward(f.w.a.call, "300"));
    next(&f, "REFER ");
    say(&f, "BYE", 2, "", "");
    wait_until(&f.w, &f.w.a.not_forwarded, 1);
    far_close(&f);
}

/* proves: D8 */
static void notify_that_nobody_asked_for_is_refused(void **state)
{
    struct far f;
    far_open(&f);
    say(&f, "NOTIFY", 2, "Event: refer\r\nSubscription-State: active\r\n", "");
    next(&f, "SIP/2.0 4");
    far_is_hung_up(&f);
    assert_int_equal(f.w.a.forwarded + f.w.a.not_forwarded, 0);
}

static void nothing_that_is_no_target_is_sent(void **state)
{
    static const char *const bad[] = {"", "30 0", "sip:a@b", "3>\r\nX: y", "3@b"};
    struct far f;
    far_open(&f);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(ua_forward(f.w.a.call, bad[i]));
    far_is_hung_up(&f);
}

static void a_caller_is_sent_on_before_the_answer(void **state)
{
    struct far f;
    char wanted[300];
    struct trunk t;
    struct endpoint at;
    f = (struct far){.fd = -1};
    f.fd = peer_of_a(&f.w, &t, &f.us);
    f.w.a.hold = true;
    ua_set_trunks(f.w.a.ua, &t, 1);
    assert_int_equal(endpoint_of_socket(f.fd, &at), 0);
    endpoint_format(&at, f.at);
    say(&f, "INVITE", 1, SDP_TYPE, SDP_OF_PEER);
    wait_until(&f.w, &f.w.a.invited, 1);
    assert_false(ua_redirect(f.w.a.call, "3 00"));
    assert_true(ua_redirect(f.w.a.call, "300"));
    next(&f, "SIP/2.0 302");
    (void)snprintf(wanted, sizeof(wanted), "\r\nContact: <sip:300@%s>\r\n", f.at);
    if (!strstr(f.text, wanted))
        fail_msg("no %s in %s", wanted, f.text);
    assert_int_equal(f.w.a.media, 0);
    far_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_called_by_the_trunk_itself),
        cmocka_unit_test(a_trunk_that_refuses_leaves_the_call_as_it_was),
        cmocka_unit_test(a_challenge_is_answered),
        cmocka_unit_test(a_change_to_t38_that_is_challenged_is_asked_for_again),
        cmocka_unit_test(a_password_that_is_refused_leaves_the_call_as_it_was),
        cmocka_unit_test(a_telephone_that_nobody_answers_leaves_the_call_as_it_was),
        cmocka_unit_test(a_trunk_that_takes_it_and_hangs_up_has_the_call),
        cmocka_unit_test(a_caller_who_hangs_up_meanwhile_is_not_forwarded),
        cmocka_unit_test(notify_that_nobody_asked_for_is_refused),
        cmocka_unit_test(nothing_that_is_no_target_is_sent),
        cmocka_unit_test(a_caller_is_sent_on_before_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
