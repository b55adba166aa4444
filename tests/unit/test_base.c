/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/hex.h"
#include "base/list.h"
#include "base/pace.h"
#include "base/rand.h"
#include "base/scope.h"
#include "base/str.h"

static void buffer_never_passes_its_limit(void **state)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, 8);
    assert_true(buf_append_str(&b, "12345678"));
    assert_false(buf_append_byte(&b, 'x'));
    assert_true(b.overflow);
    assert_string_equal(buf_text(&b), "12345678");
    buf_consume(&b, 3);
    assert_string_equal(buf_text(&b), "45678");
    buf_reset(&b);
    assert_false(b.overflow);
    assert_true(buf_printf(&b, "%d", 42));
    assert_string_equal(buf_text(&b), "42");
}

static void decimal_is_strict(void **state)
{
    uint64_t n = 0;
    assert_true(str_to_u64("65535", 65535, &n));
    assert_int_equal(n, 65535);
    assert_true(str_to_u64("18446744073709551615", UINT64_MAX, &n));
    assert_true(n == UINT64_MAX);
    const char *bad[] = {"", "65536", "-1", "+1", " 1", "1 ", "0x1", "99999999999999999999999"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(str_to_u64(bad[i], 65535, &n));
    assert_false(str_to_u64("18446744073709551616", UINT64_MAX, &n));
    assert_false(str_to_u64("5", 3, &n));
}

static void utf8_is_strict(void **state)
{
    const char *good[] = {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x93\xa0"};
    const char *bad[] = {"\x80",     "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                         "\xe2\x82", "\xff"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(utf8_valid(span_str(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(utf8_valid(span_str(bad[i])));
    char cut[] = "gr\303\274n \303 \360\237\230 ok \342\202";
    utf8_clean(cut);
    assert_string_equal(cut, "gr\303\274n ? ??? ok ??");
}

static void hexadecimal_round_trip(void **state)
{
    uint8_t bytes[4];
    char text[9];
    assert_true(hex_parse("00fFa5e1", bytes, 4));
    hex_format(bytes, 4, text);
    assert_string_equal(text, "00ffa5e1");
    assert_false(hex_parse("00ffa5e", bytes, 4));
    assert_false(hex_parse("00ffa5e1a", bytes, 4));
    assert_false(hex_parse("00ffa5eg", bytes, 4));
}

static void list_survives_removal_while_walking(void **state)
{
    struct list all, node[3];
    list_init(&all);
    for (int i = 0; i < 3; i++)
        list_append(&all, &node[i]);
    int seen = 0;
    list_each_safe (it, &all) {
        list_remove(it);
        seen++;
    }
    assert_int_equal(seen, 3);
    assert_true(list_empty(&all));
    list_remove(&node[0]);
}

static void sealed_memory_cannot_be_changed(void **state)
{
    SCOPED_FD int fd = fd_sealed_memory("test", span_str("document"));
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    uint64_t size = 0;
    assert_int_equal(fd_checked_size(fd, 8, &size), 0);
    assert_int_equal(size, 8);
    assert_int_equal(fd_checked_size(fd, 7, &size), EPROTO);
    char text[9] = {0};
    assert_int_equal(fd_pread_all(fd, text, 8, 0), 0);
    assert_string_equal(text, "document");
    assert_int_equal(fd_pread_all(fd, text, 8, 1), EIO);
}

static void time_is_written_as_rfc3339(void **state)
{
    char text[CLOCK_TEXT_LEN];
    clock_format_utc(1584010298007, text);
    assert_string_equal(text, "2020-03-12T10:51:38.007Z");
}

static void random_stays_below_its_bound(void **state)
{
    for (int i = 0; i < 1000; i++)
        assert_true(rand_below(7) < 7);
}

static void refusals_keep_the_pace_of_the_slowest(void **state)
{
    struct pace p = {0};
    assert_int_equal(pace_due_ms(&p, 1000, 1001), 1000 + PACE_LEAST_MS);
    pace_note(&p, 1000, 1020);
    assert_int_equal(pace_due_ms(&p, 2000, 2001), 2000 + PACE_LEAST_MS);
    pace_note(&p, 2000, 12000);
    pace_note(&p, 12000, 12100); /* it is back; the others wait on for a while */
    assert_int_equal(pace_due_ms(&p, 20000, 20001), 30000);
    pace_note(&p, 0, 100000);
    assert_int_equal(pace_due_ms(&p, 100000, 100001), 100000 + PACE_MOST_MS);
    assert_int_equal(pace_due_ms(&p, 1000000, 1000001), 1000000 + PACE_LEAST_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_never_passes_its_limit),
        cmocka_unit_test(decimal_is_strict),
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(hexadecimal_round_trip),
        cmocka_unit_test(list_survives_removal_while_walking),
        cmocka_unit_test(sealed_memory_cannot_be_changed),
        cmocka_unit_test(time_is_written_as_rfc3339),
        cmocka_unit_test(random_stays_below_its_bound),
        cmocka_unit_test(refusals_keep_the_pace_of_the_slowest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
