/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* TIFF: one whose pages all have the form of a fax keeps its very pixels; any other is drawn like a picture.
 */
#include <math.h>

#include "base/mem.h"
#include "base/scope.h"
#include "convert/render_kinds.h"
#include "convert/t6.h"
#include "convert/tiff_memory.h"

/* Resolutions that real fax TIFFs carry, in pixels and lines an inch. */
static const struct {
    float x_least, x_most, y_least, y_most;
    enum page_resolution resolution;
} bands[] = {{190, 220, 90, 110, PAGE_STANDARD},
             {190, 220, 180, 220, PAGE_FINE},
             {190, 220, 370, 430, PAGE_SUPERFINE},
             {290, 310, 290, 310, PAGE_DPI300},
             {390, 420, 380, 410, PAGE_DPI400}};

static bool read_form(TIFF *tiff, struct page_form *form)
{
    uint16_t bits = 1, samples = 1, unit = RESUNIT_INCH;
    uint32_t subfile = 0;
    float x = 0, y = 0;
    (void)TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &form->width);
    (void)TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &form->rows);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &subfile);
    if (form->rows < 1 || form->rows > PAGE_ROWS_MAX || bits != 1 || samples != 1 || TIFFIsTiled(tiff) ||
        (subfile & FILETYPE_REDUCEDIMAGE))
        return false;
    if (!TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &x) || !TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &y))
        return false;
    if (unit == RESUNIT_CENTIMETER)
        x *= 2.54f, y *= 2.54f;
    for (size_t i = 0; i < ARRAY_LEN(bands); i++) {
        if (x >= bands[i].x_least && x <= bands[i].x_most && y >= bands[i].y_least && y <= bands[i].y_most) {
            form->resolution = bands[i].resolution;
            return form->width == page_width_at(PAGE_WIDTH_A4, form->resolution);
        }
    }
    return false;
}

/* It has that resolution, a lower one, or one that is a multiple of it. */
static bool may_keep_pixels(enum page_resolution has, enum page_resolution wanted)
{
    return has <= wanted || (has != PAGE_DPI300 && wanted != PAGE_DPI300);
}

static bool is_fax(struct render_job *job, TIFF *tiff)
{
    unsigned count = 0;
    do {
        struct page_form form = {0};
        if (!read_form(tiff, &form) || !may_keep_pixels(form.resolution, job->o->resolution) ||
            ++count > job->o->pages_max)
            return false;
    } while (TIFFReadDirectory(tiff));
    return true;
}

/* Pairs of rows become one that is black where either was. */
static void halve(struct page_form *form, uint8_t *bits)
{
    size_t row = t6_row_bytes(form->width);
    uint32_t rows = (form->rows + 1) / 2;
    for (uint32_t y = 0; y < rows; y++) {
        const uint8_t *first = bits + (size_t)y * 2 * row;
        const uint8_t *second = y * 2 + 1 < form->rows ? first + row : first;
        for (size_t i = 0; i < row; i++)
            bits[y * row + i] = first[i] | second[i];
    }
    form->rows = rows;
}

/* The same with pairs of columns: 408 pixels an inch to 204. */
static void halve_columns(struct page_form *form, uint8_t *bits)
{
    size_t from = t6_row_bytes(form->width), to = from / 2;
    for (size_t y = 0; y < form->rows; y++)
        for (size_t i = 0; i < to; i++) {
            const uint8_t *pair = bits + y * from + i * 2;
            unsigned wide = (unsigned)(pair[0] << 8 | pair[1]), both = wide | wide << 1, narrow = 0;
            for (unsigned bit = 0; bit < 8; bit++)
                narrow |= (both >> (2 * bit + 1) & 1) << bit;
            bits[y * to + i] = (uint8_t)narrow;
        }
    form->width /= 2;
}

static void lower(struct page_form *form, uint8_t *bits)
{
    if (form->resolution == PAGE_DPI400) {
        halve_columns(form, bits);
        form->resolution = PAGE_SUPERFINE;
    } else {
        halve(form, bits);
        form->resolution--;
    }
}

static bool read_rows(TIFF *tiff, const struct page_form *form, uint8_t *bits)
{
    size_t row = t6_row_bytes(form->width);
    uint16_t photometric = PHOTOMETRIC_MINISWHITE;
    (void)TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    if (TIFFScanlineSize(tiff) != (tmsize_t)row)
        return false;
    for (uint32_t y = 0; y < form->rows; y++)
        if (TIFFReadScanline(tiff, bits + y * row, y, 0) != 1)
            return false;
    if (photometric == PHOTOMETRIC_MINISBLACK)
        for (size_t i = 0; i < row * form->rows; i++)
            bits[i] = (uint8_t)~bits[i];
    return true;
}

static bool add_page(struct render_job *job, TIFF *tiff)
{
    struct page_form form = {0};
    if (!job_may_add(job, 0) || !read_form(tiff, &form))
        return false;
    SCOPED_FREE uint8_t *bits = mem_zalloc(t6_row_bytes(form.width) * form.rows);
    if (!read_rows(tiff, &form, bits)) {
        job_refuse(job, "document-broken", "is damaged: page %zu ends too early.", job->pages->count + 1);
        return false;
    }
    while (form.resolution > job->o->resolution)
        lower(&form, bits);
    SCOPED_BUF struct buf t6;
    buf_init(&t6, PAGE_BYTES_MAX);
    if (!t6_encode(&form, bits, &t6)) {
        job_refuse(job, "document-too-large",
                   "has a page that no fax machine could take: it is mostly noise.");
        return false;
    }
    page_list_add(job->pages, &form, &t6);
    return true;
}

static bool add_pages(struct render_job *job, TIFF *tiff)
{
    if (!TIFFSetDirectory(tiff, 0))
        return false;
    do {
        if (!add_page(job, tiff))
            return false;
    } while (TIFFReadDirectory(tiff));
    return true;
}

bool render_tiff(struct render_job *job)
{
    struct tiff_memory memory = {.in = job->bytes};
    TIFF *tiff = tiff_memory_open(&memory, "r");
    if (!tiff) {
        job_refuse(job, "document-broken", "is a damaged TIFF. Save it again and send that.");
        return false;
    }
    bool fax = !job->o->original && is_fax(job, tiff);
    fz_context *ctx = job->ctx;
    volatile bool good = false;
    fz_try(ctx) good = fax ? add_pages(job, tiff) : render_tiff_picture(job, tiff);
    fz_always(ctx) TIFFClose(tiff);
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}
