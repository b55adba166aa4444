/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages that were made for every machine beside those that were wanted: where the far one does not take these
 * (T.30 table 2), they go out instead. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "t30/page_file.h"
#include "t30/session_inner.h"

struct lower_pages {
    int file; /* memfd */
    size_t *page_bytes;
    struct page_form *forms;
};

int session_keep_lower(struct session *s)
{
    size_t count = s->opts.page_count;
    const struct page *pages = s->opts.lower;
    s->opts.lower = NULL;
    if (pages == NULL)
        return 0;
    int file = page_file_make(pages, count);
    if (file < 0)
        return errno;
    s->lower = mem_alloc(sizeof(*s->lower));
    *s->lower = (struct lower_pages){file, mem_alloc(count * sizeof(*s->lower->page_bytes)),
                                     mem_alloc(count * sizeof(*s->lower->forms))};
    for (size_t i = 0; i < count; i++) {
        s->lower->page_bytes[i] = pages[i].t6.len;
        s->lower->forms[i] = pages[i].form;
    }
    return 0;
}

void session_drop_lower(struct session *s)
{
    if (s->lower == NULL)
        return;
    (void)close(s->lower->file);
    free(s->lower->page_bytes);
    free(s->lower->forms);
    free(s->lower);
    s->lower = NULL;
}

void session_take_lower(struct session *s)
{
    if (s->lower == NULL)
        return;
    /* T.30 knows the file by its number. */
    if (dup3(s->lower->file, s->send_file, O_CLOEXEC) < 0) {
        log_error(NULL, "no other pages for the far machine: error %d", errno);
        session_end_with(s, ENDING_FILE);
        return;
    }
    struct lower_pages wanted = {s->lower->file, s->page_bytes, s->forms};
    s->page_bytes = s->lower->page_bytes;
    s->forms = s->lower->forms;
    *s->lower = wanted;
    session_drop_lower(s); /* it is the same machine all the call */
}
