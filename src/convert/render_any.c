/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A document by what is in it, whatever it is called. */
#include "base/scope.h"
#include "base/str.h"
#include "convert/render_kinds.h"
#include "convert/unpack.h"
#include "proto/office_head.h"

/* ---- what cannot be faxed ---- */

/* Whose name promises something else than what is in it, and does so on purpose or by accident. What we do
 * not know may well be what a very old program wrote by that name. */
static bool name_promises(const char *name, enum document_kind kind)
{
    return kind != DOCUMENT_UNKNOWN && document_misnamed(name, kind) != NULL;
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
    else if (name_promises(job->o->name, kind))
        job_refuse(job, "document-type", "is not what its name says: it is %s. Send %s.",
                   document_kind_name(kind), usable);
    else
        job_refuse(job, "document-type", "is %s, which cannot be faxed. Send %s.", document_kind_name(kind),
                   usable);
    return false;
}

/* ---- a mail as a file ---- */

/* words: text, whatever it looks like. */
static bool render_part(struct render_job *job, struct span bytes, const char *charset, bool words)
{
    struct span whole = job->bytes;
    const char *said = job->charset;
    job->bytes = bytes;
    job->charset = charset;
    bool plain = words || sniff(bytes) == DOCUMENT_MAIL; /* no mail in a mail in a mail */
    bool good = plain ? render_text(job) : render_any(job);
    job->bytes = whole;
    job->charset = said;
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
    bool good = render_part(job, buf_span(&words), "utf-8", true);
    for (size_t i = 0; good && i < u->count; i++)
        good = render_part(job, buf_span(&u->parts[i].bytes), u->parts[i].charset, false);
    return good;
}

static bool render_mail(struct render_job *job)
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

/* ---- any ---- */

bool render_any(struct render_job *job)
{
    enum document_kind kind = job->o->known ? job->o->known : sniff(job->bytes);
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
