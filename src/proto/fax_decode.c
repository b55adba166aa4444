/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "proto/fax_decode.h"

#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "base/panic.h"
#include "base/scope.h"
#include "proto/fax_row.h"

/* ---- bits ---- */

/* Behind the data come zeros, which are no code: what reads them ends soon. */
struct reader {
    const uint8_t *next, *end;
    uint64_t bits;  /* from the highest */
    unsigned count; /* valid ones */
    uint64_t left;  /* bits of the data not taken yet */
};

static inline void fill(struct reader *r)
{
    if (r->end - r->next >= 8) {
        uint64_t word;
        memcpy(&word, r->next, sizeof(word));
        r->bits |= __builtin_bswap64(word) >> r->count;
        r->next += (63 - r->count) / 8;
        r->count |= 56;
        return;
    }
    for (; r->count <= 56; r->count += 8)
        r->bits |= (uint64_t)(r->next < r->end ? *r->next++ : 0) << (56 - r->count);
}

/* Up to 16 bits ahead. */
static inline uint32_t peek(struct reader *r, unsigned len)
{
    if (r->count < len)
        fill(r);
    return (uint32_t)(r->bits >> (64 - len));
}

/* Of what was peeked. */
static inline void take(struct reader *r, unsigned len)
{
    r->bits = len < 64 ? r->bits << len : 0;
    r->count -= len;
    r->left -= r->left < len ? r->left : len;
}

/* ---- tables: what the next bits mean ---- */

enum { RUN_BITS = 13, MODE_BITS = 7 };
enum mode { MODE_NONE, MODE_PASS, MODE_HORIZONTAL, MODE_VERTICAL };

struct run_entry {
    uint16_t run;
    uint8_t len; /* 0: no code */
};

struct mode_entry {
    uint8_t mode, len;
    int8_t by; /* MODE_VERTICAL: a1 from b1 */
};

struct tables {
    struct run_entry runs[2][1 << RUN_BITS];
    struct mode_entry modes[1 << MODE_BITS];
};

static void add_run(struct run_entry *table, struct fax_code c, uint32_t run)
{
    uint32_t from = (uint32_t)c.bits << (RUN_BITS - c.len);
    for (uint32_t i = 0; i < 1U << (RUN_BITS - c.len); i++)
        table[from + i] = (struct run_entry){(uint16_t)run, c.len};
}

static void add_mode(struct tables *t, struct fax_code c, enum mode mode, int by)
{
    uint32_t from = (uint32_t)c.bits << (MODE_BITS - c.len);
    for (uint32_t i = 0; i < 1U << (MODE_BITS - c.len); i++)
        t->modes[from + i] = (struct mode_entry){(uint8_t)mode, c.len, (int8_t)by};
}

static void make_tables(struct tables *t)
{
    for (unsigned colour = 0; colour < 2; colour++) {
        for (uint32_t run = 0; run < 64; run++)
            add_run(t->runs[colour], fax_terminating[colour][run], run);
        for (uint32_t i = 0; i < FAX_MAKEUPS; i++)
            add_run(t->runs[colour], fax_makeup[colour][i], (i + 1) * 64);
    }
    add_mode(t, fax_pass, MODE_PASS, 0);
    add_mode(t, fax_horizontal, MODE_HORIZONTAL, 0);
    for (int by = -3; by <= 3; by++)
        add_mode(t, fax_vertical[by + 3], MODE_VERTICAL, by);
}

/* ---- a row ---- */

struct decoder {
    struct reader in;
    struct tables tables;
    uint32_t width;
    struct fax_row rows[2];
    bool lost; /* the row above is only a guess */
};

/* Make-up codes and the terminating one behind them; more than `most` where there is no such run. */
static inline uint32_t read_run(struct decoder *d, unsigned colour, uint32_t most)
{
    for (uint32_t sum = 0;;) {
        struct run_entry e = d->tables.runs[colour][peek(&d->in, RUN_BITS)];
        if (e.len == 0 || d->in.left < e.len)
            return most + 1;
        take(&d->in, e.len);
        sum += e.run;
        if (e.run < 64 || sum > most)
            return sum;
    }
}

/* A change where the last one was takes that back: the run between them is empty. */
static inline void add_change(struct fax_row *r, uint32_t at, uint32_t width)
{
    if (r->count > 0 && r->changes[r->count - 1] == at)
        r->count--;
    else if (at < width)
        r->changes[r->count++] = (uint16_t)at;
}

static bool read_runs(struct decoder *d, struct fax_row *row)
{
    uint32_t at = 0;
    row->count = 0;
    for (unsigned colour = 0; colour == 0 || at < d->width; colour++) {
        uint32_t run = read_run(d, colour & 1, d->width - at);
        if (run > d->width - at)
            return false;
        at += run;
        add_change(row, at, d->width);
    }
    return true;
}

/* Bits 1 ahead: each a change that lies where it did in the row above. */
static inline unsigned ones_ahead(struct reader *r)
{
    if (r->count < 32)
        fill(r);
    unsigned n = ~r->bits ? (unsigned)__builtin_clzll(~r->bits) : 64;
    return n < r->count ? n : r->count;
}

/* How far a row is. Names as in T.6 §2.2.1; a0 is -1 before the first pixel, for b1 may lie on that. */
struct course {
    const uint16_t *first, *b1;
    int32_t a0;
    unsigned colour;
};

/* A run of ones. True: the row is at its end. */
static bool take_ones(struct decoder *d, struct course *c, struct fax_row *row, unsigned ones)
{
    unsigned taken = 0;
    for (; taken < ones && c->b1[0] < d->width; taken++)
        row->changes[row->count++] = *c->b1++;
    if (taken > 0)
        c->a0 = c->b1[-1];
    c->colour ^= taken & 1;
    bool end = taken < ones;
    take(&d->in, taken + end);
    return end;
}

/* False: no such row. */
static bool take_horizontal(struct decoder *d, struct course *c, struct fax_row *row)
{
    uint32_t from = c->a0 < 0 ? 0 : (uint32_t)c->a0;
    uint32_t first = read_run(d, c->colour, d->width - from);
    if (first > d->width - from)
        return false;
    uint32_t second = read_run(d, c->colour ^ 1, d->width - from - first);
    if (second > d->width - from - first)
        return false;
    add_change(row, from + first, d->width);
    add_change(row, from + first + second, d->width);
    c->a0 = (int32_t)(from + first + second);
    return true;
}

static bool take_vertical(const struct decoder *d, struct course *c, struct fax_row *row, int by)
{
    int32_t a1 = c->b1[0] + by;
    if (a1 < c->a0 || a1 < 0 || a1 > (int32_t)d->width)
        return false;
    add_change(row, (uint32_t)a1, d->width);
    c->a0 = a1;
    c->colour ^= 1;
    c->b1 += by < 0 && c->b1 > c->first ? -1 : 1;
    return true;
}

static bool read_modes(struct decoder *d, const struct fax_row *above, struct fax_row *row)
{
    struct course c = {.first = above->changes, .b1 = above->changes, .a0 = -1};
    const int32_t width = (int32_t)d->width;
    bool good = true;
    row->count = 0;
    while (good && c.a0 < width) {
        while (c.b1[0] <= c.a0 && c.b1[0] < width)
            c.b1 += 2;
        unsigned ones = ones_ahead(&d->in);
        if (ones > 0) {
            if (take_ones(d, &c, row, ones))
                return true;
            continue;
        }
        struct mode_entry e = d->tables.modes[peek(&d->in, MODE_BITS)];
        if (e.mode == MODE_NONE || d->in.left < e.len)
            return false;
        take(&d->in, e.len);
        if (e.mode == MODE_PASS)
            c.a0 = c.b1[0] < width ? c.b1[1] : width;
        else
            good = e.mode == MODE_VERTICAL ? take_vertical(d, &c, row, e.by) : take_horizontal(d, &c, row);
    }
    return good;
}

static void blacken(uint8_t *bits, uint32_t from, uint32_t to)
{
    uint32_t first = from / 8, last = to / 8;
    uint8_t head = (uint8_t)(0xff >> from % 8), tail = (uint8_t) ~(0xff >> to % 8);
    if (first == last) {
        bits[first] |= head & tail;
        return;
    }
    bits[first] |= head;
    for (uint32_t i = first + 1; i < last; i++)
        bits[i] = 0xff;
    if (tail)
        bits[last] |= tail;
}

static void paint(const struct fax_row *r, uint32_t width, uint8_t *bits)
{
    memset(bits, 0, fax_row_bytes(width));
    for (uint32_t i = 0; i < r->count; i += 2)
        blacken(bits, r->changes[i], r->changes[i + 1]); /* the last may be a sentinel */
}

/* ---- pages ---- */

enum { EOL_BITS = 12, EOL_ZEROS = 11 };

/* T.6 ends with two EOLs, one of which an odd sender may forget. */
static struct fax_decoded decode_t6(struct decoder *d, uint32_t rows_max, uint8_t *bits)
{
    struct fax_decoded done = {0};
    for (; done.rows < rows_max; done.rows++) {
        struct fax_row *row = &d->rows[done.rows % 2];
        if (peek(&d->in, EOL_BITS) == 1 && d->in.left >= EOL_BITS)
            break;
        if (!read_modes(d, &d->rows[(done.rows + 1) % 2], row))
            return done;
        fax_row_end(row, d->width);
        paint(row, d->width, bits + done.rows * fax_row_bytes(d->width));
    }
    done.whole = true;
    return done;
}

/* Bits of fill and an EOL, if there is one here. */
static bool take_eol(struct reader *r)
{
    struct reader at = *r;
    if (peek(&at, EOL_ZEROS) != 0)
        return false;
    take(&at, EOL_ZEROS);
    while (at.left > 0 && peek(&at, 1) == 0)
        take(&at, 1);
    if (at.left == 0)
        return false;
    take(&at, 1);
    *r = at;
    return true;
}

/* The next EOL, whatever stands before it. */
static bool find_eol(struct reader *r)
{
    for (unsigned zeros = 0; r->left > 0;) {
        bool one = peek(r, 1) == 1;
        take(r, 1);
        if (one && zeros >= EOL_ZEROS)
            return true;
        zeros = one ? 0 : zeros + 1;
    }
    return false;
}

/* Row y is lost, and with it what is coded as a difference to it: the row above stands in. */
static void repeat_row(struct decoder *d, uint32_t y)
{
    const struct fax_row *above = &d->rows[(y + 1) % 2];
    struct fax_row *row = &d->rows[y % 2];
    memcpy(row->changes, above->changes, (above->count + FAX_SENTINELS) * sizeof(*row->changes));
    row->count = above->count;
    d->lost = true;
}

/* Behind an EOL, whose tag is read. */
static void read_row(struct decoder *d, bool alone, uint32_t y)
{
    const struct fax_row *above = &d->rows[(y + 1) % 2];
    struct fax_row *row = &d->rows[y % 2];
    d->lost = alone ? !read_runs(d, row) : d->lost || !read_modes(d, above, row);
    if (d->lost)
        repeat_row(d, y);
    fax_row_end(row, d->width);
}

/* True: this row is coded by itself. */
static bool take_tag(struct decoder *d, enum fax_coding coding)
{
    if (coding == FAX_CODING_1D)
        return true;
    bool alone = peek(&d->in, 1) == 1;
    take(&d->in, 1);
    return alone;
}

/* The row at hand is done. */
static void put_row(struct decoder *d, struct fax_decoded *done, uint8_t *bits)
{
    paint(&d->rows[done->rows % 2], d->width, bits + done->rows * fax_row_bytes(d->width));
    done->rows++;
    done->bad += d->lost;
}

static struct fax_decoded decode_t4(struct decoder *d, enum fax_coding coding, uint32_t rows_max,
                                    uint8_t *bits)
{
    struct fax_decoded done = {0};
    const bool eols = take_eol(&d->in);
    const bool without = !eols && coding == FAX_CODING_1D; /* as in many files of MH */
    bool at_row = eols || without;
    while (at_row && done.rows < rows_max && d->in.left > 0) {
        bool alone = take_tag(d, coding);
        if (take_eol(&d->in)) { /* the second of RTC */
            done.whole = done.bad == 0;
            return done;
        }
        read_row(d, alone, done.rows);
        put_row(d, &done, bits);
        if (take_eol(&d->in) || (without && !d->lost))
            continue;
        at_row = find_eol(&d->in);
        if (at_row && !d->lost && done.rows < rows_max) { /* what was skipped was a row */
            repeat_row(d, done.rows);
            put_row(d, &done, bits);
        }
    }
    done.whole = done.bad == 0 && done.rows == rows_max;
    return done;
}

struct fax_decoded fax_decode(enum fax_coding coding, uint32_t width, uint32_t rows_max, struct span data,
                              uint8_t *bits)
{
    if (width < 1 || width > FAX_WIDTH_MAX)
        panic("a page of %u pixels to decode", width);
    SCOPED_FREE struct decoder *d = mem_zalloc(sizeof(*d));
    d->in = (struct reader){.next = data.data, .end = data.data + data.len, .left = (uint64_t)data.len * 8};
    d->width = width;
    SCOPED_FREE uint16_t *places = mem_zalloc(2 * fax_row_places(width) * sizeof(*places));
    d->rows[0].changes = places;
    d->rows[1].changes = places + fax_row_places(width);
    make_tables(&d->tables);
    fax_row_end(&d->rows[1], width); /* the row above the first is white */
    struct fax_decoded done =
        coding == FAX_CODING_T6 ? decode_t6(d, rows_max, bits) : decode_t4(d, coding, rows_max, bits);
    size_t row_bytes = fax_row_bytes(width);
    memset(bits + done.rows * row_bytes, 0, row_bytes * (rows_max - done.rows));
    return done;
}
