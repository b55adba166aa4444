/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Plain text: 80 columns in a fixed pitch, lines broken at blanks, a form feed starts a page. Scripts without
 * a glyph in the main font come from MuPDF's built-in fonts; those whose letters join or that run from right
 * to left are laid out elsewhere (joined_text). */
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "convert/canvas.h"
#include "convert/charset.h"
#include "convert/glyph.h"
#include "convert/joined_text.h"
#include "convert/render_kinds.h"

enum { COLUMNS = 80, TAB = 8 };
/* More than 1,000 pages hold, the most that are faxed. */
#define TEXT_BYTES_MAX ((size_t)64 << 20)

static const float font_size = 10, cell_width = 6, line_height = 12, margin_top = 40;

struct sheet {
    struct render_job *job;
    fz_font *font;
    fz_text *text; /* the page so far */
    float width, height;
    int lines_max, line; /* lines on a page; the one to be filled next */
    bool used;           /* something stands on the page, or it was asked for */
};

static void draw_text(fz_context *ctx, void *context, fz_device *device, fz_matrix ctm)
{
    const struct sheet *s = context;
    static const float black = 0;
    fz_fill_text(ctx, device, s->text, ctm, fz_device_gray(ctx), &black, 1, fz_default_color_params);
}

static bool end_page(struct sheet *s)
{
    fz_context *ctx = s->job->ctx;
    const struct drawing d = {.width = s->width, .height = s->height, .draw = draw_text, .context = s};
    if (!job_may_add(s->job, 0) || !canvas_add_page(s->job, &d))
        return false;
    fz_drop_text(ctx, s->text);
    s->text = NULL;
    s->text = fz_new_text(ctx);
    s->line = 0;
    s->used = false;
    return true;
}

/* Columns a character takes: East Asian ones two (UAX #11, wide), marks that combine none. */
static int columns_of(int c)
{
    if ((c >= 0x300 && c <= 0x36f) || glyph_is_unseen(c))
        return 0;
    bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
                (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
                (c >= 0xff00 && c <= 0xff60) || (c >= 0x1f300 && c <= 0x1f9ff) ||
                (c >= 0x20000 && c <= 0x3fffd);
    return wide ? 2 : 1;
}

static void put_character(struct sheet *s, int c, int column)
{
    fz_context *ctx = s->job->ctx;
    fz_font *font = s->font;
    float x = (s->width - COLUMNS * cell_width) / 2 + (float)column * cell_width;
    float y = margin_top + (float)(s->line + 1) * line_height;
    int glyph = glyph_find(ctx, s->font, c, &font);
    fz_matrix trm = {font_size, 0, 0, -font_size, x, y};
    fz_show_glyph(ctx, s->text, font, trm, glyph, c, 0, 0, FZ_BIDI_NEUTRAL, FZ_LANG_UNSET);
}

struct row {
    int characters[COLUMNS * 2]; /* with room for marks that take no column */
    int count, columns;
};

static bool put_row(struct sheet *s, const struct row *r, int count)
{
    int column = 0;
    if (s->line == s->lines_max && !end_page(s))
        return false;
    for (int i = 0; i < count; i++) {
        if (r->characters[i] != ' ' && !glyph_is_unseen(r->characters[i]))
            put_character(s, r->characters[i], column);
        column += columns_of(r->characters[i]);
    }
    s->line++;
    s->used = true;
    return true;
}

/* The row is full: its last word moves to the next one, unless it is the whole row. */
static bool wrap_row(struct sheet *s, struct row *r)
{
    int end = r->count;
    while (end > 0 && r->characters[end - 1] != ' ')
        end--;
    if (end <= r->count / 2)
        end = r->count;
    if (!put_row(s, r, end))
        return false;
    r->count -= end;
    memmove(r->characters, r->characters + end, (size_t)r->count * sizeof(r->characters[0]));
    r->columns = 0;
    for (int i = 0; i < r->count; i++)
        r->columns += columns_of(r->characters[i]);
    return true;
}

static bool add_character(struct sheet *s, struct row *r, int c)
{
    int columns = columns_of(c);
    if ((size_t)r->count == ARRAY_LEN(r->characters))
        return true; /* marks without end on one letter */
    if (r->columns + columns > COLUMNS && c == ' ')
        return true; /* blanks at the edge are where it breaks anyway */
    if (r->columns + columns > COLUMNS && !wrap_row(s, r))
        return false;
    r->characters[r->count++] = c;
    r->columns += columns;
    return true;
}

static bool end_row(struct sheet *s, struct row *r)
{
    bool good = put_row(s, r, r->count);
    r->count = r->columns = 0;
    return good;
}

static bool add_tab(struct sheet *s, struct row *r)
{
    bool good = true;
    do
        good = add_character(s, r, ' ');
    while (good && r->columns % TAB != 0 && r->columns < COLUMNS);
    return good;
}

static bool add_any(struct sheet *s, struct row *r, int c)
{
    if (c == '\n')
        return end_row(s, r);
    if (c == '\f')
        return (r->count == 0 || end_row(s, r)) && end_page(s);
    if (c == '\t')
        return add_tab(s, r);
    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return true;
    return add_character(s, r, c);
}

/* CR LF, LF and CR alone all end a line. */
static int next_character(struct span *rest)
{
    int c = rest->data[0], used = 1;
    if (c == '\r') {
        used = rest->len > 1 && rest->data[1] == '\n' ? 2 : 1;
        c = '\n';
    } else if (c >= 0x80) {
        used = fz_chartorune(&c, (const char *)rest->data);
    }
    *rest = span_of(rest->data + used, rest->len - (size_t)used);
    return c;
}

static bool set_text(struct sheet *s, struct span rest)
{
    struct row row = {.count = 0};
    bool good = true;
    while (good && rest.len > 0)
        good = add_any(s, &row, next_character(&rest));
    good = good && (row.count == 0 || end_row(s, &row));
    return good && (!s->used || end_page(s));
}

static bool draw_text_pages(struct render_job *job, struct span text)
{
    fz_context *ctx = job->ctx;
    struct sheet s = {.job = job};
    volatile bool good = false;
    paper_points(job->o->paper, &s.width, &s.height);
    s.lines_max = (int)((s.height - 2 * margin_top) / line_height);
    fz_try(ctx)
    {
        s.font = fz_new_base14_font(ctx, "Courier");
        s.text = fz_new_text(ctx);
        good = set_text(&s, text);
    }
    fz_always(ctx)
    {
        fz_drop_text(ctx, s.text);
        fz_drop_font(ctx, s.font);
    }
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}

static bool draw_utf8(struct render_job *job, struct span text)
{
    return joined_text_needed(text) ? render_joined_text(job, text)
                                    : job_draw_letters(job, text, draw_text_pages);
}

bool render_text(struct render_job *job)
{
    struct buf utf8;
    buf_init(&utf8, TEXT_BYTES_MAX);
    charset_to_utf8(job->bytes, job->charset, job->o->language, &utf8);
    if (!utf8.overflow)
        return job_draw_and_free(job, &utf8, draw_utf8);
    buf_clear(&utf8);
    job_refuse(job, "document-too-many-pages", "is a text of more pages than are faxed. Send it in parts.");
    return false;
}
