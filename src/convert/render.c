/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/render.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/panic.h"
#include "base/str.h"
#include "convert/document_title.h"
#include "convert/heif_hevc.h"
#include "convert/render_job.h"
#include "proto/office_head.h"

/* The T.6 data of one document; beyond it the call would last a day. */
#define DOCUMENT_T6_MAX ((uint64_t)64 * 1024 * 1024)

struct render {
    fz_context *ctx;
    fz_alloc_context alloc;
    size_t held, most; /* bytes that MuPDF holds, and may */
    unsigned holes;
    struct small_text small; /* pictures that could not be decoded to their end */
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

void job_refuse(struct render_job *job, const char *code, const char *format, ...)
{
    char words[OUTCOME_TEXT_LEN];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    outcome_set(job->outcome, VERDICT_GIVE_UP, code, "%s %s", job->name, words);
}

bool job_may_add(struct render_job *job, unsigned total)
{
    if (total > job->o->pages_max || job->pages->count >= job->o->pages_max) {
        if (total)
            job_refuse(job, "document-too-many-pages",
                       "has %u pages; at most %u are faxed. Send it in parts.", total, job->o->pages_max);
        else
            job_refuse(job, "document-too-many-pages",
                       "has more than %u pages, the most that are faxed. "
                       "Send it in parts.",
                       job->o->pages_max);
        return false;
    }
    if (job->pages->bytes > DOCUMENT_T6_MAX) {
        job_refuse(job, "document-too-large",
                   "would keep the line busy for more than a day. Send less of it.");
        return false;
    }
    return true;
}

/* Whose name promises something else than what is in it, and does so on purpose or by accident. */
static bool name_promises(const char *name)
{
    static const char *const ends[] = {".pdf",  ".tif", ".tiff", ".txt",  ".png", ".jpg",
                                       ".jpeg", ".gif", ".bmp",  ".webp", ".heic"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        if (str_ends_nocase(name, ends[i]))
            return true;
    return false;
}

static bool is_office(enum document_kind kind)
{
    return kind == DOCUMENT_RTF || kind == DOCUMENT_OPENDOCUMENT || kind == DOCUMENT_OOXML ||
           kind == DOCUMENT_OLE;
}

static bool office_is_whole(enum document_kind kind, struct span bytes)
{
    if (kind == DOCUMENT_OLE)
        return ole_is_whole(bytes);
    return kind == DOCUMENT_RTF ? rtf_is_whole(bytes) : zip_is_whole(bytes);
}

static bool refuse_kind(struct render_job *job, enum document_kind kind)
{
    static const char usable[] = "a PDF, a picture, an office document or plain text";
    if (kind == DOCUMENT_EMPTY)
        job_refuse(job, "document-empty", "is empty (0 bytes). Attach it again.");
    else if (kind == DOCUMENT_POSTSCRIPT)
        job_refuse(job, "document-type",
                   "is a PostScript document: a program, which is not run on a fax server. Print it to a PDF "
                   "and send that.");
    else if (is_office(kind) && !office_is_whole(kind, job->bytes))
        job_refuse(job, "document-broken",
                   "is damaged, perhaps cut off on its way. Open it, save it as PDF and send that.");
    else if (is_office(kind))
        /* Taken for what it says only where there is no LibreOffice: else the zygote asks that. */
        job_refuse(job, "document-office",
                   "is %s, and this fax server has no LibreOffice to open it. Save it as PDF and send that.",
                   document_kind_name(kind));
    else if (name_promises(job->o->name))
        job_refuse(job, "document-type", "is not what its name says: it is %s. Send %s.",
                   document_kind_name(kind), usable);
    else
        job_refuse(job, "document-type", "is %s, which cannot be faxed. Send %s.", document_kind_name(kind),
                   usable);
    return false;
}

bool render_kind(struct render_job *job)
{
    enum document_kind kind = sniff(job->bytes);
    switch ((int)kind) {
    case DOCUMENT_PDF: return render_pdf(job);
    case DOCUMENT_TIFF: return render_tiff(job);
    case DOCUMENT_TEXT: return render_text(job);
    case DOCUMENT_HTML: return render_html(job);
    case DOCUMENT_MAIL: return render_mail(job);
    case DOCUMENT_PNG:
    case DOCUMENT_JPEG:
    case DOCUMENT_GIF:
    case DOCUMENT_BMP: return render_picture(job, kind);
    case DOCUMENT_WEBP: return render_webp(job);
    case DOCUMENT_HEIC: return render_heif(job);
    default: return refuse_kind(job, kind);
    }
}

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
    fz_try(r->ctx) good = render_kind(&job);
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
