/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages that the far machine does not take as they are. They are made smaller when its DIS comes, the first
 * ones at once; where there are more, T.30 hears of that DIS when all are done: a machine that hears no
 * answer repeats it for half a minute (T.30 §5.4.3.1, T1). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/scope.h"
#include "t30/fit.h"
#include "t30/page_file.h"
#include "t30/session_inner.h"

/* A page takes 5 to 25 ms. */
enum { PAGES_AT_ONCE = 3, PAUSE_MS = 5 };

struct fitting {
    uint8_t dis[DIS_ROOM];
    size_t dis_len;
    size_t next; /* page, from 0 */
    uint64_t at; /* in the file that there was */
    struct page_file file;
};

static bool all_fit(const struct session *s, struct span dis)
{
    bool fit = true;
    for (size_t i = s->opts.first + s->confirmed; i < s->opts.page_count; i++)
        fit = fit && fit_takes(dis, &s->forms[i]);
    return fit;
}

static void drop(struct session *s)
{
    if (s->fitting != NULL && s->fitting->file.fd >= 0)
        (void)close(s->fitting->file.fd);
    free(s->fitting);
    s->fitting = NULL;
}

static int fit_next(struct session *s)
{
    struct fitting *f = s->fitting;
    size_t i = f->next++;
    struct span dis = span_of(f->dis, f->dis_len);
    SCOPED_FREE uint8_t *data = mem_alloc(s->page_bytes[i]);
    SCOPED_BUF struct buf t6;
    buf_init(&t6, PAGE_BYTES_MAX);
    struct page page = {s->forms[i], span_of(data, s->page_bytes[i])};
    int error = page_file_read(s->send_file, &f->at, s->page_bytes[i], data);
    bool sent = i < s->opts.first + s->confirmed; /* it is only there for the others' numbers */
    if (error == 0 && !sent && !fit_takes(dis, &page.form))
        error = fit_page(dis, &page, &t6, &page);
    if (error == 0)
        error = page_file_add(&f->file, &page, f->next == s->opts.page_count);
    s->forms[i] = page.form;
    s->page_bytes[i] = page.t6.len;
    return error;
}

static void fit_some(struct session *s, unsigned most)
{
    int error = 0;
    for (unsigned n = 0; n < most && error == 0 && s->fitting->next < s->opts.page_count; n++)
        error = fit_next(s);
    if (error == 0 && s->fitting->next < s->opts.page_count)
        return;
    /* T.30 knows the file by its number, and has not opened it. */
    if (error == 0 && dup3(s->fitting->file.fd, s->send_file, O_CLOEXEC) < 0)
        error = errno;
    if (error) {
        log_error(NULL, "pages cannot be made smaller for the far machine: error %d", error);
        session_end_with(s, ENDING_FILE);
    }
    drop(s);
}

bool session_fits(struct session *s, struct span dis)
{
    /* Our answer was lost: T.30 says it again, of the pages that it has opened. */
    if (s->settled)
        return true;
    if (s->fitting != NULL)
        return false;
    if (s->send_file >= 0 && !all_fit(s, dis))
        session_take_lower(s);
    if (s->send_file < 0 || all_fit(s, dis))
        return true;
    s->fitting = mem_zalloc(sizeof(*s->fitting));
    s->fitting->dis_len = dis.len; /* 22 at most: the guard */
    memcpy(s->fitting->dis, dis.data, dis.len);
    s->fitting->file.fd = page_file_empty();
    s->opts.events->on_frame(s->opts.context,
                             &(struct session_frame){s->now_ms, true, span_of(NULL, 0), "SMALLER", NULL});
    fit_some(s, PAGES_AT_ONCE);
    return s->fitting == NULL && s->ending == ENDING_NONE;
}

void session_fit_run(struct session *s)
{
    if (s->fitting != NULL)
        fit_some(s, 1);
}

int64_t session_fit_due_ms(const struct session *s)
{
    return s->fitting != NULL ? s->ran_ms + PAUSE_MS : INT64_MAX;
}

void session_fit_free(struct session *s)
{
    drop(s);
}
