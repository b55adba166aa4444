/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/looker.h"

#include <dlfcn.h>
#include <string.h>

#include "base/mem.h"
#include "base/scope.h"
#include "convert/blank.h"
#include "convert/t6.h"
#include "convert/zbar.h"

/* Longer pages are looked at so far only. */
enum { SCAN_ROWS_MAX = 6000 };

static struct {
    bool here;
#define CALL_FIELD(name, symbol, result, arguments) result(*name) arguments;
    ZBAR_CALLS(CALL_FIELD)
#undef CALL_FIELD
} zbar;

void looker_prepare(void)
{
    void *library = dlopen(ZBAR_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    zbar.here = library != NULL;
#define CALL_FIND(name, symbol, result, arguments)                                                           \
    if (library)                                                                                             \
        *(void **)(void *)&zbar.name = dlsym(library, symbol);                                               \
    zbar.here = zbar.here && zbar.name;
    ZBAR_CALLS(CALL_FIND)
#undef CALL_FIND
}

/* ---- codes ---- */

static bool is_black(const uint8_t *row, uint32_t x)
{
    return row[x / 8] >> (7 - x % 8) & 1;
}

/* Square pixels, a byte each. */
static uint8_t *make_grey(const struct page_form *form, const uint8_t *bits, uint32_t *rows)
{
    size_t row_bytes = t6_row_bytes(form->width);
    unsigned twice = form->resolution == PAGE_STANDARD ? 2 : 1,
             skip = form->resolution == PAGE_SUPERFINE ? 2 : 1;
    uint32_t from_rows = form->rows < SCAN_ROWS_MAX ? form->rows : SCAN_ROWS_MAX;
    *rows = from_rows / skip * twice;
    uint8_t *grey = mem_alloc((size_t)form->width * *rows + 1);
    for (uint32_t y = 0; y < *rows; y++) {
        const uint8_t *row = bits + (size_t)(y / twice * skip) * row_bytes;
        for (uint32_t x = 0; x < form->width; x++)
            grey[(size_t)y * form->width + x] = is_black(row, x) ? 0 : 255;
    }
    return grey;
}

static void scan_codes(struct zbar_scanner *scanner, struct zbar_image *image, struct look *look)
{
    /* The others are found where there are none. */
    (void)zbar.set(scanner, ZBAR_ALL, ZBAR_ENABLE, 0);
    (void)zbar.set(scanner, ZBAR_QR, ZBAR_ENABLE, 1);
    (void)zbar.set(scanner, ZBAR_CODE128, ZBAR_ENABLE, 1);
    (void)zbar.set(scanner, ZBAR_CODE39, ZBAR_ENABLE, 1);
    if (zbar.scan(scanner, image) > 0)
        for (const struct zbar_symbol *s = zbar.first(image); s; s = zbar.next(s))
            look_add_code(look, span_of(zbar.data(s), zbar.data_len(s)));
}

static void find_codes(const struct page_form *form, const uint8_t *bits, struct look *look)
{
    uint32_t rows;
    SCOPED_FREE uint8_t *grey = make_grey(form, bits, &rows);
    if (rows == 0)
        return;
    struct zbar_scanner *scanner = zbar.scanner();
    struct zbar_image *image = zbar.image();
    if (scanner && image) {
        zbar.set_format(image, ZBAR_GREY);
        zbar.set_size(image, form->width, rows);
        zbar.set_data(image, grey, (unsigned long)form->width * rows, NULL);
        scan_codes(scanner, image, look);
    }
    if (image)
        zbar.free_image(image);
    if (scanner)
        zbar.free_scanner(scanner);
}

/* ---- the fingerprint ---- */

/* First and last line that hold what is not a speck: a two-hundredth of all ink lies beyond each. */
static void trim(const uint64_t *ink, uint32_t count, uint64_t all, uint32_t *first, uint32_t *last)
{
    uint64_t before = 0;
    *first = *last = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (before <= all / 200)
            *first = i;
        before += ink[i];
        if (before < all - all / 200)
            *last = i + 1;
    }
}

/* The page's edge, where each machine prints its own line and leaves its own shadow. */
static uint32_t margin(uint32_t size)
{
    return size / 20;
}

struct ink {
    uint64_t *of_rows, *of_columns, all;
};

static void count_ink(const uint8_t *bits, uint32_t width, uint32_t rows, struct ink *ink)
{
    for (uint32_t y = margin(rows); y < rows; y++) {
        const uint8_t *row = bits + (size_t)y * t6_row_bytes(width);
        for (uint32_t x = margin(width); x < width - margin(width); x++)
            if (is_black(row, x)) {
                ink->of_rows[y]++;
                ink->of_columns[x]++;
                ink->all++;
            }
    }
}

struct area {
    uint32_t left, right, top, bottom;
};

static void fill_fields(const uint8_t *bits, uint32_t width, const struct area *a,
                        uint8_t to[FINGERPRINT_LEN])
{
    SCOPED_FREE uint32_t *black = mem_zalloc(FINGERPRINT_LEN * sizeof(*black));
    SCOPED_FREE uint32_t *all = mem_zalloc(FINGERPRINT_LEN * sizeof(*all));
    for (uint32_t y = a->top; y <= a->bottom; y++)
        for (uint32_t x = a->left; x <= a->right; x++) {
            size_t field =
                (size_t)(y - a->top) * FINGERPRINT_SIDE / (a->bottom - a->top + 1) * FINGERPRINT_SIDE +
                (size_t)(x - a->left) * FINGERPRINT_SIDE / (a->right - a->left + 1);
            black[field] += is_black(bits + (size_t)y * t6_row_bytes(width), x);
            all[field]++;
        }
    for (size_t i = 0; i < FINGERPRINT_LEN; i++)
        to[i] = (uint8_t)(all[i] > 0 ? black[i] * 255ull / all[i] : 0);
}

bool looker_fingerprint(const uint8_t *bits, uint32_t width, uint32_t rows, uint8_t to[FINGERPRINT_LEN])
{
    SCOPED_FREE uint64_t *of_rows = mem_zalloc((size_t)rows * sizeof(*of_rows));
    SCOPED_FREE uint64_t *of_columns = mem_zalloc((size_t)width * sizeof(*of_columns));
    struct ink ink = {of_rows, of_columns, 0};
    struct area a;
    count_ink(bits, width, rows, &ink);
    if (ink.all < (uint64_t)width * rows / 500) /* a few lines of text are more */
        return false;
    trim(of_columns, width, ink.all, &a.left, &a.right);
    trim(of_rows, rows, ink.all, &a.top, &a.bottom);
    if (a.right - a.left < FINGERPRINT_SIDE || a.bottom - a.top < FINGERPRINT_SIDE)
        return false;
    fill_fields(bits, width, &a, to);
    return true;
}

void looker_look(const struct page *page, size_t index, bool blank, struct look *look)
{
    SCOPED_FREE uint8_t *bits = mem_alloc(t6_row_bytes(page->form.width) * page->form.rows);
    (void)!t6_decode(page, bits);
    if (blank && page_is_blank(&page->form, bits))
        look_add_blank(look, (unsigned)index + 1);
    if (index == 0)
        look->has_fingerprint =
            looker_fingerprint(bits, page->form.width, page->form.rows, look->fingerprint);
    if (zbar.here && index < LOOK_PAGES_MAX)
        find_codes(&page->form, bits, look);
}
