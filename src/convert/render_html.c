/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Web pages. Nothing is fetched and no file is looked at: what a page
 * refers to stays away. */
#include "base/str.h"
#include "convert/render_kinds.h"

/* The room between the words and the edge of the paper, and their size, in points. */
static const float page_margin = 36, em = 11;

static bool add_laid_out(struct render_job *job, fz_document *doc)
{
    float width, height;
    paper_points(job->o->paper, &width, &height);
    fz_layout_document(job->ctx, doc, width, height, em);
    return render_pages(job, doc);
}

bool render_html(struct render_job *job)
{
    fz_context *ctx = job->ctx;
    char style[80];
    fz_stream *stream = fz_open_memory(ctx, job->bytes.data, job->bytes.len);
    fz_document *volatile doc = NULL;
    volatile bool good = false;
    (void)str_format(style, sizeof(style), "@page{margin:%gpt}", (double)page_margin);
    fz_try(ctx)
    {
        fz_set_user_css(ctx, style);
        doc = fz_open_document_with_stream(ctx, "text/html", stream);
        good = add_laid_out(job, doc);
    }
    fz_always(ctx)
    {
        fz_drop_document(ctx, doc);
        fz_drop_stream(ctx, stream);
    }
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}
