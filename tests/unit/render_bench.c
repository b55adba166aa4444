/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "render_bench.h"

#include <stdlib.h>

#include "base/mem.h"
#include "convert/unpack.h"

static struct render *warm;

int render_bench_set_up(void **state)
{
    unpack_prepare(); /* a mail as a file */
    warm = render_new((size_t)400 << 20);
    return 0;
}

int render_bench_tear_down(void **state)
{
    render_free(warm);
    return 0;
}

struct result render_as(const struct render_opts *o, struct span bytes)
{
    struct result r = {.pages = {0}};
    render_document(warm, o, bytes, &r.pages, &r.outcome);
    return r;
}

struct result render(struct span bytes)
{
    return render_as(&(struct render_opts){.name = "a.pdf", .resolution = PAGE_FINE, .pages_max = 10}, bytes);
}

struct pixels decode(const struct page *p)
{
    struct pixels x = {.bits = mem_alloc(t6_row_bytes(p->form.width) * p->form.rows), .form = p->form};
    assert_int_equal(t6_decode(p, x.bits), p->form.rows);
    return x;
}

unsigned pixel(const struct pixels *x, uint32_t column, uint32_t row)
{
    return x->bits[row * t6_row_bytes(x->form.width) + column / 8] >> (7 - column % 8) & 1;
}

unsigned darkness(const struct pixels *x, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1)
{
    uint64_t n = 0;
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t i = x0; i < x1; i++)
            n += pixel(x, i, y);
    return (unsigned)(n * 100 / ((uint64_t)(x1 - x0) * (y1 - y0)));
}

unsigned changes(const struct pixels *x)
{
    unsigned n = 0;
    for (uint32_t y = 0; y < x->form.rows; y++)
        for (uint32_t i = 1; i < x->form.width; i++)
            n += pixel(x, i, y) != pixel(x, i - 1, y);
    return n;
}

void clear(struct result *r, struct pixels *x)
{
    if (x)
        free(x->bits);
    page_list_clear(&r->pages);
}
