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
