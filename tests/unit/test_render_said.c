/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is said of a document, and what it is: through a worker that is shut in as in service. */
#include <unistd.h>

#include "zygote_bench.h"

#include "base/fd.h"
#include "base/scope.h"

static const char *country; /* of who sends it */

static void render_said(struct bench *b, const char *name, const char *type, struct span bytes)
{
    SCOPED_FD int fd = fd_sealed_memory("document", bytes);
    do_now(b, &(struct message){.type = MSG_render,
                                .render = {.document = id_new(),
                                           .name = name,
                                           .type = type,
                                           .paper = "a4",
                                           .country = country,
                                           .bytes = fd}});
    assert_string_equal(b->outcome.text, "");
    assert_int_equal(b->pages, 1);
}

/* A worker opens no file, and a converter is one: it has to be there already. */
static void text_in_any_charset_is_read_by_a_worker(void **state)
{
    static const struct {
        const char *type, *bytes;
    } same[] = {{"text/plain;charset=koi8-r", "\xc4\xc1"},
                {"text/plain;charset=iso-8859-5", "\xd4\xd0"},
                {"text/plain;charset=windows-1251", "\xe4\xe0"},
                {"text/plain;charset=ibm866", "\xa4\xa0"},
                {"text/plain;charset=gb18030", "\xa7\xd5\xa7\xd1"},
                {"text/plain;charset=shift_jis", "\x84\x74\x84\x70"},
                {"text/plain;charset=euc-kr", "\xac\xd5\xac\xd1"}};
    struct bench *b = *state;
    SCOPED_BUF struct buf wanted;
    render_said(b, "letter.txt", "", span_str("да"));
    buf_init(&wanted, 1 << 20);
    assert_true(buf_append(&wanted, b->payload.data, b->payload.len));
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        render_said(b, "letter.txt", same[i].type, span_str(same[i].bytes));
        if (!span_equal(buf_span(&wanted), buf_span(&b->payload)))
            fail_msg("%s is read as something else", same[i].type);
    }
    /* And where nobody says it. */
    render_said(b, "letter.txt", "", span_str("Уважаемый Иван Петрович, подпишите договор."));
    buf_reset(&wanted);
    assert_true(buf_append(&wanted, b->payload.data, b->payload.len));
    render_said(
        b, "letter.txt", "application/octet-stream",
        span_str("\xf5\xd7\xc1\xd6\xc1\xc5\xcd\xd9\xca \xe9\xd7\xc1\xce \xf0\xc5\xd4\xd2\xcf\xd7\xc9\xde, "
                 "\xd0\xcf\xc4\xd0\xc9\xdb\xc9\xd4\xc5 \xc4\xcf\xc7\xcf\xd7\xcf\xd2."));
    assert_true(span_equal(buf_span(&wanted), buf_span(&b->payload)));
}

/* Two letters, which could be French. */
static void language_or_country_of_the_sender_tells_what_a_line_is(void **state)
{
    static const struct {
        const char *type, *country;
    } same[] = {{"text/plain;language=pl-PL", ""}, {"", "PL"}, {"text/plain;language=en-US", "PL"}};
    struct bench *b = *state;
    SCOPED_BUF struct buf wanted;
    render_said(b, "line.txt", "", span_str("swobodę"));
    buf_init(&wanted, 1 << 20);
    assert_true(buf_append(&wanted, b->payload.data, b->payload.len));
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        country = same[i].country;
        render_said(b, "line.txt", same[i].type, span_str("swobod\xea"));
        country = NULL;
        if (!span_equal(buf_span(&wanted), buf_span(&b->payload)))
            fail_msg("%s %s: read as something else", same[i].type, same[i].country);
    }
    render_said(b, "line.txt", "text/plain;language=fr", span_str("swobod\xea"));
    assert_false(span_equal(buf_span(&wanted), buf_span(&b->payload)));
}

static void document_whose_name_says_another_format_is_told(void **state)
{
    struct bench *b = *state;
    render_said(b, "letter.pdf", "application/pdf", span_str("text"));
    assert_string_equal(b->text, "text");
    render_said(b, "letter.txt", "application/pdf", span_str("text"));
    assert_string_equal(b->text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_in_any_charset_is_read_by_a_worker),
        cmocka_unit_test(language_or_country_of_the_sender_tells_what_a_line_is),
        cmocka_unit_test(document_whose_name_says_another_format_is_told),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
