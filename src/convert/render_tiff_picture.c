/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A TIFF that is no fax: each of its pages as a picture, whatever libtiff can decode, strip by strip or tile
 * by tile. */
#include <string.h>

#include "convert/picture.h"
#include "convert/render_kinds.h"
#include "convert/tiff_memory.h"

/* Most pixels of one strip or tile, four bytes each; a colour page of A4 at 600 dpi in one strip has 35
 * million. */
#define PIECE_PIXELS_MAX ((uint64_t)100 * 1000 * 1000)

struct tiff_page {
    struct render_job *job;
    TIFF *tiff;
    struct picture picture;
    uint32_t piece_width, piece_rows; /* of a strip or tile */
    uint32_t *rgba;
    uint8_t *grey; /* as many whole rows as a piece has */
};

static bool refuse_damaged(struct tiff_page *p)
{
    job_refuse(p->job, "document-broken",
               "is damaged: page %zu cannot be read to its end. Save it again and send that.",
               p->job->pages->count + 1);
    return false;
}

static void read_head(struct tiff_page *p)
{
    uint16_t unit = RESUNIT_INCH, turn = 1;
    float x = 0, y = 0;
    (void)TIFFGetField(p->tiff, TIFFTAG_IMAGEWIDTH, &p->picture.width);
    (void)TIFFGetField(p->tiff, TIFFTAG_IMAGELENGTH, &p->picture.height);
    (void)TIFFGetFieldDefaulted(p->tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    (void)TIFFGetFieldDefaulted(p->tiff, TIFFTAG_ORIENTATION, &turn);
    (void)TIFFGetField(p->tiff, TIFFTAG_XRESOLUTION, &x);
    (void)TIFFGetField(p->tiff, TIFFTAG_YRESOLUTION, &y);
    double scale = unit == RESUNIT_CENTIMETER ? 2.54 : unit == RESUNIT_INCH ? 1 : 0;
    p->picture.x_dpi = (double)x * scale;
    p->picture.y_dpi = (double)y * scale;
    p->picture.orientation = turn >= 1 && turn <= 8 ? turn : 1;
}

/* ---- black and white in strips: rows as they are ---- */

static bool is_plain(TIFF *tiff)
{
    uint16_t bits = 1, samples = 1, photometric = PHOTOMETRIC_MINISWHITE;
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
    (void)TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    return bits == 1 && samples == 1 && !TIFFIsTiled(tiff) && photometric <= PHOTOMETRIC_MINISBLACK;
}

/* A strip at a time: JBIG has no rows before its end. */
static bool read_plain_strip(struct tiff_page *p, uint8_t *bits, uint32_t y, uint32_t rows, uint8_t flip)
{
    struct picture *to = &p->picture;
    size_t row = (to->width + 7) / 8;
    tmsize_t len = (tmsize_t)(row * rows);
    if (TIFFReadEncodedStrip(p->tiff, TIFFComputeStrip(p->tiff, y, 0), bits, len) != len)
        return refuse_damaged(p);
    for (uint32_t i = 0; i < rows; i++, bits += row) {
        for (uint32_t x = 0; x < to->width; x++)
            p->grey[x] = (bits[x / 8] ^ flip) >> (7 - x % 8) & 1 ? 255 : 0;
        picture_row(to, y + i, p->grey);
    }
    return true;
}

static bool read_plain_rows(struct tiff_page *p)
{
    uint16_t photometric = PHOTOMETRIC_MINISWHITE;
    const struct picture *to = &p->picture;
    size_t row = (to->width + 7) / 8;
    (void)TIFFGetField(p->tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    (void)TIFFGetFieldDefaulted(p->tiff, TIFFTAG_ROWSPERSTRIP, &p->piece_rows);
    if (p->piece_rows > to->height)
        p->piece_rows = to->height;
    if (p->piece_rows == 0 || TIFFScanlineSize(p->tiff) != (tmsize_t)row)
        return refuse_damaged(p);
    p->grey = fz_malloc(p->job->ctx, to->width + row * p->piece_rows);
    for (uint32_t y = 0; y < to->height; y += p->piece_rows) {
        uint32_t rows = to->height - y < p->piece_rows ? to->height - y : p->piece_rows;
        if (!read_plain_strip(p, p->grey + to->width, y, rows,
                              photometric == PHOTOMETRIC_MINISWHITE ? 0xff : 0))
            return false;
    }
    return true;
}

/* ---- any other: libtiff makes RGBA of it ---- */

/* Colours come multiplied by their alpha: what is missing is paper. */
static void to_grey(const uint32_t *rgba, uint32_t count, uint8_t *grey)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t c = rgba[i];
        unsigned light = picture_grey(TIFFGetR(c), TIFFGetG(c), TIFFGetB(c), 255) + (255 - TIFFGetA(c));
        grey[i] = (uint8_t)(light > 255 ? 255 : light);
    }
}

static bool set_piece(struct tiff_page *p)
{
    const struct picture *to = &p->picture;
    p->piece_width = to->width;
    p->piece_rows = to->height;
    if (TIFFIsTiled(p->tiff)) {
        (void)TIFFGetField(p->tiff, TIFFTAG_TILEWIDTH, &p->piece_width);
        (void)TIFFGetField(p->tiff, TIFFTAG_TILELENGTH, &p->piece_rows);
    } else {
        (void)TIFFGetFieldDefaulted(p->tiff, TIFFTAG_ROWSPERSTRIP, &p->piece_rows);
        if (p->piece_rows > to->height)
            p->piece_rows = to->height;
    }
    if (p->piece_width == 0 || p->piece_rows == 0)
        return refuse_damaged(p);
    uint64_t band =
        (uint64_t)to->width * p->piece_rows; /* whole rows are kept until a row of tiles is complete */
    if (p->piece_width <= PIECE_PIXELS_MAX / p->piece_rows && band <= 2 * PIECE_PIXELS_MAX)
        return true;
    job_refuse(p->job, "document-giant-image",
               "is a TIFF whose page %zu has too many pixels in one piece. Save it with less resolution and "
               "send that.",
               p->job->pages->count + 1);
    return false;
}

/* The piece at x, y as it lies in the file, its upper row first: we turn the page ourselves. */
static bool read_piece(struct tiff_page *p, TIFFRGBAImage *image, uint32_t x, uint32_t y, uint32_t width,
                       uint32_t rows)
{
    image->orientation = ORIENTATION_TOPLEFT;
    image->req_orientation = ORIENTATION_TOPLEFT;
    image->col_offset = (int)x;
    image->row_offset = (int)y;
    if (!TIFFRGBAImageGet(image, p->rgba, width, rows))
        return refuse_damaged(p);
    for (uint32_t i = 0; i < rows; i++)
        to_grey(p->rgba + (size_t)i * width, width, p->grey + (size_t)i * p->picture.width + x);
    return true;
}

static bool read_band(struct tiff_page *p, TIFFRGBAImage *image, uint32_t y)
{
    const struct picture *to = &p->picture;
    uint32_t rows = to->height - y < p->piece_rows ? to->height - y : p->piece_rows;
    for (uint32_t x = 0; x < to->width; x += p->piece_width) {
        uint32_t width = to->width - x < p->piece_width ? to->width - x : p->piece_width;
        if (!read_piece(p, image, x, y, width, rows))
            return false;
    }
    for (uint32_t i = 0; i < rows; i++)
        picture_row(&p->picture, y + i, p->grey + (size_t)i * to->width);
    return true;
}

static bool read_colours(struct tiff_page *p)
{
    fz_context *ctx = p->job->ctx;
    char why[1024];
    TIFFRGBAImage image;
    if (!set_piece(p))
        return false;
    if (!TIFFRGBAImageOK(p->tiff, why) || !TIFFRGBAImageBegin(&image, p->tiff, 1, why)) {
        job_refuse(p->job, "document-type",
                   "is a TIFF of a kind that cannot be read (page %zu). Save it as PDF or PNG and send that.",
                   p->job->pages->count + 1);
        return false;
    }
    volatile bool good = true;
    fz_try(ctx)
    {
        p->rgba = fz_malloc(ctx, (size_t)p->piece_width * p->piece_rows * sizeof(*p->rgba));
        p->grey = fz_malloc(ctx, (size_t)p->picture.width * p->piece_rows);
        for (uint32_t y = 0; good && y < p->picture.height; y += p->piece_rows)
            good = read_band(p, &image, y);
    }
    fz_always(ctx) TIFFRGBAImageEnd(&image);
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}

/* ---- pages ---- */

static bool add_page(struct render_job *job, TIFF *tiff)
{
    fz_context *ctx = job->ctx;
    struct tiff_page p = {.job = job, .tiff = tiff};
    volatile bool good = false;
    if (!job_may_add(job, 0))
        return false;
    read_head(&p);
    if (!picture_size_good(job, p.picture.width, p.picture.height))
        return false;
    fz_try(ctx)
    {
        picture_begin(job, &p.picture);
        good = (is_plain(tiff) ? read_plain_rows(&p) : read_colours(&p)) && picture_add_page(job, &p.picture);
    }
    fz_always(ctx)
    {
        fz_free(ctx, p.rgba);
        fz_free(ctx, p.grey);
        picture_end(job, &p.picture);
    }
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}

/* A thumbnail or a mask belongs to another page. */
static bool is_page(TIFF *tiff)
{
    uint32_t subfile = 0;
    (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &subfile);
    return !(subfile & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK));
}

bool render_tiff_picture(struct render_job *job, struct tiff *tiff)
{
    if (!TIFFSetDirectory(tiff, 0))
        return false;
    do {
        if (is_page(tiff) && !add_page(job, tiff))
            return false;
    } while (TIFFReadDirectory(tiff));
    return true;
}
