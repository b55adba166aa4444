/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A picture file decoded by a library of its own, row by row into grey, as one page: its true size where the
 * file says its resolution, upright as its EXIF says. */
#pragma once

#include "convert/render_job.h"

/* More pixels than a photograph or a scan has; beyond it a file is refused before it is decoded. */
#define PICTURE_PIXELS_MAX ((uint64_t)256 * 1024 * 1024)

struct picture {
    uint32_t width, height; /* pixels as stored */
    double x_dpi, y_dpi;    /* 0 or absurd: unknown */
    unsigned orientation;   /* EXIF's, 1 to 8 */
    /* Filled by picture_begin: */
    fz_pixmap *grey;
    uint32_t step;  /* so many pixels each way become one */
    uint32_t *sums; /* of the rows that are to become one */
};

/* What every kind of picture is measured by before it is decoded; false and refused where it is no size. */
bool picture_size_good(struct render_job *job, uint64_t width, uint64_t height) MUST_USE;
/* How many pixels each way become one, so that a picture of that size stays within what is kept. */
uint32_t picture_step(uint32_t width, uint32_t height);

/* Width and height are set and good. Throws; picture_end is needed in any case. */
void picture_begin(struct render_job *job, struct picture *p);
/* The next rows from the top, in order: y counts from 0. */
void picture_row(struct picture *p, uint32_t y, const uint8_t *grey);
bool picture_add_page(struct render_job *job, const struct picture *p) MUST_USE;
/* The same for pixels in any form that MuPDF draws; the size is theirs, grey is not looked at. */
bool picture_add_image(struct render_job *job, const struct picture *p, fz_image *image) MUST_USE;
void picture_end(struct render_job *job, struct picture *p);

/* Lightness of a colour in front of white paper; alpha 255: opaque. */
static inline uint8_t picture_grey(unsigned r, unsigned g, unsigned b, unsigned alpha)
{
    unsigned light = (r * 77 + g * 151 + b * 28) >> 8;
    return (uint8_t)(alpha == 255 ? light : (light * alpha + 255 * (255 - alpha)) / 255);
}
