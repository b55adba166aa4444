/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/header.h"

#include <errno.h>
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "proto/fax_encode.h"
#include "t30/font.h"

enum { COLUMNS_MAX = PAGE_WIDTH_MAX / FONT_CELL_WIDTH, MARGIN = 1, GAP = 2, STRIP_BYTES_MAX = 1 << 20 };

static const struct face {
    const uint16_t *cells;
    uint32_t rows; /* of the letters */
    uint32_t gap;  /* white rows below them */
    uint32_t wide; /* pixels that each of theirs becomes in its row */
} faces[PAGE_RESOLUTION_COUNT] = {
    [PAGE_STANDARD] = {font_standard, FONT_ROWS_STANDARD, 2, 1},
    [PAGE_FINE] = {font_fine, FONT_ROWS_FINE, 4, 1},
    [PAGE_SUPERFINE] = {font_superfine, FONT_ROWS_SUPERFINE, 8, 1},
    [PAGE_DPI300] = {font_fine, FONT_ROWS_FINE, 6, 1},
    [PAGE_DPI400] = {font_superfine, FONT_ROWS_SUPERFINE, 8, 2},
};

uint32_t header_rows(enum page_resolution resolution)
{
    return faces[resolution].rows + faces[resolution].gap;
}

/* ---- text ---- */

/* Typographic signs that names contain, and what stands for them. */
static uint8_t latin1_of(uint32_t c)
{
    switch (c) {
    case 0x2010:
    case 0x2011:
    case 0x2013:
    case 0x2014: return '-';
    case 0x2018:
    case 0x2019: return '\'';
    case 0x201C:
    case 0x201D:
    case 0x201E: return '"';
    default: break;
    }
    if (c < 0x20 || (c >= 0x7F && c < 0xA0))
        return ' ';
    return c <= 0xFF ? (uint8_t)c : '?';
}

/* The next character of UTF-8 text; anything that is none is one '?'. */
static uint32_t next_character(const char **text)
{
    const uint8_t *p = (const uint8_t *)*text;
    unsigned more = p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : p[0] >= 0xC0 ? 1 : 0;
    uint32_t c = more == 0 ? p[0] : p[0] & (0x3FU >> more);
    if (more == 0 && p[0] >= 0x80)
        c = '?';
    unsigned i = 1;
    for (; i <= more; i++) {
        if ((p[i] & 0xC0) != 0x80)
            break;
        c = c << 6 | (p[i] & 0x3F);
    }
    *text += i;
    return i <= more ? '?' : c;
}

struct text {
    size_t len;
    uint8_t latin1[COLUMNS_MAX];
};

static struct text text_of(const char *utf8)
{
    struct text t = {0};
    while (*utf8 && t.len < COLUMNS_MAX)
        t.latin1[t.len++] = latin1_of(next_character(&utf8));
    return t;
}

static void place(uint8_t line[COLUMNS_MAX], size_t at, const struct text *t, size_t len)
{
    memcpy(line + at, t->latin1, len);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static const struct words {
    const char *language, *page, *of, *continued;
} languages[] = {
    {"en", "page", "of", "continued"},      {"de", "Seite", "von", "Fortsetzung"},
    {"it", "pagina", "di", "continua"},     {"fr", "page", "sur", "suite"},
    {"es", "página", "de", "continuación"},
};

static struct text page_text(const struct header_line *h)
{
    const struct words *w = &languages[0];
    for (size_t i = 1; i < ARRAY_LEN(languages); i++)
        if (str_equal(languages[i].language, h->language))
            w = &languages[i];
    char number[40] = "", all[80];
    if (h->pages > 0)
        (void)str_format(number, sizeof(number), " %s %u", w->of, h->pages);
    (void)str_format(all, sizeof(all), "%s%s%s %u%s", h->continued ? w->continued : "",
                     h->continued ? ", " : "", w->page, h->page, number);
    return text_of(all);
}

/* when · sender ... recipient · page, the latter two at the right. Whatever the lengths, `columns` hold a
 * when of 16 characters and a page of 30 beside at least 50 of the others (A4: 108 columns). */
static void lay_out(const struct header_line *h, size_t columns, uint8_t line[COLUMNS_MAX])
{
    struct text when = text_of(h->when), sender = text_of(h->sender), recipient = text_of(h->recipient),
                page = page_text(h);
    memset(line, ' ', COLUMNS_MAX);
    size_t left = MARGIN, right = columns - MARGIN;
    right -= page.len;
    place(line, right, &page, page.len);
    size_t when_len = smaller(when.len, columns / 4);
    place(line, left, &when, when_len);
    left += when_len + GAP;
    size_t recipient_len = smaller(recipient.len, right - GAP - left);
    right -= GAP + recipient_len;
    place(line, right, &recipient, recipient_len);
    if (right > left + GAP)
        place(line, left, &sender, smaller(sender.len, right - GAP - left));
}

/* ---- pixels ---- */

static uint32_t widened(uint16_t bits)
{
    uint32_t wide = 0;
    for (unsigned i = 0; i < 16; i++)
        wide |= (uint32_t)(bits >> i & 1) * 3 << 2 * i;
    return wide;
}

/* A cell is two octets wide, or four, so letters need no shifting. */
static void draw(const struct face *face, const uint8_t *line, size_t columns, uint8_t *pixels,
                 size_t row_len)
{
    for (size_t column = 0; column < columns; column++) {
        const uint16_t *cell = face->cells + (size_t)(line[column] - FONT_FIRST) * face->rows;
        for (uint32_t row = 0; row < face->rows; row++) {
            uint8_t *to = pixels + row * row_len + 2 * face->wide * column;
            uint32_t bits = face->wide == 2 ? widened(cell[row]) : cell[row];
            for (uint32_t i = 2 * face->wide; i > 0; i--, bits >>= 8)
                to[i - 1] = (uint8_t)bits;
        }
    }
}

static bool encode_line(const struct page_form *form, const struct header_line *line, struct buf *t6,
                        size_t *bits)
{
    const struct face *face = &faces[form->resolution];
    uint32_t rows = header_rows(form->resolution);
    size_t row_len = form->width / 8, columns = form->width / (FONT_CELL_WIDTH * face->wide);
    uint8_t text[COLUMNS_MAX];
    SCOPED_FREE uint8_t *pixels = mem_zalloc(row_len * rows);
    lay_out(line, columns, text);
    draw(face, text, columns, pixels, row_len);
    return fax_encode(FAX_CODING_T6, 0, &(struct fax_pixels){pixels, form->width, rows}, t6, bits);
}

/* Moves data by `by` bits (1..7) towards its end, the last octet being free for what is pushed out. */
static void shift_bits(uint8_t *data, size_t len, unsigned by)
{
    for (size_t i = len - 1; i > 0; i--)
        data[i] = (uint8_t)(data[i - 1] << (8 - by) | data[i] >> by);
    data[0] = (uint8_t)(data[0] >> by);
}

/* strip: its first `bits` bits, then all of body. */
static bool join(struct span strip, size_t bits, struct span body, struct buf *t6)
{
    size_t whole = bits / 8;
    unsigned rest = bits % 8;
    buf_reset(t6);
    if (!buf_append(t6, strip.data, whole) || !buf_append(t6, body.data, body.len))
        return false;
    if (rest == 0)
        return true;
    if (!buf_append_byte(t6, 0))
        return false;
    shift_bits(t6->data + whole, body.len + 1, rest);
    t6->data[whole] |= (uint8_t)(strip.data[whole] & (0xFF00U >> rest));
    return true;
}

int header_put_above(const struct page *page, const struct header_line *line, struct buf *t6,
                     struct page *with)
{
    struct page_form form = page->form;
    form.rows += header_rows(form.resolution);
    if (form.rows > PAGE_ROWS_MAX)
        return ERANGE;
    SCOPED_BUF struct buf strip;
    buf_init(&strip, STRIP_BYTES_MAX);
    size_t bits;
    if (!encode_line(&form, line, &strip, &bits) || !join(buf_span(&strip), bits, page->t6, t6))
        return EFBIG;
    *with = (struct page){form, buf_span(t6)};
    return 0;
}
