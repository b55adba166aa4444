/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A page of a document as it is, for somebody who looks at the fax that was made of it. */
#include "convert/charset.h"
#include "convert/original.h"
#include "convert/page_png.h"
#include "convert/work_inner.h"

/* As many as `render` makes. */
enum { PAGES_MAX = 1000, GREY_STEPS = 8 };

/* On a screen lines are as fine as they are; fax pages made in the same process come without shades. */
static void draw_softly(fz_context *ctx, bool on)
{
    fz_set_graphics_aa_level(ctx, on ? GREY_STEPS : 0);
    fz_set_graphics_min_line_width(ctx, on ? 0 : 1);
}

static void draw(struct work *w, struct render *render, const struct msg_draw_original *m, struct span bytes)
{
    struct page_list pages = {0};
    struct original original = {.page = m->page, .width = m->width, .png = &w->payload};
    struct render_opts o = {
        .name = "", .pages_max = PAGES_MAX, .resolution = PAGE_FINE, .original = &original};
    if (!paper_parse(m->paper, &o.paper))
        o.paper = PAPER_A4;
    charset_of_type(m->type, o.charset);
    draw_softly(render_context(render), true);
    render_document(render, &o, bytes, &pages, &w->outcome);
    draw_softly(render_context(render), false);
    page_list_clear(&pages);
    if (w->outcome.verdict == VERDICT_DONE && !original.drawn)
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "convert-input", "The document has no such page.");
}

void work_draw_original(struct work *w, struct render *render, const struct message *ask)
{
    const struct msg_draw_original *m = &ask->draw_original;
    SCOPED_BUF struct buf bytes;
    bool read = work_read_input(m->bytes, &bytes, &w->outcome);
    if (read && (m->width < PAGE_PNG_WIDTH_MIN || m->width > PAGE_PNG_WIDTH_MAX))
        outcome_set(&w->outcome, VERDICT_GIVE_UP, "convert-input", "No picture is that wide.");
    else if (read)
        draw(w, render, m, buf_span(&bytes));
    w->answer = (struct message){.type = MSG_picture_made,
                                 .picture_made = {.page = m->document, MESSAGE_OUTCOME(&w->outcome)}};
}
