/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/report_page.h"

#include <math.h>
#include <mupdf/pdf.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "convert/glyph.h"
#include "convert/local_time.h"
#include "convert/report_labels.h"
#include "convert/vault.h"
#include "model/states.h"
#include "proto/mail_reason.h"

/* A4 in points; y grows downwards. */
static const float page_width = 595, page_height = 842, margin = 48;
static const float picture_width = 190, picture_height = 268;
static const float row_height = 15, cell_padding = 6;

struct ink {
    float rgb[3];
};

static const struct ink black = {{0.10f, 0.11f, 0.13f}}, grey = {{0.42f, 0.45f, 0.50f}},
                        line_grey = {{0.82f, 0.84f, 0.87f}}, band = {{0.955f, 0.96f, 0.97f}},
                        green = {{0.05f, 0.45f, 0.22f}}, red = {{0.70f, 0.11f, 0.11f}};

struct pen {
    fz_context *ctx;
    fz_device *device;
    fz_font *regular, *bold;
    const char *language;
};

static const char *label(const struct pen *p, enum report_label l)
{
    return report_label(p->language, l);
}

struct style {
    bool bold;
    float size;
    const struct ink *ink;
    float width_max; /* text is cut with an ellipsis where it would be wider; 0: never */
};

/* ---- text, lines ---- */

static float advance(const struct pen *p, fz_font *font, int c, float size)
{
    fz_font *found;
    int glyph = glyph_find(p->ctx, font, c, &found);
    return fz_advance_glyph(p->ctx, found, glyph, 0) * size;
}

static float text_width(const struct pen *p, const char *text, const struct style *s)
{
    float width = 0;
    for (int c, n; *text; text += n) {
        n = fz_chartorune(&c, text);
        width += advance(p, s->bold ? p->bold : p->regular, c, s->size);
    }
    return width;
}

static void fill(const struct pen *p, const fz_path *path, const struct ink *ink)
{
    fz_fill_path(p->ctx, p->device, path, 0, fz_identity, fz_device_rgb(p->ctx), ink->rgb, 1,
                 fz_default_color_params);
}

/* Characters of another font are drawn as outlines: naming that font would put all of it, up to 26 MB, into
 * the file. */
static void put_outline(const struct pen *p, fz_font *font, int glyph, fz_matrix at, const struct ink *ink)
{
    fz_path *path = fz_outline_glyph(p->ctx, font, glyph, at);
    if (!path)
        return;
    fz_try(p->ctx) fill(p, path, ink);
    fz_always(p->ctx) fz_drop_path(p->ctx, path);
    fz_catch(p->ctx) fz_rethrow(p->ctx);
}

static float put_characters(const struct pen *p, fz_text *run, float x, float y, const char *text,
                            const struct style *s)
{
    fz_font *font = s->bold ? p->bold : p->regular;
    float from = x;
    float room = s->width_max > 0 && text_width(p, text, s) > s->width_max
                     ? s->width_max - advance(p, font, 0x2026, s->size)
                     : 1e6f;
    for (int c, n; *text; text += n) {
        n = fz_chartorune(&c, text);
        fz_font *found;
        bool cut = x - from + advance(p, font, c, s->size) > room;
        c = cut ? 0x2026 : c;
        int glyph = glyph_find(p->ctx, font, c, &found);
        fz_matrix at = {s->size, 0, 0, -s->size, x, y};
        if (found == font)
            fz_show_glyph(p->ctx, run, font, at, glyph, c, 0, 0, FZ_BIDI_NEUTRAL, FZ_LANG_UNSET);
        else
            put_outline(p, found, glyph, at, s->ink);
        x += fz_advance_glyph(p->ctx, found, glyph, 0) * s->size;
        if (cut)
            break;
    }
    return x;
}

/* Baseline at y. Returns where the next character would stand. */
static float put_text(const struct pen *p, float x, float y, const char *text, const struct style *s)
{
    fz_context *ctx = p->ctx;
    fz_text *run = fz_new_text(ctx);
    volatile float end = x;
    fz_try(ctx)
    {
        end = put_characters(p, run, x, y, text, s);
        fz_fill_text(ctx, p->device, run, fz_identity, fz_device_rgb(ctx), s->ink->rgb, 1,
                     fz_default_color_params);
    }
    fz_always(ctx) fz_drop_text(ctx, run);
    fz_catch(ctx) fz_rethrow(ctx);
    return end;
}

static void put_rect(const struct pen *p, fz_rect r, const struct ink *ink)
{
    fz_path *path = fz_new_path(p->ctx);
    fz_try(p->ctx)
    {
        fz_rectto(p->ctx, path, r.x0, r.y0, r.x1, r.y1);
        fill(p, path, ink);
    }
    fz_always(p->ctx) fz_drop_path(p->ctx, path);
    fz_catch(p->ctx) fz_rethrow(p->ctx);
}

static void put_line(const struct pen *p, float x0, float x1, float y)
{
    put_rect(p, (fz_rect){x0, y, x1, y + 0.6f}, &line_grey);
}

/* Words, broken at blanks into lines of at most width; y of the last baseline. */
static float put_paragraph(const struct pen *p, float x, float y, const char *text, const struct style *s)
{
    char row[OUTCOME_TEXT_LEN + 8];
    size_t len = 0;
    for (const char *word = text; *word;) {
        size_t n = strcspn(word, " ");
        size_t before = len;
        if (len + n + 2 > sizeof(row))
            break;
        if (len > 0)
            row[len++] = ' ';
        memcpy(row + len, word, n);
        row[len += n] = 0;
        const struct style free_style = {.bold = s->bold, .size = s->size, .ink = s->ink};
        if (before > 0 && text_width(p, row, &free_style) > s->width_max) {
            row[before] = 0;
            (void)put_text(p, x, y, row, s);
            y += s->size * 1.35f;
            memcpy(row, word, n);
            row[len = n] = 0;
        }
        word += n;
        word += strspn(word, " ");
    }
    if (len > 0)
        (void)put_text(p, x, y, row, s);
    return y;
}

/* ---- words ---- */

static enum report_label result_of(const struct report_job *j)
{
    static const struct {
        enum job_state state;
        enum report_label words;
    } results[] = {{JOB_DONE, LABEL_DELIVERED},
                   {JOB_FAILED, LABEL_FAILED},
                   {JOB_UNKNOWN, LABEL_UNKNOWN},
                   {JOB_CANCELLED, LABEL_CANCELLED},
                   {JOB_EXPIRED, LABEL_EXPIRED}};
    for (size_t i = 0; i < ARRAY_LEN(results); i++)
        if (str_equal(j->state, job_state_name(results[i].state)))
            return results[i].words;
    return LABEL_UNFINISHED;
}

/* In the language of the report where its code has words there, else in English. */
static void put_why(const struct pen *p, char cell[200], const char *code, const char *english)
{
    char why[MAIL_REASON_LEN];
    bool translated = *english && mail_reason(p->language, code, why);
    (void)str_copy(cell, 200, translated ? why : english);
    utf8_clean(cell);
}

/* ---- the page's parts ---- */

static void put_picture(const struct pen *p, const struct page *page, float x, float y)
{
    fz_context *ctx = p->ctx;
    put_rect(p, (fz_rect){x - 1, y - 1, x + picture_width + 1, y + picture_height + 1}, &line_grey);
    static const struct ink white = {{1, 1, 1}};
    put_rect(p, (fz_rect){x, y, x + picture_width, y + picture_height}, &white);
    if (!page)
        return;
    double mm_wide = page->form.width * 1000.0 / page_x_per_metre(page->form.resolution);
    double mm_high = page->form.rows * 1000.0 / page_y_per_metre(page->form.resolution);
    float scale = fminf(picture_width / (float)mm_wide, picture_height / (float)mm_high);
    fz_buffer *data = fz_new_buffer_from_copied_data(ctx, page->t6.data, page->t6.len);
    fz_compressed_buffer *coded = fz_malloc_struct(ctx, fz_compressed_buffer);
    coded->buffer = data;
    coded->params.type = FZ_IMAGE_FAX;
    coded->params.u.fax.k = -1;
    coded->params.u.fax.columns = (int)page->form.width;
    coded->params.u.fax.rows = (int)page->form.rows;
    fz_image *image =
        fz_new_image_from_compressed_buffer(ctx, (int)page->form.width, (int)page->form.rows, 1,
                                            fz_device_gray(ctx), 96, 96, 0, 0, NULL, NULL, coded, NULL);
    fz_try(ctx) fz_fill_image(ctx, p->device, image,
                              (fz_matrix){(float)mm_wide * scale, 0, 0, (float)mm_high * scale,
                                          x + (picture_width - (float)mm_wide * scale) / 2, y},
                              1, fz_default_color_params);
    fz_always(ctx) fz_drop_image(ctx, image);
    fz_catch(ctx) fz_rethrow(ctx);
}

static float put_fact(const struct pen *p, float x, float y, enum report_label name, const char *value)
{
    const struct style small = {.size = 8, .ink = &grey};
    const struct style large = {.size = 10.5f, .ink = &black, .width_max = page_width - margin - x};
    if (!value[0])
        return y;
    (void)put_text(p, x, y, label(p, name), &small);
    (void)put_text(p, x, y + 13, value, &large);
    return y + 31;
}

struct column {
    enum report_label title;
    float width;
    bool right; /* numbers stand right */
};

static void put_cell(const struct pen *p, float x, float y, const struct column *c, const char *text,
                     const struct style *style)
{
    struct style s = *style;
    s.width_max = c->width - 2 * cell_padding;
    float width = fminf(text_width(p, text, &s), s.width_max);
    (void)put_text(p, c->right ? x + c->width - cell_padding - width : x + cell_padding, y, text, &s);
}

static float put_head(const struct pen *p, float y, enum report_label title, const struct column *columns,
                      size_t count)
{
    const struct style heading = {.bold = true, .size = 10.5f, .ink = &black};
    const struct style small = {.size = 8, .ink = &grey};
    float x = margin;
    (void)put_text(p, margin, y, label(p, title), &heading);
    y += 18;
    for (size_t i = 0; i < count; i++) {
        put_cell(p, x, y, &columns[i], label(p, columns[i].title), &small);
        x += columns[i].width;
    }
    put_line(p, margin, page_width - margin, y + 4);
    return y + row_height + 1;
}

static float put_row(const struct pen *p, float y, const struct column *columns, size_t count,
                     char cells[][200], bool banded)
{
    const struct style s = {.size = 9, .ink = &black};
    float x = margin;
    if (banded)
        put_rect(p, (fz_rect){margin, y - 10.5f, page_width - margin, y + 4.5f}, &band);
    for (size_t i = 0; i < count; i++) {
        put_cell(p, x, y, &columns[i], cells[i], &s);
        x += columns[i].width;
    }
    return y + row_height;
}

static float put_more(const struct pen *p, float y, size_t left, enum report_label what)
{
    char text[80];
    const struct style s = {.size = 9, .ink = &grey};
    if (left == 0)
        return y;
    (void)str_format(text, sizeof(text), "+ %zu (%s)", left, label(p, what));
    (void)put_text(p, margin + 4, y, text, &s);
    return y + row_height;
}

static size_t rows_until(float y, float bottom, size_t wanted)
{
    size_t room = y < bottom ? (size_t)((bottom - y) / row_height) : 0;
    return wanted <= room ? wanted : room > 0 ? room - 1 : 0;
}

static float put_pages(const struct pen *p, float y, float bottom, const struct report_job *j)
{
    static const struct column columns[] = {{LABEL_PAGE, 36, true},     {LABEL_CONFIRMED_AT, 104, false},
                                            {LABEL_TIME, 48, true},     {LABEL_SPEED, 72, true},
                                            {LABEL_CODING, 100, false}, {LABEL_CORRECTION, 84, false},
                                            {LABEL_AGAIN, 55, true}};
    if (j->page_count == 0)
        return y;
    y = put_head(p, y, LABEL_PAGES, columns, ARRAY_LEN(columns));
    size_t shown = rows_until(y, bottom, j->page_count);
    for (size_t i = 0; i < shown; i++) {
        const struct report_page *s = &j->page_stats[i];
        char cells[ARRAY_LEN(columns)][200];
        (void)str_format(cells[0], 200, "%u", s->page);
        local_time_format(cells[1], 200, "%d/%m/%Y %H:%M:%S", s->confirmed_ms);
        (void)str_format(cells[2], 200, "%.1f s", s->seconds);
        (void)str_format(cells[3], 200, "%u bit/s", s->rate);
        (void)str_format(cells[4], 200, "%s%s%s", s->coding, *s->resolution ? ", " : "", s->resolution);
        (void)str_copy(cells[5], 200, label(p, s->ecm ? LABEL_YES : LABEL_NO));
        (void)str_format(cells[6], 200, "%u", s->resent);
        y = put_row(p, y, columns, ARRAY_LEN(columns), cells, i % 2 == 1);
    }
    return put_more(p, y, j->page_count - shown, LABEL_PAGES) + 16;
}

static float put_attempts(const struct pen *p, float y, float bottom, const struct report_job *j)
{
    static const struct column columns[] = {{LABEL_CALL, 38, true},
                                            {LABEL_BEGAN, 116, false},
                                            {LABEL_TIME, 58, true},
                                            {LABEL_WAY, 84, false},
                                            {LABEL_RESULT, 203, false}};
    if (j->attempt_count == 0)
        return y;
    y = put_head(p, y, LABEL_CALLS, columns, ARRAY_LEN(columns));
    size_t shown = rows_until(y, bottom, j->attempt_count);
    for (size_t i = 0; i < shown; i++) {
        const struct report_attempt *a = &j->attempts[i];
        char cells[ARRAY_LEN(columns)][200];
        (void)str_format(cells[0], 200, "%zu", i + 1);
        local_time_format(cells[1], 200, "%d/%m/%Y %H:%M:%S", a->started_ms);
        (void)str_format(cells[2], 200, "%u s", a->seconds);
        (void)str_copy(cells[3], 200,
                       str_equal(a->mode, "t38") ? "T.38"
                       : a->mode[0]              ? label(p, LABEL_VOICE)
                                                 : "-");
        put_why(p, cells[4], a->code, *a->code ? a->result : label(p, LABEL_IS_CONFIRMED));
        y = put_row(p, y, columns, ARRAY_LEN(columns), cells, i % 2 == 1);
    }
    return put_more(p, y, j->attempt_count - shown, LABEL_CALLS) + 16;
}

static float put_jobs(const struct pen *p, float y, const struct report_facts *f)
{
    static const struct column columns[] = {
        {LABEL_TO, 130, false}, {LABEL_RESULT, 110, false}, {LABEL_PAGES, 60, true}, {LABEL_WHY, 199, false}};
    y = put_head(p, y, LABEL_ADDRESSEES, columns, ARRAY_LEN(columns));
    size_t shown = rows_until(y, page_height - margin - 20, f->count);
    for (size_t i = 0; i < shown; i++) {
        const struct report_job *j = &f->jobs[i];
        char cells[ARRAY_LEN(columns)][200];
        (void)str_copy(cells[0], 200, j->number);
        (void)str_copy(cells[1], 200, label(p, result_of(j)));
        (void)str_format(cells[2], 200, "%u %s %u", j->confirmed, label(p, LABEL_OF), j->pages);
        put_why(p, cells[3], report_job_code(j), report_job_delivered(j) ? "" : j->text);
        y = put_row(p, y, columns, ARRAY_LEN(columns), cells, i % 2 == 1);
    }
    return put_more(p, y, f->count - shown, LABEL_ADDRESSEES);
}

static float put_documents(const struct pen *p, float y, const struct report_facts *f)
{
    enum { SHOWN_MAX = 4 };
    static const struct column columns[] = {{LABEL_NAME, 161, false}, {LABEL_DIGEST, 338, false}};
    if (f->document_count == 0)
        return y;
    y = put_head(p, y, LABEL_DOCUMENTS, columns, ARRAY_LEN(columns));
    size_t shown = f->document_count < SHOWN_MAX ? f->document_count : SHOWN_MAX;
    for (size_t i = 0; i < shown; i++) {
        char cells[ARRAY_LEN(columns)][200];
        (void)str_copy(cells[0], 200, f->documents[i].name);
        (void)str_copy(cells[1], 200, f->documents[i].sha256);
        y = put_row(p, y, columns, ARRAY_LEN(columns), cells, i % 2 == 1);
    }
    return put_more(p, y, f->document_count - shown, LABEL_DOCUMENTS) + 16;
}

/* "Fax to 0301234 delivered", in a colour that says the same. */
static float put_result(const struct pen *p, const struct report_facts *f)
{
    char text[200];
    size_t good = 0;
    for (size_t i = 0; i < f->count; i++)
        good += report_job_delivered(&f->jobs[i]);
    const struct style small = {.size = 9, .ink = &grey};
    const struct style large = {.bold = true,
                                .size = 20,
                                .ink = good == f->count ? &green : &red,
                                .width_max = page_width - 2 * margin};
    (void)put_text(p, margin, margin + 6, label(p, LABEL_TITLE), &small);
    if (f->count == 1)
        (void)str_format(text, sizeof(text), "%s %s %s", label(p, LABEL_FAX_TO), f->jobs[0].number,
                         label(p, result_of(&f->jobs[0])));
    else
        (void)str_format(text, sizeof(text), "%zu %s %zu %s", good, label(p, LABEL_OF), f->count,
                         label(p, LABEL_ARE_DELIVERED));
    (void)put_text(p, margin, margin + 32, text, &large);
    put_line(p, margin, page_width - margin, margin + 44);
    return margin + 64;
}

static void put_facts(const struct pen *p, float y, const struct report_facts *f)
{
    char text[200];
    float x = margin + picture_width + 24;
    const struct report_job *j = &f->jobs[0];
    local_time_format(text, sizeof(text), "%d/%m/%Y %H:%M:%S %Z", f->received_ms);
    y = put_fact(p, x, y + 8, LABEL_RECEIVED, text);
    y = put_fact(p, x, y, LABEL_BOX, f->box);
    y = put_fact(p, x, y, LABEL_SUBJECT, f->subject);
    y = put_fact(p, x, y, LABEL_MISNAMED, f->misnamed);
    if (f->count > 1)
        return;
    y = put_fact(p, x, y, LABEL_TO, j->number);
    y = put_fact(p, x, y, LABEL_STATION, j->station_id);
    (void)str_format(text, sizeof(text), "%u %s %u", j->confirmed, label(p, LABEL_OF), j->pages);
    y = put_fact(p, x, y, LABEL_CONFIRMED, text);
    if (report_job_delivered(j) || !j->text[0])
        return;
    const struct style small = {.size = 8, .ink = &grey};
    const struct style reason = {.size = 10, .ink = &red, .width_max = page_width - margin - x};
    char why[MAIL_REASON_LEN];
    (void)put_text(p, x, y, label(p, LABEL_REASON), &small);
    bool translated = mail_reason(p->language, report_job_code(j), why);
    (void)put_paragraph(p, x, y + 13, translated ? why : j->text, &reason);
}

static void put_foot(const struct pen *p, const struct report_facts *f)
{
    char text[200];
    const struct style s = {.size = 8, .ink = &grey, .width_max = page_width - 2 * margin};
    (void)str_format(text, sizeof(text), "Faxpost %s%s%s", f->serial, f->is_signed ? " \xc2\xb7 " : "",
                     f->is_signed ? label(p, LABEL_IS_SIGNED) : "");
    put_line(p, margin, page_width - margin, page_height - margin - 6);
    (void)put_text(p, margin, page_height - margin + 8, text, &s);
}

static void put_report(const struct pen *p, const struct report_facts *f, const struct page *first)
{
    float bottom = page_height - margin - 20;
    float y = put_result(p, f);
    put_picture(p, first, margin, y);
    put_facts(p, y, f);
    y = put_documents(p, y + picture_height + 34, f);
    if (f->count > 1) {
        (void)put_jobs(p, y, f);
    } else {
        float calls_room =
            60 + row_height * (float)(f->jobs[0].attempt_count < 4 ? f->jobs[0].attempt_count : 4);
        y = put_pages(p, y, bottom - calls_room, &f->jobs[0]);
        (void)put_attempts(p, y, bottom, &f->jobs[0]);
    }
    put_foot(p, f);
}

static void draw_page(fz_context *ctx, pdf_document *doc, struct pen *pen, const struct report_facts *f,
                      const struct page *first, const struct report_mark *mark)
{
    const fz_rect box = {0, 0, page_width, page_height};
    pdf_obj *resources = NULL, *page = NULL;
    fz_buffer *contents = NULL;
    fz_var(page);
    fz_try(ctx)
    {
        pen->device = pdf_page_write(ctx, doc, box, &resources, &contents);
        put_report(pen, f, first);
        fz_close_device(ctx, pen->device);
        page = pdf_add_page(ctx, doc, box, 0, resources, contents);
        pdf_insert_page(ctx, doc, -1, page);
        if (mark)
            report_mark_add(ctx, doc, page, mark);
    }
    fz_always(ctx)
    {
        fz_drop_device(ctx, pen->device);
        pdf_drop_obj(ctx, page);
        pdf_drop_obj(ctx, resources);
        fz_drop_buffer(ctx, contents);
    }
    fz_catch(ctx) fz_rethrow(ctx);
}

static void write_document(fz_context *ctx, struct pen *pen, const struct report_facts *f,
                           const struct page *first, const struct report_mark *mark, fz_buffer *to)
{
    pdf_write_options options;
    fz_output *output = NULL;
    pdf_document *doc = pdf_create_document(ctx);
    fz_var(output);
    fz_try(ctx)
    {
        draw_page(ctx, doc, pen, f, first, mark);
        output = fz_new_output_with_buffer(ctx, to);
        pdf_write_document(ctx, doc, output, pdf_parse_write_options(ctx, &options, "compress,garbage"));
        fz_close_output(ctx, output);
    }
    fz_always(ctx)
    {
        fz_drop_output(ctx, output);
        pdf_drop_document(ctx, doc);
    }
    fz_catch(ctx) fz_rethrow(ctx);
}

bool report_draw(fz_context *ctx, const struct report_facts *f, const struct page *first,
                 const struct report_mark *mark, struct buf *b)
{
    struct pen pen = {.ctx = ctx, .language = f->language};
    fz_buffer *volatile to = NULL;
    volatile bool good = false;
    fz_try(ctx)
    {
        pen.regular = fz_new_base14_font(ctx, "Helvetica");
        pen.bold = fz_new_base14_font(ctx, "Helvetica-Bold");
        to = fz_new_buffer(ctx, 65536);
        write_document(ctx, &pen, f, first, mark, to);
        good = buf_append(b, to->data, to->len);
    }
    fz_always(ctx)
    {
        fz_drop_font(ctx, pen.regular);
        fz_drop_font(ctx, pen.bold);
        fz_drop_buffer(ctx, to);
    }
    fz_catch(ctx) good = false;
    return good;
}

bool report_make(fz_context *ctx, struct report_facts *f, const struct page *first, const char *certificate,
                 struct buf *b)
{
    struct report_mark mark;
    f->is_signed = *certificate && vault_plain().len > 0;
    if (f->is_signed) {
        report_mark_make(&mark);
        if (report_draw(ctx, f, first, &mark, b) && report_sign(b, &mark, vault_plain(), certificate))
            return true;
        log_warning(NULL, "a report could not be signed: it goes without a signature");
        buf_reset(b);
        f->is_signed = false;
    }
    return report_draw(ctx, f, first, NULL, b);
}
