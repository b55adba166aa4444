/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files for printers. */
#include "base/mem.h"
#include "base/scope.h"
#include "convert/pdf_writer.h"
#include "convert/pwg_writer.h"
#include "convert/tiff_writer.h"
#include "convert/work_inner.h"
#include "proto/ipp.h"

enum { DPI_LEAST = 150, DPI_MOST = 1200 };

static bool wrap(struct buf *b, const struct msg_make_print *m, const struct page_list *l)
{
    SCOPED_BUF struct buf bytes;
    SCOPED_FREE struct span *texts = mem_zalloc((l->count + 1) * sizeof(*texts));
    SCOPED_FREE bool *turned = mem_zalloc(l->count + 1);
    buf_init(&bytes, WORK_INPUT_BYTES_MAX);
    (void)!work_read_texts(m->texts, &bytes, l->pages, l->count, texts, turned);
    enum paper paper = PAPER_A4;
    (void)!paper_parse(m->paper, &paper);
    const struct pdf_opts opts = {.title = m->title, .created_ms = m->at_ms, .turned = turned};
    switch ((enum ipp_format)m->format) {
    case IPP_PWG: return pwg_write(b, m->dpi, paper, l->pages, l->count, turned);
    case IPP_TIFF: return tiff_write(b, m->at_ms, l->pages, l->count, turned);
    case IPP_PDF:
    case IPP_FORMAT_COUNT: break;
    }
    return pdf_write(b, &opts, l->pages, l->count);
}

void work_make_print(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_make_print *m = &ask->make_print;
    struct page_list pages = {0};
    if (m->format >= IPP_FORMAT_COUNT || (m->format == IPP_PWG && (m->dpi < DPI_LEAST || m->dpi > DPI_MOST)))
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "convert-input", "No printer's format is that.");
    else if (work_read_pages(m->page_set, &pages, &w->outcome) && !wrap(&w->payload, m, &pages))
        work_too_large(&w->outcome);
    page_list_clear(&pages);
    w->answer = (struct message){.type = MSG_print_made,
                                 .print_made = {.print = m->print, MESSAGE_OUTCOME(&w->outcome)}};
}
