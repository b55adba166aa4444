/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* WebP: its first frame where it moves. */
#include <webp/decode.h>
#include <webp/demux.h>

#include "convert/picture.h"
#include "convert/render_kinds.h"
#include "proto/picture_head.h"

static unsigned read_orientation(const WebPDemuxer *file)
{
    WebPChunkIterator chunk;
    unsigned found = 1;
    if (WebPDemuxGetChunk(file, "EXIF", 1, &chunk))
        found = exif_orientation(span_of(chunk.chunk.bytes, chunk.chunk.size));
    WebPDemuxReleaseChunkIterator(&chunk);
    return found;
}

static void take_rows(struct picture *p, const WebPDecoderConfig *config, uint8_t *grey)
{
    for (uint32_t y = 0; y < p->height; y++) {
        const uint8_t *from = config->output.u.RGBA.rgba + (size_t)y * (size_t)config->output.u.RGBA.stride;
        for (uint32_t x = 0; x < p->width; x++, from += 4)
            grey[x] = picture_grey(from[0], from[1], from[2], from[3]);
        picture_row(p, y, grey);
    }
}

/* The library scales while it decodes, so that a large picture needs no more memory than a small one. */
static bool decode(struct render_job *job, struct picture *p, const WebPIterator *frame,
                   WebPDecoderConfig *config)
{
    fz_context *ctx = job->ctx;
    uint32_t step = picture_step(p->width, p->height);
    uint8_t *volatile grey = NULL;
    config->output.colorspace = MODE_RGBA;
    config->options.use_scaling = step > 1;
    config->options.scaled_width = (int)(p->width = p->width / step ? p->width / step : 1);
    config->options.scaled_height = (int)(p->height = p->height / step ? p->height / step : 1);
    VP8StatusCode status = WebPDecode(frame->fragment.bytes, frame->fragment.size, config);
    if (status != VP8_STATUS_OK) {
        if (status == VP8_STATUS_OUT_OF_MEMORY)
            fz_throw(ctx, FZ_ERROR_MEMORY, "webp");
        job_refuse(job, "document-broken", "is a damaged WebP picture. Save it again and send that.");
        return false;
    }
    fz_try(ctx)
    {
        picture_begin(job, p);
        grey = fz_malloc(ctx, p->width);
        take_rows(p, config, grey);
    }
    fz_always(ctx) fz_free(ctx, grey);
    fz_catch(ctx) fz_rethrow(ctx);
    return true;
}

static bool add_frame(struct render_job *job, struct picture *p, const WebPIterator *frame)
{
    fz_context *ctx = job->ctx;
    WebPDecoderConfig config;
    volatile bool good = false;
    if (!WebPInitDecoderConfig(&config))
        return false;
    fz_try(ctx) good = decode(job, p, frame, &config) && picture_add_page(job, p);
    fz_always(ctx)
    {
        WebPFreeDecBuffer(&config.output);
        picture_end(job, p);
    }
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}

static bool add_first_frame(struct render_job *job, const WebPDemuxer *file)
{
    fz_context *ctx = job->ctx;
    WebPIterator frame = {.frame_num = 0};
    struct picture p = {.orientation = read_orientation(file)};
    volatile bool good = false;
    if (!WebPDemuxGetFrame(file, 1, &frame) || !frame.complete) {
        WebPDemuxReleaseIterator(&frame);
        job_refuse(job, "document-broken", "is a damaged WebP picture. Save it again and send that.");
        return false;
    }
    p.width = (uint32_t)frame.width;
    p.height = (uint32_t)frame.height;
    fz_try(ctx) good = picture_size_good(job, p.width, p.height) && add_frame(job, &p, &frame);
    fz_always(ctx) WebPDemuxReleaseIterator(&frame);
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}

bool render_webp(struct render_job *job)
{
    fz_context *ctx = job->ctx;
    const WebPData data = {.bytes = job->bytes.data, .size = job->bytes.len};
    WebPDemuxer *file = WebPDemux(&data);
    volatile bool good = false;
    if (!file) {
        job_refuse(job, "document-broken",
                   "is a damaged WebP picture, perhaps cut off on its way. Save it again and send that.");
        return false;
    }
    fz_try(ctx) good = add_first_frame(job, file);
    fz_always(ctx) WebPDemuxDelete(file);
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}
