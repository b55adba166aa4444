/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/ink_device.h"

#include <math.h>

#include "convert/path_shape.h"

/* Most bytes of one decoded picture. A colour page of A4 at 600 dpi needs 105 MB. */
#define IMAGE_BYTES_MAX ((uint64_t)256 * 1024 * 1024)

/* Higher characters are decoration, often pale on purpose: a watermark across the page. In pixels: 13 mm. */
static const float text_height_max = 100;
/* Wider than this it is an area and no line: 0.75 mm. */
static const float line_width_max = 6;
/* What is more transparent than this is meant to be seen through. */
static const float alpha_least = 0.6f;
/* Difference in lightness from which on something counts as visible at all. */
static const float visible_least = 0.03f;

enum { NESTING_MAX = 256 };

struct ink_device {
    fz_device super;
    fz_device *to;
    fz_pixmap *canvas;
    struct ink_notes *notes;
    int mask_depth; /* inside a soft mask colours are shapes */
    /* Groups and clips by anything but a rectangle are drawn aside and join the canvas at their end. */
    bool aside[NESTING_MAX];
    int depth;
    int layers; /* how many of the open ones are aside */
};

struct paint {
    fz_colorspace *space;
    const float *color;
    float alpha;
    fz_color_params params;
    float grey; /* storage of a changed colour */
};

static struct ink_device *ink(fz_device *device)
{
    return (struct ink_device *)(void *)device;
}

/* ---- is it ink? ---- */

static float lightness_at(const struct ink_device *d, fz_point p, bool *inside)
{
    int x = (int)p.x, y = (int)p.y;
    *inside = p.x >= 0 && p.y >= 0 && p.x < (float)d->canvas->w && p.y < (float)d->canvas->h;
    return *inside ? (float)d->canvas->samples[(ptrdiff_t)y * d->canvas->stride + x] / 255 : 1;
}

/* Mean lightness of the canvas at these points; white where all lie outside. */
static float backdrop(const struct ink_device *d, const fz_point *points, int count)
{
    float sum = 0;
    int n = 0;
    for (int i = 0; i < count; i++) {
        bool inside;
        float light = lightness_at(d, points[i], &inside);
        sum += inside ? light : 0;
        n += inside;
    }
    return n > 0 ? sum / (float)n : 1;
}

static float lightness(fz_context *ctx, const struct paint *p)
{
    float grey = 0;
    if (p->space)
        fz_convert_color(ctx, p->space, p->color, fz_device_gray(ctx), &grey, NULL, p->params);
    return grey;
}

/* Black where it is darker than what lies under it, white where it is lighter. In a layer drawn aside the
 * canvas does not show what lies under it: there only what is dark by itself turns black. */
static void make_ink(fz_context *ctx, const struct ink_device *d, struct paint *p, float light, float under)
{
    float seen = under + (light - under) * p->alpha;
    if (d->layers > 0 ? light > 0.5f : fabsf(seen - under) < visible_least)
        return;
    p->grey = d->layers > 0 || seen < under ? 0 : 1;
    p->space = fz_device_gray(ctx);
    p->color = &p->grey;
    p->alpha = 1;
}

static void enter(struct ink_device *d, bool aside)
{
    if (d->depth < NESTING_MAX)
        d->aside[d->depth] = aside;
    d->layers += aside || d->depth >= NESTING_MAX;
    d->depth++;
}

static void leave(struct ink_device *d)
{
    if (d->depth == 0)
        return;
    d->depth--;
    d->layers -= d->depth >= NESTING_MAX || d->aside[d->depth];
}

static bool may_become_ink(const struct ink_device *d, const struct paint *p)
{
    return d->mask_depth == 0 && p->space && p->alpha >= alpha_least;
}

static void ink_rect(fz_context *ctx, const struct ink_device *d, fz_rect r, struct paint *p)
{
    float light = lightness(ctx, p);
    if (light <= 0.02f && p->alpha >= 1)
        return;
    const fz_point points[] = {{r.x0 - 2, r.y0 - 2},
                               {r.x1 + 2, r.y1 + 2},
                               {(r.x0 + r.x1) / 2, (r.y0 + r.y1) / 2},
                               {r.x0 - 2, r.y1 + 2},
                               {r.x1 + 2, r.y0 - 2}};
    make_ink(ctx, d, p, light, backdrop(d, points, 5));
}

/* The colour of text is judged against what lies where its first characters will stand. */
static void ink_text(fz_context *ctx, const struct ink_device *d, const fz_text *text, fz_matrix ctm,
                     struct paint *p)
{
    enum { SAMPLES = 12 };
    fz_point points[SAMPLES];
    int count = 0;
    if (!may_become_ink(d, p))
        return;
    float light = lightness(ctx, p);
    if (light <= 0.02f && p->alpha >= 1)
        return;
    for (const fz_text_span *span = text->head; span && count < SAMPLES; span = span->next) {
        float height = fz_matrix_expansion(fz_concat(span->trm, ctm));
        if (height > text_height_max * d->notes->scale)
            return;
        for (int i = 0; i < span->len && count < SAMPLES; i += 1 + span->len / SAMPLES) {
            fz_point at = fz_transform_point_xy(span->items[i].x, span->items[i].y, ctm);
            points[count++] = (fz_point){at.x + 1, at.y - height * 0.3f};
        }
    }
    make_ink(ctx, d, p, light, backdrop(d, points, count));
}

/* ---- what is forwarded, changed or not ---- */

/* A line at least as wide as it has to be so that no part of it vanishes. */
static void stroke_whole(fz_context *ctx, const struct ink_device *d, const fz_path *path,
                         const fz_stroke_state *stroke, fz_matrix ctm, const struct paint *p)
{
    float scale = fz_matrix_expansion(ctm);
    fz_stroke_state *wider = NULL;
    fz_var(wider);
    fz_try(ctx)
    {
        if (scale > 0 && stroke->linewidth * scale < SLANTING_WIDTH_LEAST &&
            path_shape(ctx, path, ctm).slants) {
            wider = fz_clone_stroke_state(ctx, (fz_stroke_state *)(uintptr_t)stroke);
            wider->linewidth = SLANTING_WIDTH_LEAST / scale;
        }
        fz_stroke_path(ctx, d->to, path, wider ? wider : stroke, ctm, p->space, p->color, p->alpha,
                       p->params);
    }
    fz_always(ctx) fz_drop_stroke_state(ctx, wider);
    fz_catch(ctx) fz_rethrow(ctx);
}

static void fill_path(fz_context *ctx, fz_device *dev, const fz_path *path, int even_odd, fz_matrix ctm,
                      fz_colorspace *space, const float *color, float alpha, fz_color_params params)
{
    struct ink_device *d = ink(dev);
    struct paint p = {space, color, alpha, params, 0};
    struct path_shape shape = path_shape(ctx, path, ctm);
    bool is_line = path_shape_is_line(&shape);
    d->notes->marks++;
    if (may_become_ink(d, &p)) {
        fz_rect r = fz_bound_path(ctx, path, NULL, ctm);
        float thin = line_width_max * d->notes->scale;
        if (is_line || r.x1 - r.x0 <= thin || r.y1 - r.y0 <= thin)
            ink_rect(ctx, d, r, &p);
    }
    fz_stroke_state thin = fz_default_stroke_state;
    thin.linewidth = 0;
    if (is_line)
        stroke_whole(ctx, d, path, &thin, ctm, &p);
    else
        fz_fill_path(ctx, d->to, path, even_odd, ctm, p.space, p.color, p.alpha, p.params);
}

static void stroke_path(fz_context *ctx, fz_device *dev, const fz_path *path, const fz_stroke_state *stroke,
                        fz_matrix ctm, fz_colorspace *space, const float *color, float alpha,
                        fz_color_params params)
{
    struct ink_device *d = ink(dev);
    struct paint p = {space, color, alpha, params, 0};
    d->notes->marks++;
    if (may_become_ink(d, &p) &&
        stroke->linewidth * fz_matrix_expansion(ctm) <= line_width_max * d->notes->scale)
        ink_rect(ctx, d, fz_bound_path(ctx, path, stroke, ctm), &p);
    stroke_whole(ctx, d, path, stroke, ctm, &p);
}

static void count_small(const struct ink_device *d, const fz_text *text, fz_matrix ctm)
{
    for (const fz_text_span *span = text->head; span; span = span->next)
        if (fz_matrix_expansion(fz_concat(span->trm, ctm)) < d->notes->small_below)
            d->notes->small += (size_t)span->len;
}

static void note_missing(struct ink_device *d, const fz_text *text)
{
    for (const fz_text_span *span = d->notes->missing ? text->head : NULL; span; span = span->next)
        for (int i = 0; i < span->len; i++)
            if (span->items[i].gid == 0 && span->items[i].ucs > ' ' && !glyph_is_unseen(span->items[i].ucs))
                missing_glyph_note(d->notes->missing, span->items[i].ucs);
}

static void fill_text(fz_context *ctx, fz_device *dev, const fz_text *text, fz_matrix ctm,
                      fz_colorspace *space, const float *color, float alpha, fz_color_params params)
{
    struct ink_device *d = ink(dev);
    struct paint p = {space, color, alpha, params, 0};
    d->notes->marks++;
    count_small(d, text, ctm);
    note_missing(d, text);
    ink_text(ctx, d, text, ctm, &p);
    fz_fill_text(ctx, d->to, text, ctm, p.space, p.color, p.alpha, p.params);
}

static void stroke_text(fz_context *ctx, fz_device *dev, const fz_text *text, const fz_stroke_state *stroke,
                        fz_matrix ctm, fz_colorspace *space, const float *color, float alpha,
                        fz_color_params params)
{
    struct ink_device *d = ink(dev);
    struct paint p = {space, color, alpha, params, 0};
    d->notes->marks++;
    ink_text(ctx, d, text, ctm, &p);
    fz_stroke_text(ctx, d->to, text, stroke, ctm, p.space, p.color, p.alpha, p.params);
}

static void fill_shade(fz_context *ctx, fz_device *dev, fz_shade *shade, fz_matrix ctm, float alpha,
                       fz_color_params params)
{
    ink(dev)->notes->marks++;
    fz_fill_shade(ctx, ink(dev)->to, shade, ctm, alpha, params);
}

static void check_size(fz_context *ctx, struct ink_device *d, fz_image *image)
{
    uint64_t bits = (uint64_t)image->n * (uint64_t)image->bpc;
    uint64_t row = ((uint64_t)image->w * bits + 7) / 8;
    /* A JPEG is decoded at the size that is needed. */
    fz_compressed_buffer *packed = fz_compressed_image_buffer(ctx, image);
    uint64_t most = packed && packed->params.type == FZ_IMAGE_JPEG ? 4 * IMAGE_BYTES_MAX : IMAGE_BYTES_MAX;
    if (image->w > 0 && image->h > 0 && row <= most / (uint64_t)image->h)
        return;
    d->notes->giant_image = true;
    fz_throw(ctx, FZ_ERROR_ABORT, "image too large");
}

static uint32_t into(float at, int end)
{
    return at <= 0 ? 0 : at >= (float)end ? (uint32_t)end : (uint32_t)at;
}

static void note_image(fz_context *ctx, struct ink_device *d, fz_matrix ctm)
{
    fz_rect r = fz_transform_rect(fz_unit_rect, ctm);
    r = fz_intersect_rect(r, fz_device_current_scissor(ctx, &d->super));
    if (d->mask_depth > 0 || fz_is_empty_rect(r))
        return;
    bilevel_add_image(d->notes->bilevel, (struct pixel_rect){.x0 = into(floorf(r.x0), d->canvas->w),
                                                             .y0 = into(floorf(r.y0), d->canvas->h),
                                                             .x1 = into(ceilf(r.x1), d->canvas->w),
                                                             .y1 = into(ceilf(r.y1), d->canvas->h)});
}

static void fill_image(fz_context *ctx, fz_device *dev, fz_image *image, fz_matrix ctm, float alpha,
                       fz_color_params params)
{
    struct ink_device *d = ink(dev);
    d->notes->marks++;
    check_size(ctx, d, image);
    note_image(ctx, d, ctm);
    fz_fill_image(ctx, d->to, image, ctm, alpha, params);
}

static void fill_image_mask(fz_context *ctx, fz_device *dev, fz_image *image, fz_matrix ctm,
                            fz_colorspace *space, const float *color, float alpha, fz_color_params params)
{
    struct ink_device *d = ink(dev);
    struct paint p = {space, color, alpha, params, 0};
    d->notes->marks++;
    check_size(ctx, d, image);
    if (may_become_ink(d, &p) && lightness(ctx, &p) < 0.5f)
        ink_rect(ctx, d, fz_transform_rect(fz_unit_rect, ctm), &p);
    fz_fill_image_mask(ctx, d->to, image, ctm, p.space, p.color, p.alpha, p.params);
}

/* ---- clips ---- */

static void on_point(fz_context *ctx, void *other, float x, float y)
{
    *(int *)other += 1;
}

static void on_curve(fz_context *ctx, void *other, float x1, float y1, float x2, float y2, float x3, float y3)
{
    *(int *)other += 100;
}

static void on_close(fz_context *ctx, void *other)
{
}

static void on_rectangle(fz_context *ctx, void *other, float x1, float y1, float x2, float y2)
{
    *(int *)other += 4;
}

/* Good enough: four corners and upright. A slanted four-cornered clip only costs a word its blackness. */
static bool is_rectangle(fz_context *ctx, const fz_path *path, fz_matrix ctm)
{
    static const fz_path_walker walker = {.moveto = on_point,
                                          .lineto = on_point,
                                          .curveto = on_curve,
                                          .closepath = on_close,
                                          .rectto = on_rectangle};
    int corners = 0;
    fz_walk_path(ctx, path, &walker, &corners);
    return corners <= 5 && fz_is_rectilinear(ctm);
}

static void clip_path(fz_context *ctx, fz_device *dev, const fz_path *path, int even_odd, fz_matrix ctm,
                      fz_rect scissor)
{
    enter(ink(dev), !is_rectangle(ctx, path, ctm));
    fz_clip_path(ctx, ink(dev)->to, path, even_odd, ctm, scissor);
}

static void clip_stroke_path(fz_context *ctx, fz_device *dev, const fz_path *path,
                             const fz_stroke_state *stroke, fz_matrix ctm, fz_rect scissor)
{
    enter(ink(dev), true);
    fz_clip_stroke_path(ctx, ink(dev)->to, path, stroke, ctm, scissor);
}

static void clip_text(fz_context *ctx, fz_device *dev, const fz_text *text, fz_matrix ctm, fz_rect scissor)
{
    enter(ink(dev), true);
    fz_clip_text(ctx, ink(dev)->to, text, ctm, scissor);
}

static void clip_stroke_text(fz_context *ctx, fz_device *dev, const fz_text *text,
                             const fz_stroke_state *stroke, fz_matrix ctm, fz_rect scissor)
{
    enter(ink(dev), true);
    fz_clip_stroke_text(ctx, ink(dev)->to, text, stroke, ctm, scissor);
}

static void clip_image_mask(fz_context *ctx, fz_device *dev, fz_image *image, fz_matrix ctm, fz_rect scissor)
{
    check_size(ctx, ink(dev), image);
    enter(ink(dev), true);
    fz_clip_image_mask(ctx, ink(dev)->to, image, ctm, scissor);
}

static void pop_clip(fz_context *ctx, fz_device *dev)
{
    leave(ink(dev));
    fz_pop_clip(ctx, ink(dev)->to);
}

static void begin_mask(fz_context *ctx, fz_device *dev, fz_rect area, int luminosity, fz_colorspace *space,
                       const float *color, fz_color_params params)
{
    enter(ink(dev), true); /* closed by pop_clip: a finished mask is a clip */
    ink(dev)->mask_depth++;
    fz_begin_mask(ctx, ink(dev)->to, area, luminosity, space, color, params);
}

static void end_mask(fz_context *ctx, fz_device *dev)
{
    ink(dev)->mask_depth--;
    fz_end_mask(ctx, ink(dev)->to);
}

static void begin_group(fz_context *ctx, fz_device *dev, fz_rect area, fz_colorspace *space, int isolated,
                        int knockout, int blendmode, float alpha)
{
    enter(ink(dev), true);
    fz_begin_group(ctx, ink(dev)->to, area, space, isolated, knockout, blendmode, alpha);
}

static void end_group(fz_context *ctx, fz_device *dev)
{
    leave(ink(dev));
    fz_end_group(ctx, ink(dev)->to);
}

static int begin_tile(fz_context *ctx, fz_device *dev, fz_rect area, fz_rect view, float xstep, float ystep,
                      fz_matrix ctm, int id)
{
    enter(ink(dev), true);
    return fz_begin_tile_id(ctx, ink(dev)->to, area, view, xstep, ystep, ctm, id);
}

static void end_tile(fz_context *ctx, fz_device *dev)
{
    leave(ink(dev));
    fz_end_tile(ctx, ink(dev)->to);
}

static void render_flags(fz_context *ctx, fz_device *dev, int set, int clear)
{
    fz_render_flags(ctx, ink(dev)->to, set, clear);
}

static void set_default_colorspaces(fz_context *ctx, fz_device *dev, fz_default_colorspaces *spaces)
{
    fz_set_default_colorspaces(ctx, ink(dev)->to, spaces);
}

static void close_device(fz_context *ctx, fz_device *dev)
{
    fz_close_device(ctx, ink(dev)->to);
}

static void drop_device(fz_context *ctx, fz_device *dev)
{
    fz_drop_device(ctx, ink(dev)->to);
}

fz_device *ink_device_new(fz_context *ctx, fz_pixmap *canvas, struct ink_notes *notes)
{
    struct ink_device *d = (struct ink_device *)(void *)fz_new_device_of_size(ctx, sizeof(*d));
    d->canvas = canvas;
    d->notes = notes;
    d->super.close_device = close_device;
    d->super.drop_device = drop_device;
    d->super.fill_path = fill_path;
    d->super.stroke_path = stroke_path;
    d->super.clip_path = clip_path;
    d->super.clip_stroke_path = clip_stroke_path;
    d->super.fill_text = fill_text;
    d->super.stroke_text = stroke_text;
    d->super.clip_text = clip_text;
    d->super.clip_stroke_text = clip_stroke_text;
    d->super.fill_shade = fill_shade;
    d->super.fill_image = fill_image;
    d->super.fill_image_mask = fill_image_mask;
    d->super.clip_image_mask = clip_image_mask;
    d->super.pop_clip = pop_clip;
    d->super.begin_mask = begin_mask;
    d->super.end_mask = end_mask;
    d->super.begin_group = begin_group;
    d->super.end_group = end_group;
    d->super.begin_tile = begin_tile;
    d->super.end_tile = end_tile;
    d->super.render_flags = render_flags;
    d->super.set_default_colorspaces = set_default_colorspaces;
    fz_try(ctx) d->to = fz_new_draw_device(ctx, fz_identity, canvas);
    fz_catch(ctx)
    {
        fz_drop_device(ctx, &d->super);
        fz_rethrow(ctx);
    }
    return &d->super;
}
