/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/work_inner.h"

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/local_time.h"
#include "convert/pdf_writer.h"
#include "convert/t6.h"
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

/* Which pages are blank, as bool for each; the whole list where that would leave none. */
static size_t leave_out(struct page_list *l, struct shown_pages *s, const char *blank)
{
    SCOPED_FREE bool *out = mem_zalloc(l->count + 1);
    size_t left = l->count, to = 0;
    for (const char *at = blank; *at; at++) {
        uint64_t page = 0;
        for (; char_is_digit(*at) && page < PAGE_SET_PAGES_MAX; at++)
            page = page * 10 + (uint64_t)(*at - '0');
        if (page > 0 && page <= l->count && !out[page - 1]) {
            out[page - 1] = true;
            left--;
        }
        if (!*at)
            break;
    }
    for (size_t i = 0; left > 0 && i < l->count; i++) {
        if (out[i]) {
            free((void *)(uintptr_t)l->pages[i].t6.data);
            continue;
        }
        l->pages[to] = l->pages[i];
        s->texts[to] = s->texts[i];
        s->views[to++] = s->views[i];
    }
    return left > 0 ? to : l->count;
}

static bool read_texts(struct shown_pages *s, int fd)
{
    struct outcome unread;
    if (fd < 0 || !work_read_input(fd, &s->bytes, &unread))
        return false;
    struct span rest = buf_span(&s->bytes);
    for (size_t i = 0; i < s->list->count; i++)
        if (!page_text_next_page(&rest, &s->texts[i]) ||
            !page_text_valid(s->texts[i], &s->list->pages[i].form))
            return false;
    for (size_t i = 0; i < s->list->count; i++)
        s->views[i].quarters = page_text_take_turned(&s->texts[i]);
    return rest.len == 0;
}

void work_show_pages(struct shown_pages *s, struct page_list *l, int texts, bool deskew, const char *blank)
{
    *s = (struct shown_pages){.list = l,
                              .texts = mem_zalloc((l->count + 1) * sizeof(*s->texts)),
                              .views = mem_zalloc((l->count + 1) * sizeof(*s->views))};
    buf_init(&s->bytes, WORK_INPUT_BYTES_MAX);
    bool is_read = read_texts(s, texts);
    l->count = leave_out(l, s, blank);
    for (size_t i = 0; deskew && i < l->count; i++) {
        const struct page_form *form = &l->pages[i].form;
        SCOPED_FREE uint8_t *bits = mem_zalloc(t6_row_bytes(form->width) * form->rows + 1);
        (void)!t6_decode(&l->pages[i], bits);
        s->views[i].skew = skew_find(form, bits);
    }
    if (!is_read) {
        free(s->texts);
        s->texts = NULL;
    }
}

void work_shown_clear(struct shown_pages *s)
{
    free(s->texts);
    free(s->views);
    buf_clear(&s->bytes);
}

void work_too_large(struct outcome *o)
{
    outcome_set(o, VERDICT_GIVE_UP, "convert-too-large", "The result is larger than Faxpost handles.");
}

bool work_wrap_pages(struct buf *file, bool tiff, const char *title, int64_t at_ms,
                     const struct shown_pages *s)
{
    const struct pdf_opts opts = {.title = title,
                                  .created_ms = at_ms,
                                  .zone_minutes = local_time_zone_minutes(at_ms),
                                  .texts = s->texts,
                                  .views = s->views};
    return tiff ? tiff_write(file, at_ms, s->list->pages, s->list->count, s->views)
                : pdf_write(file, &opts, s->list->pages, s->list->count);
}
