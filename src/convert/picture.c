/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/picture.h"

#include <string.h>

#include "convert/canvas.h"

/* A page at 400 dpi has 15 million; more are averaged while they are read. */
#define KEPT_PIXELS_MAX ((uint64_t)40 * 1000 * 1000)

/* Below and above these a resolution in a file is a leftover of some program. A picture that says none is
 * taken for one of a screen; where that is larger than the paper it shrinks to it anyway. */
static const double dpi_least = 50, dpi_most = 4800, dpi_screen = 96;

bool picture_size_good(struct render_job *job, uint64_t width, uint64_t height)
{
    if (width == 0 || height == 0) {
        job_refuse(job, "document-broken", "is a picture without any pixels. Save it again and send that.");
        return false;
    }
    if (width > PICTURE_PIXELS_MAX || height > PICTURE_PIXELS_MAX / width) {
        job_refuse(
            job, "document-giant-image",
            "is a picture of %llu x %llu pixels; at most %llu million can be read. Make it smaller and "
            "send that.",
            (unsigned long long)width, (unsigned long long)height,
            (unsigned long long)(PICTURE_PIXELS_MAX / 1000000));
        return false;
    }
    return true;
}

uint32_t picture_step(uint32_t width, uint32_t height)
{
    uint32_t step = 1;
    while ((uint64_t)(width / step + 1) * (height / step + 1) > KEPT_PIXELS_MAX)
        step++;
    return step;
}

static uint32_t reduced(uint32_t n, uint32_t step)
{
    return (n + step - 1) / step;
}

void picture_begin(struct render_job *job, struct picture *p)
{
    fz_context *ctx = job->ctx;
    p->step = picture_step(p->width, p->height);
    uint32_t width = reduced(p->width, p->step), height = reduced(p->height, p->step);
    p->grey = fz_new_pixmap(ctx, fz_device_gray(ctx), (int)width, (int)height, NULL, 0);
    fz_clear_pixmap_with_value(ctx, p->grey, 255);
    p->sums = fz_calloc(ctx, width, sizeof(*p->sums));
}

/* The mean of a cell of step x step pixels, fewer at the right and lower edge. */
static void close_cells(struct picture *p, uint32_t y, uint32_t rows)
{
    uint8_t *to = p->grey->samples + (size_t)(y / p->step) * (size_t)p->grey->stride;
    uint32_t cells = reduced(p->width, p->step);
    for (uint32_t i = 0; i < cells; i++) {
        uint32_t columns = p->width - i * p->step < p->step ? p->width - i * p->step : p->step;
        to[i] = (uint8_t)(p->sums[i] / (columns * rows));
    }
    memset(p->sums, 0, cells * sizeof(*p->sums));
}

void picture_row(struct picture *p, uint32_t y, const uint8_t *grey)
{
    if (y >= p->height)
        return;
    if (p->step == 1) {
        memcpy(p->grey->samples + (size_t)y * (size_t)p->grey->stride, grey, p->width);
        return;
    }
    for (uint32_t x = 0, cell = 0, in = 0; x < p->width; x++) {
        p->sums[cell] += grey[x];
        if (++in == p->step)
            in = 0, cell++;
    }
    if (y % p->step == p->step - 1 || y + 1 == p->height)
        close_cells(p, y, y % p->step + 1);
}

/* ---- the page ---- */

/* From the unit square of the pixels as stored to the one that is seen (EXIF 2.3, tag 0x112); y grows down.
 */
static const fz_matrix upright[9] = {{1, 0, 0, 1, 0, 0},   {1, 0, 0, 1, 0, 0},   {-1, 0, 0, 1, 1, 0},
                                     {-1, 0, 0, -1, 1, 1}, {1, 0, 0, -1, 0, 1},  {0, 1, 1, 0, 0, 0},
                                     {0, 1, -1, 0, 1, 0},  {0, -1, -1, 0, 1, 1}, {0, -1, 1, 0, 0, 1}};

struct sheet {
    fz_image *image;
    fz_matrix place;
};

static void draw(fz_context *ctx, void *context, fz_device *device, fz_matrix ctm)
{
    const struct sheet *s = context;
    fz_fill_image(ctx, device, s->image, fz_concat(s->place, ctm), 1, fz_default_color_params);
}

static double usable_dpi(double dpi, double other)
{
    if (dpi >= dpi_least && dpi <= dpi_most)
        return dpi;
    return other >= dpi_least && other <= dpi_most ? other : dpi_screen;
}

bool picture_add_image(struct render_job *job, const struct picture *p, fz_image *image)
{
    unsigned turn = p->orientation <= 8 ? p->orientation : 1;
    double width = p->width * 72.0 / usable_dpi(p->x_dpi, p->y_dpi);
    double height = p->height * 72.0 / usable_dpi(p->y_dpi, p->x_dpi);
    const float seen_width = (float)(turn >= 5 ? height : width);
    const float seen_height = (float)(turn >= 5 ? width : height);
    struct sheet s = {.image = image, .place = fz_concat(upright[turn], fz_scale(seen_width, seen_height))};
    const struct drawing d = {.width = seen_width, .height = seen_height, .draw = draw, .context = &s};
    return job_may_add(job, 0) && canvas_add_page(job, &d);
}

bool picture_add_page(struct render_job *job, const struct picture *p)
{
    fz_context *ctx = job->ctx;
    fz_image *image = fz_new_image_from_pixmap(ctx, p->grey, NULL);
    volatile bool good = false;
    fz_try(ctx) good = picture_add_image(job, p, image);
    fz_always(ctx) fz_drop_image(ctx, image);
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}

void picture_end(struct render_job *job, struct picture *p)
{
    fz_drop_pixmap(job->ctx, p->grey);
    fz_free(job->ctx, p->sums);
    p->grey = NULL;
    p->sums = NULL;
}
