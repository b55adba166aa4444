/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Pages in the form that libspandsp reads and writes: TIFF files, which live in memory (memfd) and are named
 * to it as page_file_path(). Nothing is coded or decoded here, T.6 data goes through as it is. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "model/page.h"

/* A memfd with a TIFF of all pages, one strip each, for t30_set_tx_file(); -1 with errno. EINVAL: no page, or
 * a form that page_form_valid() refuses; EFBIG: 4 GiB or more. */
int page_file_make(const struct page *pages, size_t count) MUST_USE;

/* An empty memfd for t30_set_rx_file(); -1 with errno. */
int page_file_empty(void) MUST_USE;

/* Appends page n (0-based) of a TIFF that libspandsp has written or is still writing (with
 * T4_COMPRESSION_ITU_T6; at phase D of a page that page is complete) to *t6, most significant bit first.
 *
 * The form has one of our three resolutions: the nearest to what the file says in pixels a metre down the
 * page (200x200 dpi becomes 204x196, as fax machines print it too). A width that model/page.h does not know
 * (300 dpi and the like) is not scaled but refused; do not offer it in the DIS.
 *
 * ENOENT: there is no page n yet. EPROTO: not a TIFF as above. EFBIG: more rows than PAGE_ROWS_MAX or more
 * bytes than t6 may hold. */
int page_file_take(int fd, unsigned n, struct buf *t6, struct page_form *form) MUST_USE;

enum { PAGE_FILE_PATH_LEN = 32 }; /* with NUL */

/* "/proc/self/fd/7": how a library that only knows file names opens the memfd. */
void page_file_path(int fd, char path[PAGE_FILE_PATH_LEN]);
