/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Documents rendered as a worker would, and a look at the pixels. */
#pragma once

#include <stdint.h>

#include "test.h"

#include "convert/render.h"
#include "convert/t6.h"

struct result {
    struct page_list pages;
    struct outcome outcome;
};

struct pixels {
    uint8_t *bits; /* owned */
    struct page_form form;
};

int render_bench_set_up(void **state);
int render_bench_tear_down(void **state);

struct result render_as(const struct render_opts *o, struct span bytes);
/* As "a.pdf", fine, at most 10 pages. */
struct result render(struct span bytes);
struct pixels decode(const struct page *p);
unsigned pixel(const struct pixels *x, uint32_t column, uint32_t row);
/* Share of black in a part of the page, per cent. */
unsigned darkness(const struct pixels *x, uint32_t x0, uint32_t y0, uint32_t x1, uint32_t y1);
/* How often black and white meet along the rows: dots make many, characters few. */
unsigned changes(const struct pixels *x);
void clear(struct result *r, struct pixels *x);
