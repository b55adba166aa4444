/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Faxes and reports as files to keep. convert makes them of the stored pages, and their names. */
#include <errno.h>
#include <microhttpd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "store/config.h"
#include "store/readings.h"
#include "store/signer.h"
#include "store/stored_set.h"
#include "web/reply_file.h"
#include "web/resources.h"

enum { PATIENCE_MS = 60000, FACTS_MAX = 65536, DOCUMENTS_MAX = 2999, TEXTS_MAX = 32 * 1024 * 1024 };

static const char pdf[] = "application/pdf", tiff[] = "image/tiff";

static void on_file(struct request *r, const struct message *m)
{
    if (!m || m->file_made.verdict != VERDICT_DONE)
        reply_no_file(r, m ? m->file_made.code : NULL, m ? m->file_made.reason : NULL);
    else
        reply_file(r, m->file_made.file,
                   &(struct file_reply){.type = r->file_type, .name = m->file_made.name});
}

static void no_pages(struct request *r, int error)
{
    if (error == EFBIG)
        reply_problem(r, MHD_HTTP_CONTENT_TOO_LARGE, "too-large",
                      "This fax is larger than one file can be. Its pages can be had one by one.");
    else
        reply_problem(r, MHD_HTTP_NOT_FOUND, "no-pages", "No page of this fax is kept.");
}

/* The pages as a set; -1 where there are none, and that is answered. */
static int take_set(struct request *r, const struct stored_page *pages, size_t count)
{
    errno = ENOENT;
    int set = count > 0 ? stored_set(r->store, pages, count) : -1;
    if (set < 0)
        no_pages(r, errno);
    return set;
}

static void ask_file(struct request *r, const struct msg_make_file *file)
{
    const struct message m = {.type = MSG_make_file, .make_file = *file};
    r->file_type = file->tiff ? tiff : pdf;
    request_ask_role(r, ROLE_CONVERT, &m, PATIENCE_MS, on_file);
}

/* ---- received ---- */

/* What was read on its pages; -1 where nothing was. */
static int texts_of(struct request *r, struct id fax)
{
    SCOPED_BUF struct buf b;
    buf_init(&b, TEXTS_MAX);
    return reading_texts(r->store, fax, false, &r->arena, &b) ? fd_sealed_memory("texts", buf_span(&b)) : -1;
}

static void download_fax(struct request *r, bool as_tiff)
{
    struct fax f;
    struct tenant t = {.zone = "", .outside_prefix = ""};
    struct stored_page *pages;
    if (!request_fax(r, &f))
        return;
    size_t count = fax_pages(r->store, f.id, &r->arena, &pages);
    SCOPED_FD int set = take_set(r, pages, count);
    if (set < 0)
        return;
    SCOPED_FD int texts = texts_of(r, f.id);
    struct faxbox box = {.deskew = false};
    (void)config_tenant(r->store, &r->arena, f.tenant, &t);
    (void)config_box(r->store, &r->arena, f.faxbox, &box);
    const char *from = *f.calling ? f.calling : "anonymous";
    ask_file(r, &(struct msg_make_file){.about = f.id,
                                        .tiff = as_tiff,
                                        .title = arena_format(&r->arena, "Fax from %s", from),
                                        .outside_prefix = t.outside_prefix,
                                        .calling = f.calling,
                                        .called = f.called,
                                        .zone = t.zone,
                                        .at_ms = f.answered_ms,
                                        .faxid = (uint64_t)f.faxid,
                                        .deskew = box.deskew,
                                        .page_set = set,
                                        .texts = texts});
}

void get_fax_pdf(struct request *r)
{
    download_fax(r, false);
}

void get_fax_tiff(struct request *r)
{
    download_fax(r, true);
}

/* ---- sent ---- */

void get_job_pdf(struct request *r)
{
    struct job j;
    struct tenant t = {.zone = ""};
    struct stored_page *pages;
    if (!request_job(r, &j))
        return;
    size_t count = submission_pages(r->store, j.submission, j.target, &r->arena, &pages);
    SCOPED_FD int set = take_set(r, pages, count);
    if (set < 0)
        return;
    (void)config_tenant(r->store, &r->arena, j.tenant, &t);
    ask_file(r, &(struct msg_make_file){.about = j.id,
                                        .title = arena_format(&r->arena, "Fax to %s", j.display_number),
                                        .outside_prefix = "",
                                        .calling = "",
                                        .called = j.number,
                                        .zone = t.zone,
                                        .at_ms = j.created_ms,
                                        .page_set = set});
}

void get_preview_pdf(struct request *r)
{
    struct submission s;
    struct tenant t = {.zone = ""};
    struct stored_page *pages;
    struct target_row *targets;
    if (!request_preview(r, &s))
        return;
    size_t count = submission_pages(r->store, s.id, 0, &r->arena, &pages);
    SCOPED_FD int set = take_set(r, pages, count);
    if (set < 0)
        return;
    (void)config_tenant(r->store, &r->arena, s.tenant, &t);
    bool has_target = submission_targets(r->store, s.id, &r->arena, &targets) > 0;
    ask_file(r, &(struct msg_make_file){.about = s.id,
                                        .title = "Preview of a fax",
                                        .outside_prefix = "",
                                        .calling = "",
                                        .called = has_target ? targets[0].number : "",
                                        .zone = t.zone,
                                        .at_ms = s.created_ms,
                                        .page_set = set});
}

static void ask_report(struct request *r, const struct job *j, const struct submission *s, int set)
{
    struct tenant t = {.zone = "", .serial = ""};
    SCOPED_BUF struct buf facts;
    buf_init(&facts, FACTS_MAX);
    (void)config_tenant(r->store, &r->arena, j->tenant, &t);
    request_report(r, s->id, j->id, &facts);
    struct signer signer = {.certificate = ""};
    if (signer_wanted(r->store, &r->arena))
        signer = signer_get(r->store, &r->arena);
    const struct message m = {
        .type = MSG_make_report,
        .make_report = {.about = j->id,
                        .subject = s->subject,
                        .box = j->faxbox,
                        .serial = *t.serial ? t.serial : store_meta(r->store, &r->arena, "serial"),
                        .zone = t.zone,
                        .received_ms = s->created_ms,
                        .jobs = buf_text(&facts),
                        .documents = submission_documents(r->store, s->id, &r->arena, DOCUMENTS_MAX),
                        .signer = signer.key,
                        .certificate = signer.certificate,
                        .page_set = set}};
    r->file_type = pdf;
    request_ask_role(r, ROLE_CONVERT, &m, PATIENCE_MS, on_file);
}

void get_job_report(struct request *r)
{
    struct job j;
    struct submission s;
    struct stored_page *pages;
    if (!request_job(r, &j))
        return;
    if (!job_is_final(j.state) || !submission_find(r->store, j.submission, &r->arena, &s)) {
        reply_problem(r, MHD_HTTP_CONFLICT, "job-open",
                      "The fax has not come to its end: there is no report of it yet.");
        return;
    }
    size_t count = submission_pages(r->store, s.id, j.target, &r->arena, &pages);
    SCOPED_FD int set = count > 0 ? stored_set(r->store, pages, 1) : -1;
    ask_report(r, &j, &s, set);
}
