/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "model/page_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"

static const char magic[8] = {'F', 'X', 'P', 'A', 'G', 'E', 'S', '1'};

bool page_set_format(struct buf *b, const struct page *pages, size_t count)
{
    if (count > PAGE_SET_PAGES_MAX)
        panic("a set of %zu pages", count);
    uint8_t head[PAGE_SET_HEAD_LEN] = {0};
    memcpy(head, magic, sizeof(magic));
    le_put(head + 8, count, 4);
    bool good = buf_append(b, head, sizeof(head));
    uint64_t at = PAGE_SET_HEAD_LEN + count * PAGE_SET_ENTRY_LEN;
    for (size_t i = 0; i < count; i++) {
        uint8_t entry[PAGE_SET_ENTRY_LEN] = {0};
        le_put(entry, pages[i].form.width, 4);
        le_put(entry + 4, pages[i].form.rows, 4);
        le_put(entry + 8, pages[i].form.resolution, 4);
        le_put(entry + 16, at, 8);
        le_put(entry + 24, pages[i].t6.len, 8);
        at += pages[i].t6.len;
        good = good && buf_append(b, entry, sizeof(entry));
    }
    for (size_t i = 0; i < count; i++)
        good = good && buf_append(b, pages[i].t6.data, pages[i].t6.len);
    return good;
}

static bool read_place(const uint8_t *entry, uint64_t data_from, uint64_t file_size, struct page_place *p)
{
    uint64_t resolution = le_get(entry + 8, 4), len = le_get(entry + 24, 8);
    p->at = le_get(entry + 16, 8);
    if (resolution >= PAGE_RESOLUTION_COUNT || len < 1 || len > PAGE_BYTES_MAX || p->at < data_from ||
        p->at > file_size || len > file_size - p->at)
        return false;
    p->len = (uint32_t)len;
    p->form = (struct page_form){.width = (uint32_t)le_get(entry, 4),
                                 .rows = (uint32_t)le_get(entry + 4, 4),
                                 .resolution = (enum page_resolution)resolution};
    return page_form_valid(&p->form);
}

int page_set_read(int fd, uint64_t file_size, struct page_set *s)
{
    uint8_t head[PAGE_SET_HEAD_LEN];
    *s = (struct page_set){0};
    if (file_size < PAGE_SET_HEAD_LEN || file_size > PAGE_SET_BYTES_MAX)
        return EPROTO;
    int error = fd_pread_all(fd, head, sizeof(head), 0);
    if (error)
        return error;
    uint64_t count = le_get(head + 8, 4);
    uint64_t data_from = PAGE_SET_HEAD_LEN + count * PAGE_SET_ENTRY_LEN;
    if (memcmp(head, magic, sizeof(magic)) != 0 || count > PAGE_SET_PAGES_MAX || data_from > file_size)
        return EPROTO;
    SCOPED_FREE uint8_t *entries = mem_alloc(count * PAGE_SET_ENTRY_LEN + 1);
    error = fd_pread_all(fd, entries, count * PAGE_SET_ENTRY_LEN, PAGE_SET_HEAD_LEN);
    if (error)
        return error;
    s->places = mem_zalloc((count + 1) * sizeof(*s->places));
    for (s->count = 0; s->count < count; s->count++) {
        if (read_place(entries + s->count * PAGE_SET_ENTRY_LEN, data_from, file_size, &s->places[s->count]))
            continue;
        page_set_clear(s);
        return EPROTO;
    }
    return 0;
}

int page_set_read_page(int fd, const struct page_place *place, uint8_t *to)
{
    return fd_pread_all(fd, to, place->len, (off_t)place->at);
}

void page_set_clear(struct page_set *s)
{
    free(s->places);
    *s = (struct page_set){0};
}
