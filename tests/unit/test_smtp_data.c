/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a mail ends: each case whole, in single octets, and split in two at every place. */
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/attr.h"
#include "base/mem.h"
#include "proto/smtp_data.h"

enum { SIZE_MAX_OF_CASE = 60, LINE_MAX_OF_CASE = 40 };

struct result {
    struct buf out;
    struct smtp_data data;
    size_t taken;
};

/* From a block of its own, so that a read past the end is seen. */
static void put(struct result *r, const char *text, size_t len)
{
    char *copy = mem_dup(text, len);
    size_t n = smtp_data_put(&r->data, span_of(copy, len), &r->out);
    assert_true(n == len || smtp_data_ended(&r->data));
    r->taken += n;
    free(copy);
}

static void begin(struct result *r)
{
    *r = (struct result){0};
    buf_init(&r->out, 4096);
    smtp_data_init(&r->data, SIZE_MAX_OF_CASE, LINE_MAX_OF_CASE);
}

struct expected {
    const char *in, *out;
    size_t left; /* octets behind the end; SIZE_MAX: it does not end */
    enum smtp_data_fault fault;
};

static void check(struct result *r, const struct expected *e, const char *how, size_t at)
{
    size_t left = smtp_data_ended(&r->data) ? strlen(e->in) - r->taken : SIZE_MAX;
    if (left != e->left || r->data.fault != e->fault ||
        (e->fault == SMTP_DATA_FINE && strcmp(buf_text(&r->out), e->out) != 0))
        fail_msg("%s at %zu: left %zd, fault %d, \"%s\" from \"%s\"", how, at, (ssize_t)left, r->data.fault,
                 buf_text(&r->out), e->in);
    if (e->fault == SMTP_DATA_FINE)
        assert_int_equal(r->data.size, strlen(e->out));
    buf_clear(&r->out);
}

static void run(const struct expected *e)
{
    struct result r;
    size_t len = strlen(e->in);
    for (size_t cut = 0; cut <= len; cut++) {
        begin(&r);
        put(&r, e->in, cut);
        if (!smtp_data_ended(&r.data))
            put(&r, e->in + cut, len - cut);
        check(&r, e, "cut", cut);
    }
    begin(&r);
    for (size_t i = 0; i < len && !smtp_data_ended(&r.data); i++)
        put(&r, e->in + i, 1);
    check(&r, e, "octets", len);
}

static void mails_end_where_they_end(void **state)
{
    static const struct expected cases[] = {
        {"a\r\n.\r\n", "a\r\n", 0, SMTP_DATA_FINE},
        {".\r\n", "", 0, SMTP_DATA_FINE},
        {"a\r\n.\r\nQUIT\r\n", "a\r\n", 6, SMTP_DATA_FINE},
        {"a\r\n..\r\n...b\r\n.c\r\n.\r\n", "a\r\n.\r\n..b\r\nc\r\n", 0, SMTP_DATA_FINE},
        {"a.\r\nb.c\r\n\r\n.\r\n", "a.\r\nb.c\r\n\r\n", 0, SMTP_DATA_FINE},
        {"a\r\n. \r\n", "a\r\n \r\n", SIZE_MAX, SMTP_DATA_FINE},
        {"a\r\n.", "a\r\n", SIZE_MAX, SMTP_DATA_FINE},
        {"a\r\n.\r", "a\r\n", SIZE_MAX, SMTP_DATA_FINE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        run(&cases[i]);
}

/* Each is an end of mail to some other program, or hides one. The second mail must never begin: all up to the
 * real end is one refused mail. */
static void smuggled_ends_are_none(void **state)
{
    static const struct expected cases[] = {
        {"a\n.\nX\r\n.\r\n", "", 0, SMTP_DATA_BARE_LF},
        {"a\n.\r\nX\r\n.\r\n", "", 0, SMTP_DATA_BARE_LF},
        {"a\r.\rX\r\n.\r\n", "", 0, SMTP_DATA_BARE_CR},
        {"a\r\n.\nX\r\n.\r\n", "", 0, SMTP_DATA_BARE_LF},
        {"a\r\n.\rX\r\n.\r\n", "", 0, SMTP_DATA_BARE_CR},
        {"a\r.\r\nX\r\n.\r\n", "", 0, SMTP_DATA_BARE_CR},
        {"a\n\n.\n\nX\r\n.\r\n", "", 0, SMTP_DATA_BARE_LF},
        {"a\n.\r\n\r\n.\r\nY", "", 1, SMTP_DATA_BARE_LF},
        {"a\r\r\n.\r\r\nX\r\n.\r\n", "", 0, SMTP_DATA_BARE_CR},
        {"a\n.\nMAIL FROM:<x@y>\r\n", "", SIZE_MAX, SMTP_DATA_BARE_LF},
        {"a\r\n.\r.\r\nX", "", SIZE_MAX, SMTP_DATA_BARE_CR},
        {"\n.\r\n", "", SIZE_MAX, SMTP_DATA_BARE_LF},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        run(&cases[i]);
}

static void limits_hold(void **state)
{
    static const struct expected cases[] = {
        {"0123456789012345678901234567890123456789\r\n.\r\n", "0123456789012345678901234567890123456789\r\n",
         0, SMTP_DATA_FINE},
        {"01234567890123456789012345678901234567890\r\n.\r\n", "", 0, SMTP_DATA_LINE_TOO_LONG},
        {"0123456789012345678901234567\r\n0123456789012345678901234567\r\n.\r\n",
         "0123456789012345678901234567\r\n0123456789012345678901234567\r\n", 0, SMTP_DATA_FINE},
        {"0123456789012345678901234567\r\n01234567890123456789012345678\r\n.\r\n", "", 0,
         SMTP_DATA_TOO_LARGE},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        run(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mails_end_where_they_end),
        cmocka_unit_test(smuggled_ends_are_none),
        cmocka_unit_test(limits_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
