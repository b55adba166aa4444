/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* bench-pages RESOLUTION FILE TIFF: a document as the fax pages that we make of it, for bench/legibility.py.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/render.h"
#include "convert/tiff_writer.h"
#include "convert/unpack.h"
#include "model/page_set.h"

static bool read_file(const char *path, struct buf *b)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    buf_init(b, PAGE_SET_BYTES_MAX);
    return fd >= 0 && fd_read_rest(fd, b) == 0;
}

static bool write_file(const char *path, struct span bytes)
{
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd >= 0 && fd_write_all(fd, bytes) == 0;
}

int main(int argc, char **argv)
{
    SCOPED_BUF struct buf document, tiff;
    struct render_opts o = {.name = "", .pages_max = 100};
    struct page_list pages = {0};
    struct outcome outcome;
    if (argc != 4 || !read_file(argv[2], &document))
        return 2;
    if (!page_resolution_parse(argv[1], &o.resolution))
        return 2;
    unpack_prepare();
    struct render *r = render_new((size_t)400 << 20);
    render_document(r, &o, buf_span(&document), &pages, &outcome);
    render_free(r);
    buf_init(&tiff, PAGE_SET_BYTES_MAX);
    bool good = outcome.verdict == VERDICT_DONE && tiff_write(&tiff, 0, pages.pages, pages.count, NULL) &&
                write_file(argv[3], buf_span(&tiff));
    if (!good)
        (void)fprintf(stderr, "%s: %s\n", argv[2], outcome.text);
    page_list_clear(&pages);
    return good ? 0 : 1;
}
