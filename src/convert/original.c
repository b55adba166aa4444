/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/original.h"

#include <math.h>

/* What is longer is shown narrower. */
enum { HEIGHT_MAX = 10000 };

static void draw(fz_context *ctx, const struct drawing *d, fz_pixmap *picture, float scale)
{
    fz_device *device = fz_new_draw_device(ctx, fz_identity, picture);
    fz_try(ctx)
    {
        d->draw(ctx, d->context, device, fz_scale(scale, scale));
        fz_close_device(ctx, device);
    }
    fz_always(ctx) fz_drop_device(ctx, device);
    fz_catch(ctx) fz_rethrow(ctx);
}

static bool write_png(struct render_job *job, fz_pixmap *picture)
{
    fz_context *ctx = job->ctx;
    unsigned char *data;
    fz_buffer *png = fz_new_buffer_from_pixmap_as_png(ctx, picture, fz_default_color_params);
    size_t len = fz_buffer_storage(ctx, png, &data);
    bool fits = buf_append(job->o->original->png, data, len);
    fz_drop_buffer(ctx, png);
    if (!fits)
        job_refuse(job, "document-too-large", "has a page that is too large to be shown.");
    return fits;
}

static bool draw_page(struct render_job *job, const struct drawing *d)
{
    fz_context *ctx = job->ctx;
    struct original *o = job->o->original;
    float scale = fminf((float)o->width / d->width, HEIGHT_MAX / d->height);
    int width = (int)fmaxf(1, roundf(d->width * scale)), height = (int)fmaxf(1, roundf(d->height * scale));
    fz_pixmap *picture = fz_new_pixmap(ctx, fz_device_rgb(ctx), width, height, NULL, 0);
    volatile bool good = false;
    fz_try(ctx)
    {
        fz_clear_pixmap_with_value(ctx, picture, 255);
        draw(ctx, d, picture, scale);
        good = write_png(job, picture);
    }
    fz_always(ctx) fz_drop_pixmap(ctx, picture);
    fz_catch(ctx) fz_rethrow(ctx);
    o->drawn = good;
    return good;
}

bool original_add_page(struct render_job *job, const struct drawing *d)
{
    static const struct page_form counted = {.rows = 0};
    SCOPED_BUF struct buf nothing;
    buf_init(&nothing, 1);
    if (job->pages->count == job->o->original->page && !draw_page(job, d))
        return false;
    page_list_add(job->pages, &counted, &nothing);
    return true;
}
