/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Web pages. Nothing is fetched and no file is looked at: what a page
 * refers to stays away. */
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "convert/charset.h"
#include "convert/render_kinds.h"

/* Most bytes of one. */
#define PAGE_BYTES ((size_t)256 << 20)

/* The room between the words and the edge of the paper, and their size, in points. */
static const float page_margin = 36, em = 11;

static bool add_laid_out(struct render_job *job, fz_document *doc)
{
    float width, height;
    paper_points(job->o->paper, &width, &height);
    fz_layout_document(job->ctx, doc, width, height, em);
    return render_pages(job, doc);
}

static bool lay_out(struct render_job *job, struct span html)
{
    fz_context *ctx = job->ctx;
    char style[80];
    fz_stream *stream = fz_open_memory(ctx, html.data, html.len);
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

bool render_laid_out(struct render_job *job, struct span html)
{
    return job_draw_letters(job, html, lay_out);
}

/* MuPDF would believe what stands there of the character set, which is another one by now. */
static struct span without_declaration(struct span html)
{
    const uint8_t *end =
        html.len > 5 && memcmp(html.data, "<?xml", 5) == 0 ? memchr(html.data, '>', html.len) : NULL;
    size_t skipped = end ? (size_t)(end + 1 - html.data) : 0;
    return span_of(html.data + skipped, html.len - skipped);
}

static bool draw_utf8(struct render_job *job, struct span html)
{
    return render_laid_out(job, without_declaration(html));
}

bool render_html(struct render_job *job)
{
    struct buf utf8;
    char said[CHARSET_NAME_MAX + 1];
    buf_init(&utf8, PAGE_BYTES);
    charset_of_page(job->bytes, said);
    charset_to_utf8(job->bytes, *job->charset ? job->charset : said, job->o->language, &utf8);
    if (!utf8.overflow)
        return job_draw_and_free(job, &utf8, draw_utf8);
    buf_clear(&utf8);
    job_refuse(job, "document-too-large", "is a web page of more than 256 MB. Send less of it.");
    return false;
}
