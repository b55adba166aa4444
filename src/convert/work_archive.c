/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fax as the archive gets it. */
#include <string.h>

#include "base/str.h"
#include "convert/report_facts.h"
#include "convert/report_page.h"
#include "convert/work_inner.h"
#include "proto/tar_header.h"

enum { READ_ONLY = 0400 };

static bool add_file(struct buf *tar, const char *name, int64_t at_ms, struct span data)
{
    static const uint8_t zeros[TAR_BLOCK];
    uint8_t block[TAR_BLOCK];
    struct tar_header h = {.mode = READ_ONLY, .size = data.len, .time_s = at_ms / 1000};
    (void)str_copy(h.name, sizeof(h.name), name);
    tar_header_write(&h, block);
    return buf_append(tar, block, sizeof(block)) && buf_append(tar, data.data, data.len) &&
           buf_append(tar, zeros, tar_padding(data.len));
}

static bool end_tar(struct buf *tar)
{
    static const uint8_t zeros[2 * TAR_BLOCK];
    return buf_append(tar, zeros, sizeof(zeros));
}

static bool add_document(struct work *w, const struct msg_make_archive *m, struct page_list *pages)
{
    struct shown_pages shown;
    SCOPED_BUF struct buf pdf;
    buf_init(&pdf, w->payload.limit);
    work_show_pages(&shown, pages, m->texts, false, "");
    bool made = work_wrap_pages(&pdf, false, m->title, m->at_ms, &shown) &&
                add_file(&w->payload, "fax.pdf", m->at_ms, buf_span(&pdf));
    work_shown_clear(&shown);
    if (!made)
        work_too_large(&w->outcome);
    return made;
}

/* first: NULL where no page is kept. */
static void add_report(struct work *w, struct render *render, const struct msg_make_archive *m,
                       const struct page *first)
{
    SCOPED_BUF struct buf pdf;
    buf_init(&pdf, w->payload.limit);
    struct report_facts facts = {.box = m->box,
                                 .serial = m->serial,
                                 .subject = m->subject,
                                 .misnamed = "",
                                 .language = "en",
                                 .envid = "",
                                 .received_ms = m->at_ms};
    if (!report_facts_parse(&facts, m->jobs, m->documents) || facts.count == 0)
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "report-facts",
                    "The facts of a report are no list of jobs.");
    else if (!report_make(render_context(render), &facts, first, m->certificate, &pdf))
        outcome_set(&w->outcome, VERDICT_RETRY, "report-drawing", "The report could not be drawn.");
    else if (!add_file(&w->payload, "report.pdf", m->at_ms, buf_span(&pdf)))
        work_too_large(&w->outcome);
    report_facts_clear(&facts);
}

void work_make_archive(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_make_archive *m = &ask->make_archive;
    struct page_list pages = {0};
    bool read = m->page_set < 0 || work_read_pages(m->page_set, &pages, &w->outcome);
    /* The report shows the first page as it was sent; what is shown of the document may be turned. */
    if (read && *m->jobs)
        add_report(w, render, m, pages.count > 0 ? &pages.pages[0] : NULL);
    if (read && w->outcome.verdict == VERDICT_DONE && pages.count > 0 && !add_document(w, m, &pages))
        read = false;
    if (read && w->outcome.verdict == VERDICT_DONE &&
        !(add_file(&w->payload, "facts.json", m->at_ms, span_str(m->facts)) && end_tar(&w->payload)))
        work_too_large(&w->outcome);
    page_list_clear(&pages);
    w->answer = (struct message){.type = MSG_archive_made,
                                 .archive_made = {.copy = m->copy, MESSAGE_OUTCOME(&w->outcome)}};
}
