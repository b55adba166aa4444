/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/path_shape.h"

#include <math.h>

/* Less than half of this to one side is lost when corners are moved. */
static const double level_within = 0.5;
/* Pixels; the stems of letters that can be read are thicker. What has many corners may be a letter. */
static const double thickness_max_of_any = 0.75;
enum { CORNERS_OF_A_LINE = 6 };

struct walk {
    struct path_shape shape;
    fz_matrix ctm;
    fz_point first, at; /* on the canvas */
};

static void go(struct walk *w, fz_point to)
{
    double dx = (double)to.x - (double)w->at.x, dy = (double)to.y - (double)w->at.y;
    w->shape.length += hypot(dx, dy);
    /* Of the triangle with the outline's first point: sums of large products would lose what is small. */
    w->shape.area +=
        (((double)w->at.x - (double)w->first.x) * dy - ((double)w->at.y - (double)w->first.y) * dx) / 2;
    w->shape.parts++;
    w->shape.slants = w->shape.slants || (fabs(dx) > level_within && fabs(dy) > level_within);
    w->at = to;
}

static void line_to(fz_context *ctx, void *context, float x, float y)
{
    struct walk *w = context;
    go(w, fz_transform_point_xy(x, y, w->ctm));
}

static void move_to(fz_context *ctx, void *context, float x, float y)
{
    struct walk *w = context;
    w->shape.outlines++;
    w->first = w->at = fz_transform_point_xy(x, y, w->ctm);
}

/* By way of its control points, which is near enough. */
static void curve_to(fz_context *ctx, void *context, float x1, float y1, float x2, float y2, float x3,
                     float y3)
{
    line_to(ctx, context, x1, y1);
    line_to(ctx, context, x2, y2);
    line_to(ctx, context, x3, y3);
}

static void close_path(fz_context *ctx, void *context)
{
    struct walk *w = context;
    go(w, w->first);
}

static void add_rect(fz_context *ctx, void *context, float x0, float y0, float x1, float y1)
{
    struct walk *w = context;
    if (fz_is_rectilinear(w->ctm))
        return;
    move_to(ctx, context, x0, y0);
    line_to(ctx, context, x1, y0);
    line_to(ctx, context, x1, y1);
    line_to(ctx, context, x0, y1);
    close_path(ctx, context);
}

struct path_shape path_shape(fz_context *ctx, const fz_path *path, fz_matrix ctm)
{
    static const fz_path_walker walker = {.moveto = move_to,
                                          .lineto = line_to,
                                          .curveto = curve_to,
                                          .closepath = close_path,
                                          .rectto = add_rect};
    struct walk w = {.ctm = ctm};
    fz_walk_path(ctx, path, &walker, &w);
    return w.shape;
}

bool path_shape_is_line(const struct path_shape *s)
{
    double max = s->parts > s->outlines * CORNERS_OF_A_LINE ? thickness_max_of_any
                 : s->slants                                ? (double)SLANTING_WIDTH_LEAST
                                                            : 1;
    return 2 * fabs(s->area) < max * s->length;
}
