/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* PNG, JPEG, GIF and BMP, which MuPDF reads itself: one page, upright, of the size that its resolution says.
 */
#include "convert/picture.h"
#include "convert/render_kinds.h"
#include "proto/picture_head.h"

/* Most bytes of the decoded pixels; a JPEG is made smaller while it is decoded. */
#define DECODED_BYTES_MAX ((uint64_t)256 * 1024 * 1024)

/* EXIF's numbers of what fz_image_orientation says. */
static const uint8_t exif_of[9] = {1, 1, 8, 3, 6, 2, 5, 4, 7};

static bool has_end(enum document_kind kind, struct span bytes)
{
    switch ((int)kind) {
    case DOCUMENT_PNG: return png_ends(bytes);
    case DOCUMENT_GIF: return gif_ends(bytes);
    case DOCUMENT_BMP: return bmp_ends(bytes);
    default: return jpeg_ends(bytes);
    }
}

static bool refuse_damaged(struct render_job *job, enum document_kind kind)
{
    static const char *const names[] = {
        [DOCUMENT_PNG] = "PNG", [DOCUMENT_GIF] = "GIF", [DOCUMENT_BMP] = "BMP", [DOCUMENT_JPEG] = "JPEG"};
    job_refuse(job, "document-broken",
               "is a damaged %s picture, perhaps cut off on its way. Save it again and send that.",
               names[kind]);
    return false;
}

static bool size_good(struct render_job *job, enum document_kind kind, const fz_image *image)
{
    uint64_t width = image->w > 0 ? (uint64_t)image->w : 0, height = image->h > 0 ? (uint64_t)image->h : 0;
    if (!picture_size_good(job, width, height))
        return false;
    if (kind == DOCUMENT_JPEG || width * height * image->n <= DECODED_BYTES_MAX)
        return true;
    job_refuse(
        job, "document-giant-image",
        "is a picture of %llu x %llu pixels, which is more than can be read. Make it smaller and send that.",
        (unsigned long long)width, (unsigned long long)height);
    return false;
}

static bool add_image(struct render_job *job, enum document_kind kind, fz_image *image)
{
    int x_dpi = image->xres, y_dpi = image->yres;
    const struct picture p = {.width = (uint32_t)image->w,
                              .height = (uint32_t)image->h,
                              .x_dpi = x_dpi,
                              .y_dpi = y_dpi,
                              .orientation = kind == DOCUMENT_PNG
                                                 ? png_orientation(job->bytes)
                                                 : exif_of[fz_image_orientation(job->ctx, image) % 9]};
    if (!picture_add_image(job, &p, image))
        return false;
    return *job->holes == 0 || refuse_damaged(job, kind);
}

bool render_picture(struct render_job *job, enum document_kind kind)
{
    fz_context *ctx = job->ctx;
    fz_buffer *volatile bytes = NULL;
    fz_image *volatile image = NULL;
    volatile bool good = false;
    uint32_t width = 1, height = 1;
    if (kind == DOCUMENT_PNG) /* MuPDF calls a giant one damaged */
        png_size(job->bytes, &width, &height);
    if (!picture_size_good(job, width, height))
        return false;
    if (!has_end(kind, job->bytes))
        return refuse_damaged(job, kind);
    fz_try(ctx)
    {
        bytes = fz_new_buffer_from_shared_data(ctx, job->bytes.data, job->bytes.len);
        image = fz_new_image_from_buffer(ctx, bytes);
        good = size_good(job, kind, image) && add_image(job, kind, image);
    }
    fz_always(ctx)
    {
        fz_drop_image(ctx, image);
        fz_drop_buffer(ctx, bytes);
    }
    fz_catch(ctx)
    {
        if (fz_caught(ctx) == FZ_ERROR_MEMORY || fz_caught(ctx) == FZ_ERROR_ABORT)
            fz_rethrow(ctx);
        return refuse_damaged(job, kind);
    }
    return good;
}
