/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/pdf_text.h"

#include <stdlib.h>

#include "base/mem.h"
#include "model/page_text.h"

/* Code 0 of each font is a blank. */
enum { CODES = 256, CODES_USED = 255, OBJECTS_A_FONT = 2, CHARACTERS_MAX = 20000 };
/* Every character is as wide as half of the font's size. */
enum { CHARACTER_WIDTH = 500 };

/* ---- which character is which code ---- */

static uint32_t take_character(struct span *text)
{
    uint8_t lead = text->data[0];
    size_t more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    uint32_t c = more == 0 ? lead : lead & (0x3fu >> more);
    for (size_t k = 1; k <= more && k < text->len; k++)
        c = c << 6 | (text->data[k] & 0x3f);
    more = more < text->len ? more : text->len - 1;
    *text = span_of(text->data + more + 1, text->len - more - 1);
    return c;
}

static size_t find(const struct pdf_fonts *f, uint32_t c)
{
    size_t low = 0, high = f->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (f->characters[middle] < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_character(struct pdf_fonts *f, uint32_t c)
{
    size_t at = find(f, c);
    if ((at < f->count && f->characters[at] == c) || f->count >= CHARACTERS_MAX)
        return;
    if (f->count == f->room) {
        f->room = f->room ? 2 * f->room : CODES;
        f->characters = mem_resize(f->characters, f->room * sizeof(*f->characters));
    }
    for (size_t i = f->count++; i > at; i--)
        f->characters[i] = f->characters[i - 1];
    f->characters[at] = c;
}

void pdf_fonts_add(struct pdf_fonts *f, struct span text, const struct page_form *form)
{
    struct page_word word;
    while (page_text_next(&text, form, &word))
        while (word.text.len > 0)
            add_character(f, take_character(&word.text));
}

void pdf_fonts_clear(struct pdf_fonts *f)
{
    free(f->characters);
    *f = (struct pdf_fonts){0};
}

/* ---- the words of a page ---- */

static size_t count_characters(struct span text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += (text.data[i] & 0xc0) != 0x80;
    return n;
}

/* The word, with a blank behind it: programs that join what stands apart need none, others do. */
static void put_codes(struct buf *b, const struct pdf_fonts *f, struct span text, double size)
{
    size_t font = SIZE_MAX;
    while (text.len > 0) {
        uint32_t c = take_character(&text);
        size_t n = find(f, c);
        if (n >= f->count || f->characters[n] != c)
            continue;
        if (n / CODES_USED != font) {
            (void)buf_printf(b, "%s/T%zu %.2f Tf<", font == SIZE_MAX ? "" : ">Tj", n / CODES_USED, size);
            font = n / CODES_USED;
        }
        (void)buf_printf(b, "%02zX", n % CODES_USED + 1);
    }
    if (font != SIZE_MAX)
        (void)buf_append_str(b, "00>Tj\n");
}

void pdf_text_put(struct buf *b, const struct pdf_fonts *f, struct span text,
                  const struct pdf_text_page *page)
{
    static const char *const ways[] = {"1 0 0 1", "0 1 -1 0", "-1 0 0 -1", "0 -1 1 0"};
    struct page_word w;
    double x_scale = page->width / page->form->width, y_scale = page->height / page->form->rows;
    if (text.len == 0)
        return;
    (void)buf_append_str(b, "\nBT 3 Tr\n");
    const bool lies = page->quarters % 2 != 0;
    while (page_text_next(&text, page->form, &w)) {
        double size = lies ? w.width * x_scale : w.height * y_scale;
        double length = lies ? w.height * y_scale : w.width * x_scale;
        double natural = (double)count_characters(w.text) * size * CHARACTER_WIDTH / 1000;
        /* The corner where the word begins: of a page on its head the upper right one. */
        uint32_t x = page->quarters == 1 || page->quarters == 2 ? w.x + w.width : w.x;
        uint32_t y = page->quarters < 2 ? w.y + w.height : w.y;
        (void)buf_printf(b, "%s %.2f %.2f Tm %.2f Tz ", ways[page->quarters % 4], x * x_scale,
                         page->height - y * y_scale, length / natural * 100);
        put_codes(b, f, w.text, size);
    }
    (void)buf_append_str(b, "ET");
}

/* ---- the fonts ---- */

static size_t font_count(const struct pdf_fonts *f)
{
    return (f->count + CODES_USED - 1) / CODES_USED;
}

/* Before them the one glyph that they share. */
size_t pdf_fonts_objects(const struct pdf_fonts *f)
{
    return f->count > 0 ? 1 + font_count(f) * OBJECTS_A_FONT : 0;
}

void pdf_fonts_name(struct buf *b, const struct pdf_fonts *f, size_t first_object)
{
    if (f->count == 0)
        return;
    (void)buf_append_str(b, "/Font<<");
    for (size_t i = 0; i < font_count(f); i++)
        (void)buf_printf(b, "/T%zu %zu 0 R", i, first_object + 1 + i * OBJECTS_A_FONT);
    (void)buf_append_str(b, ">>");
}

static size_t last_code(const struct pdf_fonts *f, size_t font)
{
    size_t left = f->count - font * CODES_USED;
    return left < CODES_USED ? left : CODES_USED;
}

static void put_font(struct buf *b, const struct pdf_fonts *f, size_t font, size_t first_object)
{
    size_t last = last_code(f, font);
    (void)buf_printf(b,
                     "<</Type/Font/Subtype/Type3/FontBBox[0 0 %d 1000]/FontMatrix[0.001 0 0 0.001 0 0]"
                     "/CharProcs<</n %zu 0 R>>/Encoding<</Type/Encoding/Differences[0",
                     CHARACTER_WIDTH, first_object);
    for (size_t code = 0; code <= last; code++)
        (void)buf_append_str(b, "/n");
    (void)buf_printf(b, "]>>/FirstChar 0/LastChar %zu/Widths[", last);
    for (size_t code = 0; code <= last; code++)
        (void)buf_printf(b, "%d ", CHARACTER_WIDTH);
    (void)buf_printf(b, "]/Resources<<>>/ToUnicode %zu 0 R>>", first_object + 2 + font * OBJECTS_A_FONT);
}

static void put_map(struct buf *b, const struct pdf_fonts *f, size_t font)
{
    enum { ROWS_MAX = 100 };
    size_t last = last_code(f, font);
    (void)buf_append_str(b, "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
                            "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
                            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
                            "1 begincodespacerange\n<00> <FF>\nendcodespacerange\n");
    for (size_t code = 0; code <= last; code++) {
        if (code % ROWS_MAX == 0)
            (void)buf_printf(b, "%zu beginbfchar\n",
                             last + 1 - code < ROWS_MAX ? last + 1 - code : (size_t)ROWS_MAX);
        uint32_t c = code == 0 ? ' ' : f->characters[font * CODES_USED + code - 1];
        if (c >= 0x10000)
            (void)buf_printf(b, "<%02zX> <%04X%04X>\n", code, 0xd800 + ((c - 0x10000) >> 10),
                             0xdc00 + ((c - 0x10000) & 0x3ff));
        else
            (void)buf_printf(b, "<%02zX> <%04X>\n", code, c);
        if (code % ROWS_MAX == ROWS_MAX - 1 || code == last)
            (void)buf_append_str(b, "endbfchar\n");
    }
    (void)buf_append_str(b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
}

bool pdf_fonts_object(struct buf *b, const struct pdf_fonts *f, size_t index, size_t first_object)
{
    if (index == 0) {
        (void)buf_printf(b, "%d 0 d0", CHARACTER_WIDTH);
        return true;
    }
    size_t font = (index - 1) / OBJECTS_A_FONT;
    if ((index - 1) % OBJECTS_A_FONT == 0) {
        put_font(b, f, font, first_object);
        return false;
    }
    put_map(b, f, font);
    return true;
}
