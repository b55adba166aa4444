/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>

#include "test.h"

#include "model/call_trace.h"
#include "model/id.h"
#include "model/outcome.h"
#include "model/page.h"
#include "model/role.h"

static void id_is_a_uuid_of_version_7(void **state)
{
    struct id id = id_new(), back;
    const char *text = id_text(id);
    assert_int_equal(strlen(text), 36);
    assert_int_equal(text[14], '7');
    assert_true(id_parse(text, &back));
    assert_true(id_equal(id, back));
    assert_false(id_is_none(id));
    assert_false(id_parse("0192f0c1-7a3b-7c4d-8e5f00112233445566", &back));
    assert_false(id_parse("", &back));
    assert_false(id_parse("0192f0c1a7a3b-7c4d-8e5f-001122334455", &back));
}

static void role_names_go_both_ways(void **state)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        enum role back;
        assert_true(role_parse(role_name((enum role)r), &back));
        assert_int_equal(back, r);
    }
    enum role none;
    assert_false(role_parse("nobody", &none));
}

static void page_form_outside_of_t4_is_refused(void **state)
{
    struct page_form form = {PAGE_WIDTH_A4, 2292, PAGE_FINE};
    assert_true(page_form_valid(&form));
    form.width = 1;
    assert_false(page_form_valid(&form));
    form = (struct page_form){PAGE_WIDTH_A4, 0, PAGE_FINE};
    assert_false(page_form_valid(&form));
    form.rows = PAGE_ROWS_MAX + 1;
    assert_false(page_form_valid(&form));
    form = (struct page_form){PAGE_WIDTH_A4, 100, (enum page_resolution)99};
    assert_false(page_form_valid(&form));
}

static void outcome_text_is_cut_not_overrun(void **state)
{
    char longtext[1000];
    memset(longtext, 'a', sizeof(longtext));
    longtext[999] = 0;
    struct outcome o;
    outcome_set(&o, VERDICT_RETRY, longtext, "%s", longtext);
    assert_int_equal(strlen(o.code), OUTCOME_CODE_LEN - 1);
    assert_int_equal(strlen(o.text), OUTCOME_TEXT_LEN - 1);
}

static void traces_of_two_become_one_in_the_order_of_time(void **state)
{
    struct buf b;
    buf_init(&b, CALL_TRACE_MAX);
    assert_true(call_trace_merge(&b, "-1500 > sip:INVITE audio\n-20 < sip:200 OK\n9000 > sip:BYE\n",
                                 "3 < DIS\nnoise\n\n1200 > DCS v\n9000 > DCN"));
    assert_string_equal(buf_text(&b), "-1500 > sip:INVITE audio\n-20 < sip:200 OK\n3 < DIS\n1200 > DCS v\n"
                                      "9000 > sip:BYE\n9000 > DCN\n");
    assert_true(call_trace_has_sip(buf_text(&b)));
    assert_false(call_trace_has_sip("3 < DIS\n4 > DCN sip:\n"));
    buf_clear(&b);
    buf_init(&b, 10);
    assert_false(call_trace_merge(&b, "1 > INVITE a long one\n", ""));
    buf_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_is_a_uuid_of_version_7),
        cmocka_unit_test(role_names_go_both_ways),
        cmocka_unit_test(page_form_outside_of_t4_is_refused),
        cmocka_unit_test(outcome_text_is_cut_not_overrun),
        cmocka_unit_test(traces_of_two_become_one_in_the_order_of_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
