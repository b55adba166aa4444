/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PDF 1.7 (ISO 32000-1). Objects: 1 catalog, 2 page tree, 3 information, 4 and 5 what archives want, then
 * three a page: page, its contents, its picture; at last the fonts of what was read on them. */
#include "convert/pdf_writer.h"

#include <math.h>

#include "base/mem.h"
#include "base/hex.h"
#include "base/scope.h"
#include "base/sha1.h"
#include "base/str.h"
#include "convert/pdf_archive.h"
#include "convert/pdf_text.h"

enum { FIXED_OBJECTS = 5, OBJECTS_A_PAGE = 3 };

struct writer {
    struct buf *to;
    size_t start;
    size_t *offsets; /* of object n at [n] */
    size_t objects;
    struct pdf_fonts fonts;
    size_t first_font; /* its object */
};

static void begin_object(struct writer *w, size_t n)
{
    w->offsets[n] = w->to->len - w->start;
    (void)buf_printf(w->to, "%zu 0 obj\n", n);
}

static void put_stream(struct writer *w, const char *entries, struct span bytes)
{
    (void)buf_printf(w->to, "<<%s/Length %zu>>stream\n", entries, bytes.len);
    (void)buf_append(w->to, bytes.data, bytes.len);
    (void)buf_append_str(w->to, "\nendstream\nendobj\n");
}

static size_t page_object(size_t page)
{
    return FIXED_OBJECTS + 1 + page * OBJECTS_A_PAGE;
}

/* §7.9.2.2: UTF-16BE with a byte order mark, here in hexadecimal, so nothing in it needs escaping. */
static void put_text(struct buf *b, const char *utf8)
{
    (void)buf_append_str(b, "<FEFF");
    struct span valid = utf8_valid(span_str(utf8)) ? span_str(utf8) : span_str("");
    for (size_t i = 0; i < valid.len;) {
        uint8_t lead = valid.data[i];
        unsigned more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        uint32_t c = more == 0 ? lead : lead & (0x3fu >> more);
        for (unsigned k = 1; k <= more; k++)
            c = c << 6 | (valid.data[i + k] & 0x3f);
        i += 1 + more;
        if (c >= 0x10000)
            (void)buf_printf(b, "%04X%04X", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
        else
            (void)buf_printf(b, "%04X", c);
    }
    (void)buf_append_byte(b, '>');
}

static void write_fixed(struct writer *w, const struct pdf_opts *o, size_t count)
{
    begin_object(w, 1);
    (void)buf_append_str(
        w->to,
        "<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1"
        "/OutputConditionIdentifier(Grey)/Info(Grey, gamma 2.2)/DestOutputProfile 5 0 R>>]>>\nendobj\n");
    begin_object(w, 2);
    (void)buf_printf(w->to, "<</Type/Pages/Count %zu/Kids[", count);
    for (size_t i = 0; i < count; i++)
        (void)buf_printf(w->to, "%zu 0 R ", page_object(i));
    (void)buf_append_str(w->to, "]>>\nendobj\n");
    begin_object(w, 3);
    (void)buf_append_str(w->to, "<</Producer(" PDF_PRODUCER ")/Title");
    put_text(w->to, o->title);
    (void)buf_append_str(w->to, "/CreationDate");
    pdf_date(w->to, o, "(D:%Y%m%d%H%M%S", "'", "')"); /* §7.9.4 */
    (void)buf_append_str(w->to, ">>\nendobj\n");
}

static void write_archive(struct writer *w, const struct pdf_opts *o)
{
    enum { BYTES_MAX = 1 << 16 };
    SCOPED_BUF struct buf metadata, profile;
    buf_init(&metadata, BYTES_MAX);
    buf_init(&profile, BYTES_MAX);
    pdf_archive_metadata(&metadata, o);
    pdf_archive_profile(&profile);
    begin_object(w, 4);
    put_stream(w, "/Type/Metadata/Subtype/XML", buf_span(&metadata));
    begin_object(w, 5);
    put_stream(w, "/N 1", buf_span(&profile));
}

static double points(uint32_t pixels, uint32_t per_metre)
{
    return pixels * 72.0 / (per_metre * 0.0254);
}

/* A page that lies aslant is turned back about its middle: no pixel of it changes, and its words go with it.
 */
static void put_turn(struct buf *b, double angle, double width, double height)
{
    double c = cos(angle), s = sin(angle), x = width / 2, y = height / 2;
    if (angle != 0)
        (void)buf_printf(b, "%.6f %.6f %.6f %.6f %.3f %.3f cm ", c, s, -s, c, x - x * c + y * s,
                         y - x * s - y * c);
}

static void write_page(struct writer *w, size_t index, const struct page *p, struct span text,
                       const struct page_view *v)
{
    static const double points_a_metre = 72 / 0.0254;
    size_t n = page_object(index);
    double width = points(p->form.width, page_x_per_metre(p->form.resolution));
    double height = points(p->form.rows, page_y_per_metre(p->form.resolution));
    SCOPED_BUF struct buf contents;
    buf_init(&contents, PDF_TEXT_BYTES_MAX);
    (void)buf_append_str(&contents, "q ");
    put_turn(&contents, v->skew.angle, width, height);
    (void)buf_printf(&contents, "q %.3f 0 0 %.3f 0 0 cm /F Do Q", width, height);
    pdf_text_put(&contents, &w->fonts, text, &(struct pdf_text_page){&p->form, width, height, v->quarters});
    (void)buf_append_str(&contents, " Q");
    begin_object(w, n);
    (void)buf_printf(w->to,
                     "<</Type/Page/Parent 2 0 R/MediaBox[%.3f %.3f %.3f %.3f]/Contents %zu 0 R"
                     "/Resources<</XObject<</F %zu 0 R>>",
                     0 - v->skew.left * points_a_metre, 0 - v->skew.bottom * points_a_metre,
                     width + v->skew.right * points_a_metre, height + v->skew.top * points_a_metre, n + 1,
                     n + 2);
    pdf_fonts_name(w->to, &w->fonts, w->first_font);
    (void)buf_append_str(w->to, ">>");
    if (v->quarters > 0)
        (void)buf_printf(w->to, "/Rotate %u", v->quarters % 4 * 90);
    (void)buf_append_str(w->to, ">>\nendobj\n");
    begin_object(w, n + 1);
    put_stream(w, "", buf_span(&contents));
    begin_object(w, n + 2);
    /* §7.4.6: without BlackIs1 a coded black run decodes to 0, which DeviceGray shows black. */
    char entries[200];
    (void)str_format(entries, sizeof(entries),
                     "/Type/XObject/Subtype/Image/Width %u/Height %u/ColorSpace/DeviceGray/BitsPerComponent 1"
                     "/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %u/Rows %u>>",
                     p->form.width, p->form.rows, p->form.width, p->form.rows);
    put_stream(w, entries, p->t6);
}

/* §14.4: two files with the same of these are the same file. */
static void put_file_id(struct writer *w)
{
    const struct span all = span_of(w->to->data + w->start, w->to->len - w->start);
    uint8_t digest[SHA1_BYTES];
    char text[2 * SHA1_BYTES + 1];
    sha1(&all, 1, digest);
    hex_format(digest, sizeof(digest), text);
    (void)buf_printf(w->to, "/ID[<%s><%s>]", text, text);
}

static void write_table(struct writer *w)
{
    size_t at = w->to->len - w->start;
    (void)buf_printf(w->to, "xref\n0 %zu\n0000000000 65535 f \n", w->objects + 1);
    for (size_t n = 1; n <= w->objects; n++)
        (void)buf_printf(w->to, "%010zu 00000 n \n", w->offsets[n]);
    (void)buf_printf(w->to, "trailer\n<</Size %zu/Root 1 0 R/Info 3 0 R", w->objects + 1);
    put_file_id(w);
    (void)buf_printf(w->to, ">>\nstartxref\n%zu\n%%%%EOF\n", at);
}

static void write_fonts(struct writer *w)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, PDF_TEXT_BYTES_MAX);
    for (size_t i = 0; i < pdf_fonts_objects(&w->fonts); i++) {
        begin_object(w, w->first_font + i);
        buf_reset(&b);
        if (pdf_fonts_object(&b, &w->fonts, i, w->first_font))
            put_stream(w, "", buf_span(&b));
        else
            (void)buf_printf(w->to, "%s\nendobj\n", buf_text(&b));
    }
}

bool pdf_write(struct buf *b, const struct pdf_opts *o, const struct page *pages, size_t count)
{
    struct writer w = {.to = b, .start = b->len, .first_font = FIXED_OBJECTS + count * OBJECTS_A_PAGE + 1};
    for (size_t i = 0; o->texts && i < count; i++)
        pdf_fonts_add(&w.fonts, o->texts[i], &pages[i].form);
    w.objects = w.first_font - 1 + pdf_fonts_objects(&w.fonts);
    SCOPED_FREE size_t *offsets = mem_zalloc((w.objects + 1) * sizeof(*offsets));
    w.offsets = offsets;
    /* The second line tells mail programs that the file is binary (§7.5.2). */
    (void)buf_append_str(b, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
    write_fixed(&w, o, count);
    write_archive(&w, o);
    for (size_t i = 0; i < count; i++)
        write_page(&w, i, &pages[i], o->texts ? o->texts[i] : span_str(""),
                   o->views ? &o->views[i] : &(struct page_view){.quarters = 0});
    write_fonts(&w);
    write_table(&w);
    pdf_fonts_clear(&w.fonts);
    return !b->overflow;
}
