/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "queue/self_test_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "proto/fax_encode.h"
#include "proto/fax_decode.h"

/* Lines of what looks like print: so much black and white, and so many bytes, as a page of text has. A glyph
 * is 8 x 8 cells of 3 x 2 pixels. */
enum {
    ROW_BYTES = PAGE_WIDTH_A4 / 8,
    LINES = 14,
    LINE_ROWS = 70,
    GLYPHS = 54,
    GLYPH_CELLS = 8,
    CELL_WIDTH = 3,
    CELL_ROWS = 2,
    GLYPH_WIDTH = PAGE_WIDTH_A4 / GLYPHS,
    HEADER_ROWS_MAX = 40,
};

/* xorshift64* (Vigna 2016): the same pixels at any time and on any machine. */
static uint64_t next(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1dULL;
}

static uint64_t seed_of(struct id id)
{
    uint64_t h = 0xcbf29ce484222325ULL; /* FNV-1a */
    for (size_t i = 0; i < sizeof(id.bytes); i++)
        h = (h ^ id.bytes[i]) * 0x100000001b3ULL;
    return h ? h : 1;
}

static void blacken(uint8_t *bits, unsigned x, unsigned y)
{
    bits[(size_t)y * ROW_BYTES + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

static void draw_cell(uint8_t *bits, unsigned left, unsigned top)
{
    for (unsigned y = 0; y < CELL_ROWS; y++)
        for (unsigned x = 0; x < CELL_WIDTH; x++)
            blacken(bits, left + x, top + y);
}

static void draw_glyph(uint8_t *bits, unsigned left, unsigned top, uint64_t cells)
{
    for (unsigned i = 0; i < GLYPH_CELLS * GLYPH_CELLS; i++)
        if (cells >> i & 1)
            draw_cell(bits, left + i % GLYPH_CELLS * CELL_WIDTH, top + i / GLYPH_CELLS * CELL_ROWS);
}

/* To be freed. */
static uint8_t *draw(struct id test)
{
    uint64_t state = seed_of(test);
    uint8_t *bits = mem_zalloc((size_t)SELF_TEST_ROWS * ROW_BYTES);
    for (unsigned line = 0; line < LINES; line++)
        for (unsigned n = 0; n < GLYPHS; n++)
            draw_glyph(bits, n * GLYPH_WIDTH, LINE_ROWS * (line + 1), next(&state));
    return bits;
}

void self_test_page_make(struct id test, struct buf *b, struct page *p)
{
    SCOPED_FREE uint8_t *bits = draw(test);
    const struct fax_pixels pixels = {bits, PAGE_WIDTH_A4, SELF_TEST_ROWS};
    if (!fax_encode(FAX_CODING_T6, 0, &pixels, b, NULL))
        panic("the page of a self-test does not fit its buffer");
    *p = (struct page){{PAGE_WIDTH_A4, SELF_TEST_ROWS, PAGE_STANDARD}, buf_span(b)};
}

unsigned self_test_page_differs(struct id test, const struct page *came)
{
    unsigned differ = 0, above = came->form.rows - SELF_TEST_ROWS;
    if (came->form.width != PAGE_WIDTH_A4 || came->form.resolution != PAGE_STANDARD ||
        came->form.rows < SELF_TEST_ROWS || above > HEADER_ROWS_MAX)
        return SELF_TEST_ROWS;
    SCOPED_FREE uint8_t *went = draw(test);
    SCOPED_FREE uint8_t *bits = mem_zalloc((size_t)came->form.rows * ROW_BYTES);
    (void)fax_decode(FAX_CODING_T6, PAGE_WIDTH_A4, came->form.rows, came->t6, bits);
    for (size_t y = 0; y < SELF_TEST_ROWS; y++)
        differ += memcmp(went + y * ROW_BYTES, bits + (y + above) * ROW_BYTES, ROW_BYTES) != 0;
    return differ;
}
