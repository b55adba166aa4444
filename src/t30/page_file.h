/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages in the form that libspandsp reads: TIFF files, which live in memory (memfd) and are named to it as
 * page_file_path(). Nothing is coded or decoded here, T.6 data goes through as it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/page.h"

/* A memfd with a TIFF of all pages, one strip each, for t30_set_tx_file(); -1 with errno. EINVAL: no page, or
 * a form that page_form_valid() refuses; EFBIG: 4 GiB or more. */
int page_file_make(const struct page *pages, size_t count) MUST_USE;

/* The same, page by page; all zero but the descriptor of an empty memfd. EINVAL and EFBIG as above. */
struct page_file {
    int fd; /* borrowed */
    uint32_t pages;
    uint64_t end;
};
int page_file_add(struct page_file *f, const struct page *page, bool last) MUST_USE;
/* The T.6 data of the page that begins there, 0 for the first, and has so many octets; *at: where the next
 * one begins. 0 or errno. */
int page_file_read(int fd, uint64_t *at, size_t len, uint8_t *to) MUST_USE;

/* An empty memfd for t30_set_rx_file(), which wants one though page_writer.h gets the pages; -1 with errno.
 */
int page_file_empty(void) MUST_USE;

enum { PAGE_FILE_PATH_LEN = 32 }; /* with NUL */

/* "/proc/self/fd/7": how a library that only knows file names opens the memfd. */
void page_file_path(int fd, char path[PAGE_FILE_PATH_LEN]);
