/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Web pages and mails that were attached as files. Nothing is fetched and no file is looked at: what a page
 * refers to stays away. */
#include "base/scope.h"
#include "base/str.h"
#include "convert/render_job.h"
#include "convert/unpack.h"

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

/* ---- a mail as a file ---- */

static bool render_part(struct render_job *job, struct span bytes)
{
    struct span whole = job->bytes;
    job->bytes = bytes;
    bool good =
        sniff(bytes) == DOCUMENT_MAIL ? render_text(job) : render_kind(job); /* no mail in a mail in a mail */
    job->bytes = whole;
    return good;
}

static void put_line(struct buf *to, const char *name, const char *value)
{
    if (*value)
        (void)buf_printf(to, "%s: %s\n", name, value);
}

static bool add_mail(struct render_job *job, const struct unpacked *u)
{
    SCOPED_BUF struct buf words;
    buf_init(&words, (size_t)1 << 20);
    put_line(&words, "From", *u->from_name ? u->from_name : u->from);
    if (*u->from_name)
        put_line(&words, "Address", u->from);
    put_line(&words, "Subject", u->subject);
    (void)buf_append_byte(&words, '\n');
    (void)buf_append(&words, u->text.data, u->text.len);
    bool good = render_part(job, buf_span(&words));
    for (size_t i = 0; good && i < u->count; i++)
        good = render_part(job, buf_span(&u->parts[i].bytes));
    return good;
}

bool render_mail(struct render_job *job)
{
    fz_context *ctx = job->ctx;
    struct unpacked *u = fz_malloc_struct(ctx, struct unpacked);
    volatile bool good = false;
    fz_try(ctx)
    {
        unpack_mail(job->bytes, u, job->outcome);
        good = job->outcome->verdict == VERDICT_DONE && add_mail(job, u);
    }
    fz_always(ctx)
    {
        unpacked_clear(u);
        fz_free(ctx, u);
    }
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}
