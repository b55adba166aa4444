/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/canvas.h"

#include <math.h>

#include "base/panic.h"
#include "convert/bilevel.h"
#include "convert/ink_device.h"
#include "convert/original.h"
#include "convert/t6.h"

static const double points_per_mm = 72 / 25.4;

/* How a page of some size comes onto the lines of a fax. */
struct fit {
    fz_matrix ctm; /* points to pixels */
    uint32_t rows; /* drawn; at STANDARD twice the lines sent */
};

/* Drawn at twice the lines of STANDARD: pairs of rows become one, so that no thin line falls between two. */
static double rows_per_point(enum page_resolution r)
{
    uint32_t per_metre = page_y_per_metre(r) * (r == PAGE_STANDARD ? 2 : 1);
    return per_metre / 1000.0 / points_per_mm;
}

static double scale_to(double width, double height, double room_width, double room_height)
{
    double scale = fmin(room_width / width, room_height / height);
    return scale < 1 ? scale : 1;
}

/* What is much longer than paper (a strip, a whole web page as one picture) stays so, as fax allows: made as
 * short as paper nobody could read it. */
static double room_for_length(const struct render_opts *o, double longer, double shorter, double room_width)
{
    static const double long_from = 2; /* sheets */
    float sheet_width, sheet;
    paper_points(o->paper, &sheet_width, &sheet);
    bool is_long = longer * fmin(room_width / shorter, 1) > long_from * (double)sheet;
    return is_long ? PAGE_ROWS_MAX / rows_per_point(o->resolution) : (double)sheet;
}

static struct fit fit_page(const struct render_opts *o, double width, double height)
{
    double x_per_point = page_x_per_metre(o->resolution) / 1000.0 / points_per_mm;
    double y_per_point = rows_per_point(o->resolution);
    uint32_t line = page_width_at(PAGE_WIDTH_A4, o->resolution);
    double room_width = line / x_per_point;
    double room_height = room_for_length(o, fmax(width, height), fmin(width, height), room_width);
    double upright = scale_to(width, height, room_width, room_height);
    double turned = scale_to(height, width, room_width, room_height);
    bool turn = turned > upright * 1.01;
    double scale = turn ? turned : upright;
    double seen_width = (turn ? height : width) * scale, seen_height = (turn ? width : height) * scale;
    fz_matrix m = turn ? fz_pre_translate(fz_rotate(90), 0, (float)-height) : fz_identity;
    m = fz_concat(m, fz_scale((float)(scale * x_per_point), (float)(scale * y_per_point)));
    m = fz_concat(m, fz_translate((float)floor((line - seen_width * x_per_point) / 2), 0));
    double rows = ceil(seen_height * y_per_point - 0.01);
    return (struct fit){.ctm = m,
                        .rows = rows < 1               ? 1
                                : rows > PAGE_ROWS_MAX ? PAGE_ROWS_MAX
                                                       : (uint32_t)rows};
}

static void draw(fz_context *ctx, const struct drawing *d, fz_pixmap *canvas, fz_matrix ctm,
                 struct ink_notes *notes)
{
    fz_device *device = ink_device_new(ctx, canvas, notes);
    fz_try(ctx)
    {
        d->draw(ctx, d->context, device, ctm);
        fz_close_device(ctx, device);
    }
    fz_always(ctx) fz_drop_device(ctx, device);
    fz_catch(ctx) fz_rethrow(ctx);
}

static bool code_page(struct render_job *job, struct bilevel *b, uint8_t *bits)
{
    struct page_form form = {.width = b->width, .rows = bilevel_rows(b), .resolution = b->resolution};
    SCOPED_BUF struct buf t6;
    buf_init(&t6, PAGE_BYTES_MAX);
    bilevel_run(b, bits);
    if (!t6_encode(&form, bits, &t6)) {
        job_refuse(job, "document-too-large",
                   "has a page that no fax machine could take: it is mostly noise.");
        return false;
    }
    page_list_add(job->pages, &form, &t6);
    return true;
}

/* A side of a square of one pixel of FINE. */
static float pixel_scale(enum page_resolution r)
{
    double x = (double)page_x_per_metre(r) / page_x_per_metre(PAGE_FINE);
    return (float)sqrt(x * rows_per_point(r) / rows_per_point(PAGE_FINE));
}

/* Lower characters run together: 8 lines at 98 lines an inch, 11 at more. */
static float small_below(enum page_resolution resolution)
{
    double points = resolution == PAGE_STANDARD ? SMALL_TEXT_STANDARD_PT : SMALL_TEXT_FINE_PT;
    double x_per_point = page_x_per_metre(resolution) / 1000.0 / points_per_mm;
    return (float)(points * sqrt(x_per_point * rows_per_point(resolution)));
}

/* A footnote's number is no text. */
static void note_small(struct render_job *job, const struct ink_notes *notes)
{
    enum { CHARACTERS_LEAST = 20 };
    if (notes->small >= CHARACTERS_LEAST && job->small->count < SMALL_PAGES_MAX)
        job->small->pages[job->small->count++] = (uint16_t)job->pages->count;
}

static bool draw_and_code(struct render_job *job, const struct drawing *d, const struct fit *fit,
                          fz_pixmap *canvas)
{
    fz_context *ctx = job->ctx;
    struct bilevel *volatile b = fz_malloc_struct(ctx, struct bilevel);
    uint8_t *volatile bits = NULL;
    volatile bool good = false;
    struct ink_notes notes = {.bilevel = b,
                              .small_below = small_below(job->o->resolution),
                              .scale = pixel_scale(job->o->resolution),
                              .missing = job->missing};
    fz_try(ctx)
    {
        *b = (struct bilevel){.grey = canvas->samples,
                              .width = (uint32_t)canvas->w,
                              .rows = fit->rows,
                              .resolution = job->o->resolution};
        bits = fz_malloc(ctx, t6_row_bytes(b->width) * fit->rows);
        draw(ctx, d, canvas, fit->ctm, &notes);
        if (notes.giant_image)
            job_refuse(job, "document-giant-image",
                       "holds a picture of a size that only an attack or a mistake produces.");
        else
            good = code_page(job, b, bits);
        if (good)
            note_small(job, &notes);
    }
    fz_always(ctx)
    {
        fz_free(ctx, bits);
        fz_free(ctx, b);
    }
    fz_catch(ctx)
    {
        if (notes.giant_image)
            job_refuse(job, "document-giant-image",
                       "holds a picture of a size that only an attack or a mistake produces.");
        else
            fz_rethrow(ctx);
    }
    return good;
}

bool canvas_add_page(struct render_job *job, const struct drawing *d)
{
    fz_context *ctx = job->ctx;
    if (!(d->width > 0.5f && d->height > 0.5f && d->width < 1e6f && d->height < 1e6f)) {
        job_refuse(job, "document-page-size", "has a page of %g x %g points, which is no paper.",
                   (double)d->width, (double)d->height);
        return false;
    }
    if (job->o->original)
        return original_add_page(job, d);
    const struct fit fit = fit_page(job->o, (double)d->width, (double)d->height);
    int width = (int)page_width_at(PAGE_WIDTH_A4, job->o->resolution);
    fz_pixmap *canvas = fz_new_pixmap(ctx, fz_device_gray(ctx), width, (int)fit.rows, NULL, 0);
    if (canvas->stride != width)
        panic("a grey canvas with a stride of %td", canvas->stride);
    volatile bool good = false;
    fz_try(ctx)
    {
        fz_clear_pixmap_with_value(ctx, canvas, 255);
        good = draw_and_code(job, d, &fit, canvas);
    }
    fz_always(ctx) fz_drop_pixmap(ctx, canvas);
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}
