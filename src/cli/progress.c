/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/progress.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"

enum { BAR_LEAST = 8, BAR_MOST = 40 };

void progress_restart(struct progress *p)
{
    *p = (struct progress){0};
}

/* Of the whole document, 0 to 1. */
static double done_of(const struct progress_now *n)
{
    double done = n->page > 0 ? (double)(n->page - 1) + (double)n->percent / 100.0 : 0.0;
    return n->pages > 0 && done < (double)n->pages ? done / (double)n->pages : n->pages > 0 ? 1.0 : 0.0;
}

/* Seconds; -1 where nothing can be said yet. */
static int64_t left_s(struct progress *p, const struct progress_now *n, double done)
{
    if (n->page == 0)
        return -1;
    if (p->since_ms == 0) {
        p->since_ms = n->now_ms;
        p->since_done = done;
    }
    double pace = (done - p->since_done) / (double)(n->now_ms - p->since_ms + 1);
    /* The first percents say little: training and the page's white top. */
    return done - p->since_done < 0.02 ? -1 : (int64_t)((1.0 - done) / pace / 1000.0 + 0.5);
}

static void words(struct progress *p, const struct progress_now *n, struct buf *to)
{
    int64_t left = left_s(p, n, done_of(n));
    if (n->page > 0)
        (void)buf_printf(to, "page %u of %u", n->page, n->pages);
    else
        (void)buf_append_str(to, n->word);
    if (n->page > 0 && n->rate > 0)
        (void)buf_printf(to, ", %u bit/s", n->rate);
    if (*n->mode)
        (void)buf_printf(to, ", %s%s", str_equal(n->mode, "t38") ? "T.38" : "G.711",
                         n->page > 0 && n->ecm ? ", ECM" : "");
    if (left >= 0)
        (void)buf_printf(to, ", %u:%02u left", (unsigned)(left / 60), (unsigned)(left % 60));
}

void progress_line(struct progress *p, const struct progress_now *n, size_t width, char text[PROGRESS_LEN])
{
    SCOPED_BUF struct buf said;
    buf_init(&said, PROGRESS_LEN - BAR_MOST - 8);
    words(p, n, &said);
    size_t room = width > said.len + 4 ? width - said.len - 4 : 0;
    if (room < BAR_LEAST) {
        (void)str_copy(text, PROGRESS_LEN, buf_text(&said));
        return;
    }
    size_t bar = room > BAR_MOST ? BAR_MOST : room, full = (size_t)(done_of(n) * (double)bar);
    text[0] = '[';
    memset(text + 1, '#', full);
    memset(text + 1 + full, '-', bar - full);
    (void)str_format(text + 1 + bar, PROGRESS_LEN - bar - 1, "] %s", buf_text(&said));
}
