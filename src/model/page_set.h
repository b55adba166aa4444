/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Many pages in one file, the way they travel between processes (a descriptor named page_set in
 * messages.def):
 *
 *     "FXPAGES1", u32 count, u32 0, then 32 bytes a page: u32 width, rows, resolution, 0, u64 at, u64 length;
 *     then the T.6 data of each page at its place. All numbers little-endian.
 *
 * The reader trusts nothing in it: every form is checked, every range lies inside the file. */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/page.h"

enum { PAGE_SET_PAGES_MAX = 2000, PAGE_SET_HEAD_LEN = 16, PAGE_SET_ENTRY_LEN = 32 };
/* Most bytes of a whole set. */
#define PAGE_SET_BYTES_MAX ((uint64_t)512 * 1024 * 1024)

/* Where one page lies in its file. */
struct page_place {
    struct page_form form;
    uint64_t at;
    uint32_t len; /* 1..PAGE_BYTES_MAX */
};

struct page_set {
    struct page_place *places; /* owned */
    size_t count;
};

/* May so many pages with so many bytes of T.6 data together be one set? */
static inline bool page_set_fits(size_t count, uint64_t data_bytes)
{
    return count <= PAGE_SET_PAGES_MAX &&
           PAGE_SET_HEAD_LEN + (uint64_t)count * PAGE_SET_ENTRY_LEN + data_bytes <= PAGE_SET_BYTES_MAX;
}

/* Appends the whole set. False where it does not fit b's limit; a count above PAGE_SET_PAGES_MAX is our bug.
 */
bool page_set_format(struct buf *b, const struct page *pages, size_t count) MUST_USE;

/* Reads the head of a set of file_size bytes: 0; EPROTO where anything in it is not as above, or an errno of
 * pread. page_set_clear is needed after success only. */
int page_set_read(int fd, uint64_t file_size, struct page_set *s) MUST_USE;
/* One page's T.6 data; to has room for places[i].len bytes. */
int page_set_read_page(int fd, const struct page_place *place, uint8_t *to) MUST_USE;
void page_set_clear(struct page_set *s);
