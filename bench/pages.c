/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* bench-pages RESOLUTION FILE TIFF [smaller]: a document as the fax pages that we make of it, for
 * bench/legibility.py; smaller: as a call makes them for a machine that takes none finer than fine. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"
#include "convert/render.h"
#include "convert/tiff_writer.h"
#include "convert/unpack.h"
#include "model/page_set.h"
#include "t30/fit.h"

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

static bool make_smaller(struct page_list *pages, struct buf *bytes)
{
    static const uint8_t fine_alone[] = {0xFF, 0x13, 0x80, 0x00, 0x40};
    struct timespec a, b;
    bool good = true;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (size_t i = 0; i < pages->count; i++) {
        struct page made;
        good = good &&
               fit_page(span_of(fine_alone, sizeof(fine_alone)), &pages->pages[i], &bytes[i], &made) == 0;
        pages->pages[i] = made;
    }
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    (void)fprintf(stderr, "smaller: %.1f ms a page\n",
                  ((double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6) /
                      (double)pages->count);
    return good;
}

int main(int argc, char **argv)
{
    static struct buf bytes[100];
    SCOPED_BUF struct buf document, tiff;
    struct render_opts o = {.name = "", .pages_max = 100};
    struct page_list pages = {0};
    struct outcome outcome;
    if (argc < 4 || !read_file(argv[2], &document))
        return 2;
    if (!page_resolution_parse(argv[1], &o.resolution))
        return 2;
    unpack_prepare();
    struct render *r = render_new((size_t)400 << 20);
    render_document(r, &o, buf_span(&document), &pages, &outcome);
    render_free(r);
    buf_init(&tiff, PAGE_SET_BYTES_MAX);
    for (size_t i = 0; i < 100; i++)
        buf_init(&bytes[i], PAGE_SET_BYTES_MAX);
    if (argc > 4 && outcome.verdict == VERDICT_DONE && !make_smaller(&pages, bytes))
        return 3;
    bool good = outcome.verdict == VERDICT_DONE && tiff_write(&tiff, 0, pages.pages, pages.count, NULL) &&
                write_file(argv[3], buf_span(&tiff));
    if (!good)
        (void)fprintf(stderr, "%s: %s\n", argv[2], outcome.text);
    page_list_clear(&pages);
    return good ? 0 : 1;
}
