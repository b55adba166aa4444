/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was said in SIP, as it is kept with a call. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "line_world.h"

#include "base/scope.h"
#include "base/str.h"
#include "line/sip_trace.h"
#include "model/call_trace.h"

/* These stand in it, in this order. */
static void told(const char *trace, const char *const *steps)
{
    const char *at = trace;
    for (; *steps; steps++) {
        const char *found = strstr(at, *steps);
        if (!found)
            print_error("no \"%s\" behind:\n%.*s\nin:\n%s\n", *steps, (int)(at - trace), trace, trace);
        assert_non_null(found);
        at = found + strlen(*steps);
    }
}

static void has_no_secret(const char *trace)
{
    static const char *const words[] = {"@",      "+4930123", "127.0.0.1", WORLD_SECRET,
                                        "Digest", "Town",     "200@",      "crypto"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        assert_null(strstr(trace, words[i]));
}

static void a_call_that_changes_to_t38_is_told_by_both_ends(void **state)
{
    static const char *const caller[] = {"> sip:INVITE audio\n",
                                         "< sip:180 Ringing\n",
                                         "< sip:200 OK, audio\n",
                                         "> sip:ACK\n",
                                         "< sip:re-INVITE T.38\n",
                                         "> sip:200 OK, T.38\n",
                                         "< sip:ACK\n",
                                         "> sip:BYE\n",
                                         "< sip:200 OK\n",
                                         NULL};
    static const char *const called[] = {"< sip:INVITE audio\n",
                                         "> sip:180 Ringing\n",
                                         "> sip:200 OK, audio\n",
                                         "< sip:ACK\n",
                                         "> sip:re-INVITE T.38\n",
                                         "< sip:200 OK, T.38\n",
                                         "> sip:ACK\n",
                                         "< sip:BYE\n",
                                         "> sip:200 OK\n",
                                         NULL};
    struct world w;
    world_open(&w, "127.0.0.1:0");
    talk(&w);
    ua_want_t38(w.b.call);
    wait_until(&w, &w.a.media, 2);
    wait_until(&w, &w.b.media, 2);
    ua_hang_up(w.a.call);
    wait_until(&w, &w.b.ended, 1);
    wait_until(&w, &w.a.ended, 1);
    told(w.a.trace, caller);
    told(w.b.trace, called);
    has_no_secret(w.a.trace);
    has_no_secret(w.b.trace);
    assert_true(strtoll(w.a.trace, NULL, 10) <= 0); /* before the answer */
    assert_true(call_trace_has_sip(w.a.trace));
    world_close(&w);
}

static void a_refusal_is_told_with_its_number(void **state)
{
    static const char *const steps[] = {"0 > sip:INVITE audio\n", "< sip:486 Busy Here\n", NULL};
    struct world w;
    world_open(&w, "127.0.0.1:0");
    w.b.reject = 486;
    dial(&w);
    wait_until(&w, &w.a.ended, 1);
    told(w.a.trace, steps);
    world_close(&w);
}

static void of_a_long_call_the_beginning_and_the_end_are_kept(void **state)
{
    struct sip_trace t = {.count = 0};
    SCOPED_BUF struct buf text;
    buf_init(&text, CALL_TRACE_SIP_MAX);
    sip_trace_request(&t, "INVITE", span_str("v=0\r\nm=audio 4000 RTP/SAVP 8\r\nm=image 0 udptl t38\r\n"));
    for (int i = 0; i < 500; i++)
        sip_trace_request(&t, "UPDATE", span_str(""));
    sip_trace_request(&t, "BYE", span_str(""));
    sip_trace_format(&t, &text);
    assert_false(text.overflow);
    assert_non_null(strstr(buf_text(&text), "0 > sip:INVITE audio (SRTP)\n"));
    assert_non_null(strstr(buf_text(&text), "left out"));
    assert_non_null(strstr(buf_text(&text), "> sip:BYE\n"));
    unsigned lines = 0;
    for (const char *at = buf_text(&text); (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, SIP_TRACE_STEPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_that_changes_to_t38_is_told_by_both_ends),
        cmocka_unit_test(a_refusal_is_told_with_its_number),
        cmocka_unit_test(of_a_long_call_the_beginning_and_the_end_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
