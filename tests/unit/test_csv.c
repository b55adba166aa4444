/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/csv.h"

#include "base/scope.h"
#include "test.h"

static struct csv_row row;

static void expect(struct span *rest, size_t count, const char *first, const char *second)
{
    assert_true(csv_next(rest, &row));
    assert_int_equal(row.count, count);
    if (count > 0)
        assert_string_equal(row.fields[0], first);
    if (count > 1)
        assert_string_equal(row.fields[1], second);
}

static void rows_are_read_as_spreadsheets_write_them(void **state)
{
    struct span rest = span_str(
        "\xEF\xBB\xBFname,number\r\n\"Rossi, Dr.\" , +39 050 1 \r\n\r\n\"a \"\"b\"\"\",\"c\nd\"\nlast");
    expect(&rest, 2, "name", "number");
    expect(&rest, 2, "Rossi, Dr.", "+39 050 1");
    expect(&rest, 0, "", "");
    expect(&rest, 2, "a \"b\"", "c\nd");
    expect(&rest, 1, "last", "");
    assert_false(csv_next(&rest, &row));
}

static void semicolons_separate_where_there_are_no_commas(void **state)
{
    struct span rest = span_str("Rossi;050 123\n");
    expect(&rest, 2, "Rossi", "050 123");
    assert_false(csv_next(&rest, &row));
}

/* What was written is read back, whatever stands in its first field. */
static void quoted_lines_and_marks_do_not_choose_the_separator(void **state)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, 1 << 16);
    csv_put(&text, true, "two\nlines;");
    csv_put(&text, false, "050 123");
    struct span rest = buf_span(&text);
    expect(&rest, 2, "two\nlines;", "050 123");
    buf_reset(&text);
    csv_put(&text, true, "\xEF\xBB\xBF;");
    csv_put(&text, false, "050 123");
    rest = buf_span(&text);
    expect(&rest, 2, "\xEF\xBB\xBF;", "050 123");
}

static void long_rows_are_cut(void **state)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 5000; i++)
        (void)buf_append_byte(&text, 'x');
    for (int i = 0; i < 20; i++)
        (void)buf_append_str(&text, ",y");
    struct span rest = buf_span(&text);
    assert_true(csv_next(&rest, &row));
    assert_int_equal(row.count, CSV_FIELDS);
    assert_int_equal(strlen(row.fields[0]), CSV_FIELD_LEN - 1);
    assert_false(csv_next(&rest, &row));
}

static void fields_are_quoted_and_no_formula_is_written(void **state)
{
    SCOPED_BUF struct buf text;
    buf_init(&text, 1 << 16);
    csv_put(&text, true, "plain");
    csv_put(&text, false, "a \"b\", c");
    csv_put(&text, false, "+39 050 1234");
    csv_put(&text, false, "=HYPERLINK(1)");
    assert_string_equal(buf_text(&text), "plain,\"a \"\"b\"\", c\",+39 050 1234,\"'=HYPERLINK(1)\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_as_spreadsheets_write_them),
        cmocka_unit_test(semicolons_separate_where_there_are_no_commas),
        cmocka_unit_test(quoted_lines_and_marks_do_not_choose_the_separator),
        cmocka_unit_test(long_rows_are_cut),
        cmocka_unit_test(fields_are_quoted_and_no_formula_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
