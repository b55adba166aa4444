/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Documents that MuPDF reads, page by page. A PDF is drawn as it would be printed: its print annotations and
 * layers, not the screen's. */
#include <mupdf/pdf.h>
#include <string.h>

#include "base/attr.h"
#include "convert/canvas.h"
#include "convert/render_kinds.h"

struct page_source {
    fz_page *page;
    pdf_page *pdf; /* the same, where it is one */
    fz_rect bounds;
    fz_cookie cookie;
};

static void draw_page(fz_context *ctx, void *context, fz_device *device, fz_matrix ctm)
{
    struct page_source *s = context;
    fz_matrix m = fz_pre_translate(ctm, -s->bounds.x0, -s->bounds.y0);
    if (s->pdf)
        pdf_run_page_with_usage(ctx, s->pdf, device, m, "Print", &s->cookie);
    else
        fz_run_page(ctx, s->page, device, m, &s->cookie);
}

/* MuPDF draws on after an error. A fax with a hole in it that is reported as delivered is worse than none. */
static bool is_whole(struct render_job *job, const struct page_source *s, int number)
{
    if (s->cookie.errors == 0 && *job->holes == 0)
        return true;
    job_refuse(
        job, "document-incomplete",
        "cannot be faxed whole: something on page %d cannot be drawn, for it is damaged or of a rare kind. "
        "Print it to a new PDF and send that.",
        number + 1);
    return false;
}

static bool add_page(struct render_job *job, fz_document *doc, int number)
{
    fz_context *ctx = job->ctx;
    struct page_source s = {.page = fz_load_page(ctx, doc, number)};
    volatile bool good = false;
    fz_try(ctx)
    {
        s.pdf = pdf_page_from_fz_page(ctx, s.page);
        s.bounds = fz_bound_page(ctx, s.page);
        const struct drawing d = {.width = s.bounds.x1 - s.bounds.x0,
                                  .height = s.bounds.y1 - s.bounds.y0,
                                  .draw = draw_page,
                                  .context = &s};
        good = canvas_add_page(job, &d) && is_whole(job, &s, number);
    }
    fz_always(ctx) fz_drop_page(ctx, s.page);
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}

bool render_pages(struct render_job *job, fz_document *doc)
{
    fz_context *ctx = job->ctx;
    if (fz_needs_password(ctx, doc)) {
        job_refuse(job, "document-encrypted",
                   "is protected by a password. Save it without one and send it again.");
        return false;
    }
    int count = fz_count_pages(ctx, doc);
    if (count > 0 && !job_may_add(job, (unsigned)count))
        return false;
    for (int i = 0; i < count; i++)
        if (!job_may_add(job, (unsigned)count) || !add_page(job, doc, i))
            return false;
    return true;
}

bool render_by_mupdf(struct render_job *job, const char *magic)
{
    fz_context *ctx = job->ctx;
    fz_stream *stream = fz_open_memory(ctx, job->bytes.data, job->bytes.len);
    fz_document *volatile doc = NULL;
    volatile bool good = false;
    fz_try(ctx)
    {
        doc = fz_open_document_with_stream(ctx, magic, stream);
        good = render_pages(job, doc);
    }
    fz_always(ctx)
    {
        fz_drop_document(ctx, doc);
        fz_drop_stream(ctx, stream);
    }
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}

/* Where the last of these begins; 0: there is none. */
static size_t last_place(struct span bytes, const char *word)
{
    size_t last = 0, len = strlen(word);
    for (const uint8_t *at = bytes.data, *end = bytes.data + bytes.len;
         (at = memmem(at, (size_t)(end - at), word, len)) != NULL; at += len)
        last = (size_t)(at - bytes.data);
    return last;
}

/* A PDF ends with its trailer (PDF 1.7 §7.5.5). Where that did not come MuPDF finds the objects that did, and
 * draws pages with half of what should stand on them. The first part of a linearized one has a trailer of its
 * own. */
static bool is_cut_off(struct span bytes)
{
    static const char *const ends[] = {"startxref", "trailer", "%%EOF"};
    size_t end = 0;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t at = last_place(bytes, ends[i]);
        end = at > end ? at : end;
    }
    return end == 0 || memmem(bytes.data + end, bytes.len - end, " obj", 4) != NULL;
}

bool render_pdf(struct render_job *job)
{
    if (is_cut_off(job->bytes)) {
        job_refuse(
            job, "document-broken",
            "ends in the middle, perhaps cut off on its way. Open it, save it as PDF again and send that.");
        return false;
    }
    return render_by_mupdf(job, "application/pdf");
}
