/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/render.h"

#include <malloc.h>
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "convert/document_title.h"
#include "convert/heif_hevc.h"
#include "convert/render_kinds.h"

struct render {
    fz_context *ctx;
    fz_alloc_context alloc;
    size_t held, most; /* bytes that MuPDF holds, and may */
    unsigned holes;    /* pictures that could not be decoded to their end */
    struct small_text small;
};

/* ---- memory with a ceiling: MuPDF empties its caches and then throws ---- */

static void *on_malloc(void *user, size_t size)
{
    struct render *r = user;
    if (size > r->most || r->held > r->most - size)
        return NULL;
    void *p = malloc(size);
    r->held += p ? malloc_usable_size(p) : 0;
    return p;
}

static void on_free(void *user, void *p)
{
    struct render *r = user;
    r->held -= p ? malloc_usable_size(p) : 0;
    free(p);
}

static void *on_realloc(void *user, void *old, size_t size)
{
    struct render *r = user;
    size_t before = old ? malloc_usable_size(old) : 0;
    if (size > r->most || r->held - before > r->most - size)
        return NULL;
    void *p = realloc(old, size);
    if (p)
        r->held = r->held - before + malloc_usable_size(p);
    return p;
}

/* Its words may quote the document and are not for a log. */
static void on_error(void *user, const char *text)
{
}

/* A picture whose data ends early or cannot be decoded is drawn as far as it goes, and only a warning says
 * so. */
static void on_warning(void *user, const char *text)
{
    struct render *r = user;
    r->holes += strstr(text, "truncated image") != NULL;
}

static void warm_up(struct render *r)
{
    fz_context *ctx = r->ctx;
    fz_set_error_callback(ctx, on_error, NULL);
    fz_set_warning_callback(ctx, on_warning, r);
    fz_register_document_handlers(ctx);
    /* All ends in black and white: exact colour is lost time. */
    fz_disable_icc(ctx);
    fz_set_text_aa_level(ctx, 8);
    /* Without anti-aliasing every line is at least a pixel wide and black. */
    fz_set_graphics_aa_level(ctx, 0);
    fz_set_graphics_min_line_width(ctx, 1);
}

struct render *render_new(size_t memory_max)
{
    struct render *r = mem_zalloc(sizeof(*r));
    r->most = memory_max;
    r->alloc = (fz_alloc_context){.user = r, .malloc = on_malloc, .realloc = on_realloc, .free = on_free};
    r->ctx = fz_new_context(&r->alloc, NULL, memory_max / 4);
    if (!r->ctx)
        panic("MuPDF does not start with %zu bytes", memory_max);
    heif_hevc_register();
    fz_try(r->ctx) warm_up(r);
    fz_catch(r->ctx) panic("MuPDF does not start: %s", fz_caught_message(r->ctx));
    return r;
}

void render_free(struct render *r)
{
    if (!r)
        return;
    fz_drop_context(r->ctx);
    free(r);
}

/* ---- one document ---- */

static void explain_exception(struct render_job *job, int error)
{
    if (error == FZ_ERROR_MEMORY)
        job_refuse(job, "document-memory",
                   "needs more memory than one document may use. Print it to a new PDF "
                   "and send that.");
    else
        job_refuse(job, "document-broken",
                   "is damaged and cannot be read. Open it, save or print it to a new PDF "
                   "and send that.");
}

void render_document(struct render *r, const struct render_opts *o, struct span bytes,
                     struct page_list *pages, struct outcome *outcome)
{
    struct render_job job = {.ctx = r->ctx,
                             .o = o,
                             .bytes = bytes,
                             .charset = o->charset,
                             .pages = pages,
                             .outcome = outcome,
                             .small = &r->small,
                             .holes = &r->holes};
    size_t before = pages->count;
    volatile bool good = false;
    fz_flush_warnings(r->ctx); /* the same words again would not be said twice */
    r->holes = 0;
    r->small.count = 0;
    outcome_done(outcome);
    document_title(job.name, o->name);
    fz_try(r->ctx) good = render_any(&job);
    fz_catch(r->ctx) explain_exception(&job, fz_caught(r->ctx));
    if (good && pages->count == before) {
        job_refuse(&job, "document-no-pages",
                   "has no page that can be read. "
                   "Open it, save or print it to a new PDF and send that.");
        good = false;
    }
    if (!good)
        page_list_keep(pages, before);
    fz_empty_store(r->ctx);
}

const struct small_text *render_small_text(const struct render *r)
{
    return &r->small;
}

fz_context *render_context(struct render *r)
{
    return r->ctx;
}
