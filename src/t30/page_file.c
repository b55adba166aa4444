/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "t30/page_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/scope.h"
#include "base/str.h"

/* TIFF 6.0, sections 2, 8 and 11. */
enum tag {
    TAG_NEW_SUBFILE_TYPE = 254,
    TAG_IMAGE_WIDTH = 256,
    TAG_IMAGE_LENGTH = 257,
    TAG_BITS_PER_SAMPLE = 258,
    TAG_COMPRESSION = 259,
    TAG_PHOTOMETRIC = 262,
    TAG_FILL_ORDER = 266,
    TAG_STRIP_OFFSETS = 273,
    TAG_SAMPLES_PER_PIXEL = 277,
    TAG_ROWS_PER_STRIP = 278,
    TAG_STRIP_BYTE_COUNTS = 279,
    TAG_X_RESOLUTION = 282,
    TAG_Y_RESOLUTION = 283,
    TAG_T6_OPTIONS = 293,
    TAG_RESOLUTION_UNIT = 296,
    TAG_PAGE_NUMBER = 297,
};
enum { TYPE_SHORT = 3, TYPE_LONG = 4, TYPE_RATIONAL = 5 };
enum {
    COMPRESSION_T6 = 4,
    MIN_IS_WHITE = 0,
    FILL_MSB = 1,
    FILL_LSB = 2,
    UNIT_INCH = 2,
    UNIT_CM = 3,
    MULTI_PAGE = 2
};
enum { HEADER_LEN = 8, ENTRY_LEN = 12, RATIONAL_LEN = 8 };

/* ---- writing ---- */

enum { TAGS_WRITTEN = 16, DIRECTORY_LEN = 2 + TAGS_WRITTEN * ENTRY_LEN + 4 + 2 * RATIONAL_LEN };

static void write_u16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static void write_u32(uint8_t *to, uint32_t value)
{
    write_u16(to, value);
    write_u16(to + 2, value >> 16);
}

struct entry {
    enum tag tag;
    uint16_t type;
    uint32_t count, value;
};

/* A page begins with its directory; its data follow, padded to an even length. */
static uint64_t padded(size_t len)
{
    return (uint64_t)len + len % 2;
}

static void write_directory(uint8_t to[DIRECTORY_LEN], const struct page *page, uint32_t at,
                            uint32_t page_number, uint32_t next)
{
    uint32_t data = at + DIRECTORY_LEN, rationals = data - 2 * RATIONAL_LEN;
    const struct page_form *form = &page->form;
    const struct entry entries[TAGS_WRITTEN] = {
        {TAG_NEW_SUBFILE_TYPE, TYPE_LONG, 1, MULTI_PAGE},
        {TAG_IMAGE_WIDTH, TYPE_LONG, 1, form->width},
        {TAG_IMAGE_LENGTH, TYPE_LONG, 1, form->rows},
        {TAG_BITS_PER_SAMPLE, TYPE_SHORT, 1, 1},
        {TAG_COMPRESSION, TYPE_SHORT, 1, COMPRESSION_T6},
        {TAG_PHOTOMETRIC, TYPE_SHORT, 1, MIN_IS_WHITE},
        {TAG_FILL_ORDER, TYPE_SHORT, 1, FILL_MSB},
        {TAG_STRIP_OFFSETS, TYPE_LONG, 1, data},
        {TAG_SAMPLES_PER_PIXEL, TYPE_SHORT, 1, 1},
        {TAG_ROWS_PER_STRIP, TYPE_LONG, 1, form->rows},
        {TAG_STRIP_BYTE_COUNTS, TYPE_LONG, 1, (uint32_t)page->t6.len},
        {TAG_X_RESOLUTION, TYPE_RATIONAL, 1, rationals},
        {TAG_Y_RESOLUTION, TYPE_RATIONAL, 1, rationals + RATIONAL_LEN},
        {TAG_T6_OPTIONS, TYPE_LONG, 1, 0},
        {TAG_RESOLUTION_UNIT, TYPE_SHORT, 1, UNIT_CM},
        {TAG_PAGE_NUMBER, TYPE_SHORT, 2, page_number & 0xFFFF}, /* of 0 pages: number not told */
    };
    uint8_t *p = to;
    write_u16(p, TAGS_WRITTEN);
    p += 2;
    for (unsigned i = 0; i < TAGS_WRITTEN; i++, p += ENTRY_LEN) {
        write_u16(p, entries[i].tag);
        write_u16(p + 2, entries[i].type);
        write_u32(p + 4, entries[i].count);
        write_u32(p + 8,
                  entries[i].value); /* a SHORT stands in the first octets: the same in little-endian */
    }
    write_u32(p, next);
    write_u32(p + 4, page_x_per_metre(form->resolution));
    write_u32(p + 8, 100);
    write_u32(p + 12, page_y_per_metre(form->resolution));
    write_u32(p + 16, 100);
}

int page_file_add(struct page_file *f, const struct page *page, bool last)
{
    if (!page_form_valid(&page->form) || page->t6.len == 0)
        return EINVAL;
    uint64_t at = f->pages == 0 ? HEADER_LEN : f->end;
    uint64_t end = at + DIRECTORY_LEN + padded(page->t6.len);
    if (end > UINT32_MAX)
        return EFBIG;
    uint8_t header[HEADER_LEN] = {'I', 'I', 42, 0, HEADER_LEN}, directory[DIRECTORY_LEN], pad[1] = {0};
    write_directory(directory, page, (uint32_t)at, f->pages, last ? 0 : (uint32_t)end);
    int error = f->pages == 0 ? fd_write_all(f->fd, span_of(header, sizeof(header))) : 0;
    if (!error)
        error = fd_write_all(f->fd, span_of(directory, sizeof(directory)));
    if (!error)
        error = fd_write_all(f->fd, page->t6);
    if (!error)
        error = fd_write_all(f->fd, span_of(pad, page->t6.len % 2));
    f->end = end;
    f->pages++;
    return error;
}

int page_file_read(int fd, uint64_t *at, size_t len, uint8_t *to)
{
    if (*at == 0)
        *at = HEADER_LEN;
    uint64_t data = *at + DIRECTORY_LEN;
    *at = data + padded(len);
    return fd_pread_all(fd, to, len, (off_t)data);
}

int page_file_empty(void)
{
    return memfd_create("fax-pages", MFD_CLOEXEC);
}

int page_file_make(const struct page *pages, size_t count)
{
    struct page_file f = {.fd = page_file_empty()};
    if (f.fd < 0)
        return -1;
    int error = count > 0 ? 0 : EINVAL;
    for (size_t i = 0; i < count && !error; i++)
        error = page_file_add(&f, &pages[i], i + 1 == count);
    if (error) {
        (void)close(f.fd);
        errno = error;
        return -1;
    }
    return f.fd;
}

void page_file_path(int fd, char path[PAGE_FILE_PATH_LEN])
{
    (void)str_format(path, PAGE_FILE_PATH_LEN, "/proc/self/fd/%d", fd);
}
