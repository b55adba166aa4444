/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Boxes with many numbers: ranges, and all numbers that begin alike. */
#include <string.h>

#include "test.h"

#include "submit_steps.h"

#include "base/scope.h"
#include "model/number_range.h"
#include "provision/json.h"
#include "store/provision.h"

static void reads_as(const char *text, const char *wanted)
{
    struct number_range r;
    char made[2 * NUMBER_RANGE_LEN + 3] = "";
    if (number_range_parse(text, &r))
        number_range_format(&r, made);
    assert_string_equal(made, wanted);
}

static void ranges_are_read_as_people_write_them(void **state)
{
    reads_as("+49305550100-+49305550199", "+49305550100-+49305550199");
    reads_as("+49 30 5550-100 - +49 30 5550-199", "+49305550100-+49305550199");
    reads_as("+49(30)5550100 -+49 30 5550199", "+49305550100-+49305550199");
    reads_as("100 - 199", "100 - 199");
    reads_as("+49 30 55501*", "+493055501*");
    reads_as("55*", "55*");
    /* single numbers, or nothing */
    static const char *const none[] = {"",
                                       "-",
                                       "*",
                                       "+*",
                                       "5*",
                                       "+5*",
                                       "030-5550",
                                       "0305-5501",
                                       "+49 30-5550",
                                       "+1-+1",
                                       "+200-+100",
                                       "100 - 99",
                                       "100 - +99",
                                       "+10-20",
                                       "1 -",
                                       "1*2",
                                       "**",
                                       "+1-+2-+3",
                                       "1 - 2 - 3x",
                                       "12345678901234567890123*",
                                       "+12345678901234567890-+12345678901234567899",
                                       "+1 +2"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        reads_as(none[i], "");
}

static bool meet(const char *x, const char *y)
{
    struct number_range a, b;
    assert_true(number_range_parse(x, &a) || number_range_of(x, &a));
    assert_true(number_range_parse(y, &b) || number_range_of(y, &b));
    assert_int_equal(number_range_meet(&a, &b), number_range_meet(&b, &a));
    return number_range_meet(&a, &b);
}

static void two_entries_meet_where_a_number_is_in_both(void **state)
{
    assert_true(meet("+100-+199", "+150"));
    assert_true(meet("+100-+199", "+100"));
    assert_true(meet("+100-+199", "+199"));
    assert_false(meet("+100-+199", "+200"));
    assert_false(meet("+100-+199", "+0150"));
    assert_false(meet("+100-+199", "1500"));
    assert_true(meet("+100-+199", "+199-+300"));
    assert_true(meet("+100-+199", "+120-+130"));
    assert_false(meet("+100-+199", "+200-+300"));
    assert_true(meet("+10*", "+100-+199"));
    assert_true(meet("+19*", "+100-+199"));
    assert_false(meet("+20*", "+100-+199"));
    assert_false(meet("+1005*", "+100-+199")); /* those are longer */
    assert_true(meet("+100*", "+100"));
    assert_true(meet("+100*", "+10*"));
    assert_false(meet("+100*", "+11*"));
    assert_true(meet("+100*", "+1005551"));
}

/* ---- in the queue ---- */

static void goes_to(struct house *h, const char *called, const char *box)
{
    struct faxbox found;
    bool any = config_box_by_number(&h->queue.store, &h->queue.arena, called, &found);
    assert_string_equal(any ? found.id : "", box);
}

static void a_call_finds_the_box_whose_range_has_its_number(void **state)
{
    struct house *h = *state;
    apply(h, "{\"faxboxes\":["
             "{\"id\":\"front\",\"numbers\":[\"+49 30 5550100 - +49 30 5550199\",\"+49305550300\"]},"
             "{\"id\":\"back\",\"numbers\":[\"+49 30 55502*\", \"700 - 720\"]}]}");
    goes_to(h, "+49305550100", "front");
    goes_to(h, "+49305550142", "front");
    goes_to(h, "+49305550199", "front");
    goes_to(h, "+49305550300", "front");
    goes_to(h, "+49305550301", "");
    goes_to(h, "+493055501420", "");
    goes_to(h, "+4930555014", "");
    goes_to(h, "49305550142", "");
    goes_to(h, "+49305550200", "back");
    goes_to(h, "+4930555020012", "back");
    goes_to(h, "+493055502", "back");
    goes_to(h, "+49305550", "");
    goes_to(h, "700", "back");
    goes_to(h, "720", "back");
    goes_to(h, "721", "");
    goes_to(h, "", "");
    goes_to(h, "100", "front"); /* its extension */
    (void)invite(h, "+49305550150");
    (void)house_take(h, &h->call, MSG_receive);
    (void)invite(h, "+4930555099");
    assert_int_equal(house_take(h, &h->line, MSG_invite_verdict).a, 404);
    apply(h, "{\"faxboxes\":[{\"id\":\"front\",\"numbers\":[]}]}");
    goes_to(h, "+49305550150", "");
    goes_to(h, "+49305550200", "back");
}

static void refused(struct house *h, const char *text, const char *path, const char *part)
{
    SCOPED_BUF struct buf result;
    buf_init(&result, 65536);
    store_begin(&h->queue.store);
    int status = provision_apply(&h->queue.store, &(struct provision_keys){h->dir, &h->queue.vault}, text,
                                 true, &result);
    store_commit(&h->queue.store);
    assert_int_equal(status, 422);
    if (!strstr(buf_text(&result), path) || !strstr(buf_text(&result), part))
        fail_msg("%s", buf_text(&result));
}

static void numbers_that_lead_to_two_boxes_are_refused(void **state)
{
    struct house *h = *state;
    apply(h,
          "{\"faxboxes\":[{\"id\":\"front\",\"numbers\":[\"+49305550100-+49305550199\",\"+49305550150\"]}]}");
    refused(h, "{\"faxboxes\":[{\"id\":\"back\",\"numbers\":[\"+4930\",\"+49305550142\"]}]}",
            "faxboxes[0].numbers[1]",
            "meets +49305550100-+49305550199 of faxbox \\\"front\\\" (faxboxes.front.numbers[0])");
    refused(h, "{\"faxboxes\":[{\"id\":\"back\",\"numbers\":[\"+493055501*\"]}]}", "faxboxes[0].numbers[0]",
            "of faxbox \\\"front\\\"");
    refused(h,
            "{\"faxboxes\":[{\"id\":\"front\",\"numbers\":[\"55*\"]},{\"id\":\"back\",\"numbers\":[\"500 - "
            "599\"]}]}",
            "faxboxes[0].numbers[0]", "(faxboxes[1].numbers[0])");
    refused(h, "{\"faxboxes\":[{\"id\":\"back\",\"numbers\":[\"10*\"]}]}", "faxboxes[0].numbers[0]",
            "(faxboxes.front.extension)");
    refused(h, "{\"faxboxes\":[{\"id\":\"back\",\"numbers\":[\"200 - 100\"]}]}", "faxboxes[0].numbers[0]",
            "+49305550100-+49305550199");
    refused(h, "{\"faxboxes\":[{\"id\":\"back\",\"numbers\":[\"+200-+100\"]}]}", "faxboxes[0].numbers[0]",
            "needs");
    apply(h, "{\"faxboxes\":[{\"id\":\"back\",\"numbers\":[\"+49305550200-+49305550299\"]}]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read_as_people_write_them),
        cmocka_unit_test(two_entries_meet_where_a_number_is_in_both),
        cmocka_unit_test_setup_teardown(a_call_finds_the_box_whose_range_has_its_number, house_setup,
                                        house_teardown),
        cmocka_unit_test_setup_teardown(numbers_that_lead_to_two_boxes_are_refused, house_setup,
                                        house_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
