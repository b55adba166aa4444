/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What HylaFAX's files say of its faxes; its own ones are read in peer/hylafax. */
#include <string.h>

#include "test.h"

#include "base/str.h"
#include "proto/hylafax_job.h"
#include "proto/tiff_tags.h"

static bool read_job(const char *text, struct hylafax_job *j)
{
    return hylafax_job_read(span_str(text), j);
}

static void job_is_read_with_what_people_see_of_its_number(void **state)
{
    struct hylafax_job j;
    assert_true(
        read_job("tts: 1600000000\nkilltime:1600010800\nstate:7\nnpages:3\nexternal:030 123\n"
                 "number:0W030123\njobtag:Invoice: 7\ncsi:+49 30 123\nstatus:\n!postscript:0::docq/doc1.ps\n"
                 "fax:01:20:docq/doc1.ps;70\n",
                 &j));
    assert_int_equal(j.state, HYLAFAX_DONE);
    assert_int_equal(j.pages, 3);
    assert_int_equal(j.begin_s, 1600000000);
    assert_string_equal(j.number, "030 123");
    assert_string_equal(j.subject, "Invoice: 7");
    assert_string_equal(j.station, "+49 30 123");
    assert_int_equal(j.count, 2);
    assert_string_equal(j.documents[0].kind, "postscript");
    assert_string_equal(j.documents[1].kind, "fax");
    assert_string_equal(j.documents[1].path, "docq/doc1.ps;70");
    assert_true(read_job("state:8\nnumber:1", &j)); /* no line end, and nothing else */
    assert_string_equal(j.number, "1");
}

static void what_is_no_job_is_refused(void **state)
{
    struct hylafax_job j;
    assert_false(read_job("", &j));
    assert_false(read_job("nonsense", &j));
    assert_false(read_job("number:1\n", &j));
    assert_false(read_job("state:7\nnumber:\n", &j));
    assert_false(read_job("state:-1\nnumber:1\n", &j));
}

/* The head of a file, one entry in its directory, and a text behind it. */
static struct span tiff(uint32_t count, uint32_t at, uint16_t entries)
{
    static uint8_t file[64];
    const uint8_t head[] = {'I',  'I', '*', 0, 8, 0, 0, 0, (uint8_t)entries, (uint8_t)(entries >> 8),
                            0x0e, 1,   2,   0};
    memset(file, 0, sizeof(file));
    memcpy(file, head, sizeof(head));
    for (unsigned i = 0; i < 4; i++) {
        file[14 + i] = (uint8_t)(count >> (8 * i));
        file[18 + i] = (uint8_t)(at >> (8 * i));
    }
    memcpy(file + 26, "+49 30 1\n0301", 14);
    return span_of(file, 26 + 14);
}

static void words_of_a_tiff_are_read_and_nothing_beside_it(void **state)
{
    struct tiff_tags t;
    assert_true(tiff_tags_read(tiff(14, 26, 1), &t));
    assert_string_equal(t.description, "+49 30 1\n0301");
    assert_string_equal(t.date, "");
    assert_true(tiff_tags_read(tiff(15, 26, 1), &t)); /* it would end behind the file */
    assert_string_equal(t.description, "");
    assert_true(tiff_tags_read(tiff(14, UINT32_MAX, 1), &t));
    assert_string_equal(t.description, "");
    assert_true(tiff_tags_read(tiff(UINT32_MAX, 26, 1), &t));
    assert_false(tiff_tags_read(tiff(14, 26, 9), &t)); /* so is its directory */
    assert_false(tiff_tags_read(tiff(14, 26, 0), &t));
    assert_false(tiff_tags_read(span_str("II*"), &t));
    assert_false(tiff_tags_read(span_of(NULL, 0), &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_is_read_with_what_people_see_of_its_number),
        cmocka_unit_test(what_is_no_job_is_refused),
        cmocka_unit_test(words_of_a_tiff_are_read_and_nothing_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
