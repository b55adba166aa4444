/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* HEIC, as telephones take pictures. libheif turns them upright itself. */
#include <libheif/heif.h>

#include "convert/picture.h"
#include "convert/render_kinds.h"

struct heif {
    struct heif_context *file;
    struct heif_image_handle *handle;
    struct heif_image *image;
};

static bool refuse(struct render_job *job, struct heif_error e)
{
    if (e.code == heif_error_Memory_allocation_error)
        fz_throw(job->ctx, FZ_ERROR_MEMORY, "heif");
    if (e.code == heif_error_Unsupported_filetype || e.code == heif_error_Unsupported_feature)
        job_refuse(
            job, "document-type",
            "is a picture in a form of HEIC that this server cannot read. Save it as JPEG and send that.");
    else
        job_refuse(job, "document-broken",
                   "is a damaged HEIC picture, perhaps cut off on its way. Save it as JPEG and send that.");
    return false;
}

static bool decode(struct render_job *job, struct heif *h, struct picture *p)
{
    h->file = heif_context_alloc();
    if (!h->file)
        fz_throw(job->ctx, FZ_ERROR_MEMORY, "heif");
    /* A worker can start no thread. */
    heif_context_set_max_decoding_threads(h->file, 0);
    struct heif_error e =
        heif_context_read_from_memory_without_copy(h->file, job->bytes.data, job->bytes.len, NULL);
    if (e.code == heif_error_Ok)
        e = heif_context_get_primary_image_handle(h->file, &h->handle);
    if (e.code != heif_error_Ok)
        return refuse(job, e);
    int width = heif_image_handle_get_width(h->handle), height = heif_image_handle_get_height(h->handle);
    if (!picture_size_good(job, width > 0 ? (uint64_t)width : 0, height > 0 ? (uint64_t)height : 0))
        return false;
    e = heif_decode_image(h->handle, &h->image, heif_colorspace_RGB, heif_chroma_interleaved_RGBA, NULL);
    if (e.code != heif_error_Ok)
        return refuse(job, e);
    p->width = (uint32_t)heif_image_get_width(h->image, heif_channel_interleaved);
    p->height = (uint32_t)heif_image_get_height(h->image, heif_channel_interleaved);
    return picture_size_good(job, p->width, p->height);
}

static void take_rows(struct render_job *job, const struct heif *h, struct picture *p)
{
    fz_context *ctx = job->ctx;
    int stride = 0;
    const uint8_t *all = heif_image_get_plane_readonly(h->image, heif_channel_interleaved, &stride);
    uint8_t *grey = fz_malloc(ctx, p->width);
    for (uint32_t y = 0; all && y < p->height; y++) {
        const uint8_t *from = all + (size_t)y * (size_t)stride;
        for (uint32_t x = 0; x < p->width; x++, from += 4)
            grey[x] = picture_grey(from[0], from[1], from[2], from[3]);
        picture_row(p, y, grey);
    }
    fz_free(ctx, grey);
}

bool render_heif(struct render_job *job)
{
    fz_context *ctx = job->ctx;
    struct heif h = {.file = NULL};
    struct picture p = {.orientation = 1};
    volatile bool good = false;
    fz_var(h);
    fz_try(ctx)
    {
        good = decode(job, &h, &p);
        if (good) {
            picture_begin(job, &p);
            take_rows(job, &h, &p);
            good = picture_add_page(job, &p);
        }
    }
    fz_always(ctx)
    {
        picture_end(job, &p);
        heif_image_release(h.image);
        heif_image_handle_release(h.handle);
        if (h.file)
            heif_context_free(h.file);
    }
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}
