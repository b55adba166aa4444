/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/work_inner.h"

#include <string.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "convert/local_time.h"
#include "convert/pdf_writer.h"
#include "convert/tiff_writer.h"
#include "model/page_set.h"
#include "model/page_text.h"

bool work_read_input(int fd, struct buf *b, struct outcome *o)
{
    uint64_t size;
    buf_init(b, WORK_INPUT_BYTES_MAX);
    int error = fd_checked_size(fd, WORK_INPUT_BYTES_MAX, &size);
    if (!error && size > 0) {
        b->data = mem_alloc((size_t)size + 1);
        b->room = (size_t)size + 1;
        b->len = (size_t)size;
        b->data[size] = 0;
        error = fd_pread_all(fd, b->data, (size_t)size, 0);
    }
    if (error)
        outcome_set(o, VERDICT_RETRY, "convert-input", "The document could not be read from the store (%s).",
                    strerror(error));
    return !error;
}

bool work_read_pages(int fd, struct page_list *l, struct outcome *o)
{
    struct page_set set;
    uint64_t size;
    int error = fd_checked_size(fd, PAGE_SET_BYTES_MAX, &size);
    if (!error)
        error = page_set_read(fd, size, &set);
    for (size_t i = 0; !error && i < set.count; i++) {
        SCOPED_BUF struct buf t6;
        SCOPED_FREE uint8_t *bytes = mem_alloc(set.places[i].len);
        buf_init(&t6, PAGE_BYTES_MAX);
        error = page_set_read_page(fd, &set.places[i], bytes);
        if (!error && buf_append(&t6, bytes, set.places[i].len))
            page_list_add(l, &set.places[i].form, &t6);
    }
    if (!error)
        page_set_clear(&set);
    else
        outcome_set(o, VERDICT_RETRY, "convert-input", "The pages could not be read from the store (%s).",
                    strerror(error));
    return !error;
}

bool work_read_texts(int fd, struct buf *b, const struct page *pages, size_t count, struct span *texts,
                     bool *turned)
{
    struct outcome unread;
    if (fd < 0 || !work_read_input(fd, b, &unread))
        return false;
    struct span rest = buf_span(b);
    for (size_t i = 0; i < count; i++)
        if (!page_text_next_page(&rest, &texts[i]) || !page_text_valid(texts[i], &pages[i].form))
            return false;
    for (size_t i = 0; i < count; i++)
        turned[i] = page_text_take_turned(&texts[i]);
    return rest.len == 0;
}

void work_too_large(struct outcome *o)
{
    outcome_set(o, VERDICT_GIVE_UP, "convert-too-large", "The result is larger than Faxpost handles.");
}

bool work_wrap_pages(struct buf *file, bool tiff, const char *title, int64_t at_ms, const struct page_list *l,
                     int texts)
{
    SCOPED_BUF struct buf bytes;
    SCOPED_FREE struct span *of_pages = mem_zalloc((l->count + 1) * sizeof(*of_pages));
    SCOPED_FREE bool *turned = mem_zalloc(l->count + 1);
    buf_init(&bytes, WORK_INPUT_BYTES_MAX);
    bool is_read = work_read_texts(texts, &bytes, l->pages, l->count, of_pages, turned);
    const struct pdf_opts opts = {.title = title,
                                  .created_ms = at_ms,
                                  .zone_minutes = local_time_zone_minutes(at_ms),
                                  .texts = is_read ? of_pages : NULL,
                                  .turned = turned};
    return tiff ? tiff_write(file, at_ms, l->pages, l->count, turned)
                : pdf_write(file, &opts, l->pages, l->count);
}
