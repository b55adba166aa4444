/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The canvas of one page: fitted, drawn in grey, made black and white, coded. */
#pragma once

#include "convert/render_job.h"

/* What is drawn on one page. */
struct drawing {
    float width, height; /* points */
    void (*draw)(fz_context *ctx, void *context, fz_device *device, fz_matrix ctm);
    void *context;
};

/* Draws, makes it black and white, codes it and adds it. Throws as MuPDF does; false where it was refused. */
bool canvas_add_page(struct render_job *job, const struct drawing *d) MUST_USE;
