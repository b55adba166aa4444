/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/render_job.h"

#include <stdio.h>

/* The T.6 data of one document; beyond it the call would last a day. */
#define DOCUMENT_T6_MAX ((uint64_t)64 * 1024 * 1024)

void job_refuse(struct render_job *job, const char *code, const char *format, ...)
{
    char words[OUTCOME_TEXT_LEN];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    outcome_set(job->outcome, VERDICT_GIVE_UP, code, "%s %s", job->name, words);
}

bool job_draw_and_free(struct render_job *job, struct buf *bytes, render_draw *draw)
{
    fz_context *ctx = job->ctx;
    volatile bool good = false;
    fz_try(ctx) good = draw(job, buf_span(bytes));
    fz_always(ctx) buf_clear(bytes);
    fz_catch(ctx) fz_rethrow(ctx);
    return good;
}

/* An empty box in the place of a letter, and nobody at either end would know. */
bool job_draw_letters(struct render_job *job, struct span bytes, render_draw *draw)
{
    struct missing_glyphs missing = {.count = 0};
    char names[200];
    job->missing = &missing;
    bool good = draw(job, bytes);
    job->missing = NULL;
    if (!good || missing.count == 0)
        return good;
    missing_glyphs_name(&missing, names, sizeof(names));
    if (job->o->cover) {
        job_refuse(
            job, "cover-characters",
            "has %zu %s that no font of this fax server can show: %s%s. They come from a name, the subject "
            "or the words of the mail: write them otherwise, or send without a cover page (^NOCOVER).",
            missing.count, missing.count == 1 ? "character" : "characters", names,
            missing.count > missing.kept ? " …" : "");
        return false;
    }
    job_refuse(job, "document-characters",
               "has %zu %s that no font of this fax server can show: %s%s. Save it as PDF where it can be "
               "seen, and send that.",
               missing.count, missing.count == 1 ? "character" : "characters", names,
               missing.count > missing.kept ? " …" : "");
    return false;
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
