/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages of documents as they are, drawn by a worker that is shut in as in service. */
#include <string.h>
#include <unistd.h>

#include "zygote_bench.h"

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/office.h"

enum { WIDTH = 240, PNG_WIDTH_AT = 16, PNG_COLOUR_AT = 25, PNG_RGB = 2 };

static void draw(struct bench *b, struct span bytes, uint32_t page, uint32_t width)
{
    SCOPED_FD int fd = fd_sealed_memory("document", bytes);
    const struct message ask = {
        .type = MSG_draw_original,
        .draw_original = {
            .document = id_new(), .type = "", .paper = "a4", .page = page, .width = width, .bytes = fd}};
    give_of(b, ROLE_WEB, &ask, 1);
    wait_for(b, b->answers + 1);
    assert_int_equal(b->type, MSG_picture_made);
}

static void is_picture(const struct bench *b)
{
    const uint8_t *png = b->payload.data;
    assert_string_equal(b->outcome.text, "");
    assert_in_range(b->payload.len, PNG_COLOUR_AT + 1, PAGE_SET_BYTES_MAX);
    assert_memory_equal(png, "\x89PNG", 4);
    assert_int_equal(png[PNG_WIDTH_AT + 2] << 8 | png[PNG_WIDTH_AT + 3], WIDTH);
    assert_int_equal(png[PNG_COLOUR_AT], PNG_RGB);
}

static void each_page_of_a_document_is_drawn(void **state)
{
    struct bench *b = *state;
    SCOPED_BUF struct buf first;
    buf_init(&first, 1 << 20);
    draw(b, span_str("one\ftwo words"), 0, WIDTH);
    is_picture(b);
    assert_true(buf_append(&first, b->payload.data, b->payload.len));
    draw(b, span_str("one\ftwo words"), 1, WIDTH);
    is_picture(b);
    assert_false(span_equal(buf_span(&first), buf_span(&b->payload)));
    draw(b, span_str("one\ftwo words"), 2, WIDTH);
    assert_string_equal(b->outcome.code, "convert-input");
}

/* The same worker's process makes the fax pages: nothing of the soft lines stays behind. */
static void fax_pages_are_the_same_after_it(void **state)
{
    struct bench *b = *state;
    SCOPED_BUF struct buf before;
    buf_init(&before, 1 << 20);
    render(b, "", span_str("one"));
    assert_true(buf_append(&before, b->payload.data, b->payload.len));
    draw(b, span_str("one"), 0, WIDTH);
    render(b, "", span_str("one"));
    assert_true(span_equal(buf_span(&before), buf_span(&b->payload)));
}

static void what_cannot_be_drawn_says_why(void **state)
{
    struct bench *b = *state;
    draw(b, span_str("one"), 0, 1000000);
    assert_string_equal(b->outcome.code, "convert-input");
    draw(b, span_str("%PDF-1.4 and nothing else"), 0, WIDTH);
    assert_int_equal(b->outcome.verdict, VERDICT_GIVE_UP);
    draw(b, span_str(""), 0, WIDTH);
    assert_string_equal(b->outcome.code, "document-empty");
}

static void office_documents_are_drawn_too(void **state)
{
    struct bench *b = *state;
    if (!office_installed())
        skip();
    draw(b, span_str("{\\rtf1 one\\page two}"), 1, WIDTH);
    is_picture(b);
    draw(b, span_str("{\\rtf1 one\\page two}"), 2, WIDTH);
    assert_string_equal(b->outcome.code, "convert-input");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_page_of_a_document_is_drawn),
        cmocka_unit_test(fax_pages_are_the_same_after_it),
        cmocka_unit_test(what_cannot_be_drawn_says_why),
        cmocka_unit_test(office_documents_are_drawn_too),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}
