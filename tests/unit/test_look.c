/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a first look at a fax finds: its text, whatever is in it, and which pages look alike. */
#include <stdlib.h>
#include <string.h>

#include "test.h"

#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/looker.h"
#include "convert/t6.h"
#include "model/id.h"
#include "model/look.h"
#include "proto/qr_code.h"

enum { WIDTH = 1728, ROWS = 2200, ROW_BYTES = WIDTH / 8 };

static void what_was_found_comes_back(void **state)
{
    struct look l = {.has_fingerprint = true}, *again = mem_zalloc(sizeof(*again));
    SCOPED_BUF struct buf b;
    buf_init(&b, LOOK_BYTES_MAX);
    for (int i = 0; i < FINGERPRINT_LEN; i++)
        l.fingerprint[i] = (uint8_t)(i * 7);
    look_add_code(&l, span_str("INV-42"));
    look_add_code(&l, span_str("two\nlines\x1b"));
    look_add_code(&l, span_str("INV-42"));
    look_add_code(&l, span_str("\n"));
    assert_int_equal(l.code_count, 2);
    look_format(&b, &l);
    assert_true(look_read(buf_span(&b), again));
    assert_memory_equal(again->fingerprint, l.fingerprint, FINGERPRINT_LEN);
    assert_int_equal(again->code_count, 2);
    assert_string_equal(again->codes[1], "twolines");
    for (int i = 0; i < 100; i++)
        look_add_code(&l, span_str(i % 2 ? "x" : id_text(id_new())));
    assert_int_equal(l.code_count, LOOK_CODES_MAX);
    free(again);
}

static void nonsense_is_no_look(void **state)
{
    static const char *const bad[] = {
        "",      "-", "abcd\n", "\n", "-\n", "-\n\ncode", "-\n\n\n", "-\n\nsame\nsame\n", "-\n\na\x01\n",
        "-\nx\n"};
    struct look *l = mem_zalloc(sizeof(*l));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(look_read(span_str(bad[i]), l));
    assert_true(look_read(span_str("-\n3, 7\n"), l));
    free(l);
}

/* ---- fingerprints ---- */

static void fill(uint8_t *bits, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
    for (uint32_t row = y; row < y + height && row < ROWS; row++)
        for (uint32_t at = x; at < x + width && at < WIDTH; at++)
            bits[row * ROW_BYTES + at / 8] |= (uint8_t)(0x80 >> at % 8);
}

/* A letter: a head that all have, then lines of words whose lengths are its own. */
static uint8_t *letter(unsigned seed, uint32_t dx, uint32_t dy, unsigned specks)
{
    uint8_t *bits = mem_zalloc(ROW_BYTES * ROWS);
    unsigned random = seed;
    fill(bits, 200 + dx, 180 + dy, 500, 60);
    fill(bits, 1200 + dx, 200 + dy, 250, 20);
    for (uint32_t y = 500; y < 1900; y += 42) {
        uint32_t x = 180;
        while (x < 1400) {
            random = random * 1103515245 + 12345;
            uint32_t width = 30 + (random >> 16) % 150;
            for (uint32_t stroke = 0; stroke < width; stroke += 12)
                fill(bits, x + stroke + dx, y + dy, 4, 22);
            x += width + 18;
        }
        random = random * 1103515245 + 12345;
        y += (random >> 16) % 5 == 0 ? 42 : 0;
    }
    for (unsigned i = 0; i < specks; i++) {
        random = random * 1103515245 + 12345;
        fill(bits, (random >> 8) % WIDTH, (random >> 4) % ROWS, 2, 2);
    }
    return bits;
}

static unsigned likeness(uint8_t *a, uint8_t *b)
{
    static uint8_t of_a[FINGERPRINT_LEN], of_b[FINGERPRINT_LEN];
    assert_true(looker_fingerprint(a, WIDTH, ROWS, of_a));
    assert_true(looker_fingerprint(b, WIDTH, ROWS, of_b));
    free(a);
    free(b);
    return fingerprint_likeness(of_a, of_b);
}

static void same_page_twice_looks_alike(void **state)
{
    assert_int_equal(likeness(letter(1, 0, 0, 0), letter(1, 0, 0, 0)), 100);
    assert_in_range(likeness(letter(1, 0, 0, 0), letter(1, 9, 14, 0)), FINGERPRINT_ALIKE, 100);
    assert_in_range(likeness(letter(1, 3, 0, 100), letter(1, 0, 21, 300)), FINGERPRINT_ALIKE, 100);
}

static void letters_on_the_same_paper_do_not(void **state)
{
    for (unsigned seed = 2; seed < 12; seed++) {
        unsigned found = likeness(letter(1, 0, 0, 0), letter(seed, 0, 0, 0));
        if (found >= FINGERPRINT_ALIKE)
            fail_msg("letter %u is like the first: %u", seed, found);
    }
}

static void page_with_next_to_nothing_is_like_none(void **state)
{
    static uint8_t to[FINGERPRINT_LEN];
    SCOPED_FREE uint8_t *bits = mem_zalloc(ROW_BYTES * ROWS);
    assert_false(looker_fingerprint(bits, WIDTH, ROWS, to));
    fill(bits, 10, 1000, 1, 1);
    assert_false(looker_fingerprint(bits, WIDTH, ROWS, to));
    assert_false(looker_fingerprint(bits, 8, 1, to));
    fill(bits, 0, 0, WIDTH, ROWS);
    assert_true(looker_fingerprint(bits, WIDTH, ROWS, to));
    assert_int_equal(fingerprint_likeness(to, to), 0); /* nothing is to be seen on it */
}

/* ---- codes that we draw ---- */

/* Six pixels a module, somewhere on a page. */
static void draw_code(const struct qr_code *q, uint8_t *bits)
{
    enum { MODULE = 6, LEFT = 200, TOP = 300 };
    for (unsigned y = 0; y < q->size * MODULE; y++)
        for (unsigned x = 0; x < q->size * MODULE; x++)
            if (q->dark[y / MODULE][x / MODULE])
                bits[(size_t)(TOP + y) * ROW_BYTES + (LEFT + x) / 8] |= (uint8_t)(0x80 >> (LEFT + x) % 8);
}

static void our_codes_are_read(void **state)
{
    static const char letters[] =
        "faxpost:a-box-whose-name-is-as-long-as-names-of-boxes-may-become-and-some-more-"
        "letters";
    const struct page_form form = {WIDTH, ROWS, PAGE_FINE};
    SCOPED_FREE uint8_t *bits = mem_alloc((size_t)ROW_BYTES * ROWS);
    looker_prepare();
    for (size_t len = 1; len <= QR_TEXT_MAX; len += len < 10 ? 1 : 5) {
        char text[QR_TEXT_MAX + 1];
        struct qr_code q;
        SCOPED_BUF struct buf t6;
        SCOPED_FREE struct look *l = mem_zalloc(sizeof(*l));
        memcpy(text, letters, len);
        text[len] = 0;
        assert_true(qr_encode(text, &q));
        memset(bits, 0, (size_t)ROW_BYTES * ROWS);
        draw_code(&q, bits);
        buf_init(&t6, 1 << 20);
        assert_true(t6_encode(&form, bits, &t6));
        looker_look(&(struct page){form, buf_span(&t6)}, 0, false, l);
        assert_int_equal(l->code_count, 1);
        assert_string_equal(l->codes[0], text);
    }
    struct qr_code q;
    char longer[QR_TEXT_MAX + 2];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = 0;
    assert_false(qr_encode(longer, &q));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_found_comes_back),
        cmocka_unit_test(nonsense_is_no_look),
        cmocka_unit_test(same_page_twice_looks_alike),
        cmocka_unit_test(letters_on_the_same_paper_do_not),
        cmocka_unit_test(page_with_next_to_nothing_is_like_none),
        cmocka_unit_test(our_codes_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
