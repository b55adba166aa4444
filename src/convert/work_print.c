/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Files for printers. */
#include "convert/pwg_writer.h"
#include "convert/work_inner.h"
#include "proto/ipp.h"

enum { DPI_LEAST = 150, DPI_MOST = 1200 };

static bool wrap(struct buf *b, const struct msg_make_print *m, const struct shown_pages *s)
{
    enum paper paper = PAPER_A4;
    (void)!paper_parse(m->paper, &paper);
    if (m->format == IPP_PWG)
        return pwg_write(b, m->dpi, paper, s->list->pages, s->list->count, s->views);
    return work_wrap_pages(b, m->format == IPP_TIFF, m->title, m->at_ms, s);
}

void work_make_print(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_make_print *m = &ask->make_print;
    struct page_list pages = {0};
    if (m->format >= IPP_FORMAT_COUNT || (m->format == IPP_PWG && (m->dpi < DPI_LEAST || m->dpi > DPI_MOST)))
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "convert-input", "No printer's format is that.");
    else if (work_read_pages(m->page_set, &pages, &w->outcome)) {
        struct shown_pages shown;
        work_show_pages(&shown, &pages, m->texts, m->deskew != 0, m->blank);
        if (!wrap(&w->payload, m, &shown))
            work_too_large(&w->outcome);
        work_shown_clear(&shown);
    }
    page_list_clear(&pages);
    w->answer = (struct message){.type = MSG_print_made,
                                 .print_made = {.print = m->print, MESSAGE_OUTCOME(&w->outcome)}};
}
