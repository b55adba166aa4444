/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The only file that looks into libspandsp's structures: there is no other way to know how full its buffers
 * are. */
#define SPANDSP_EXPOSE_INTERNAL_STRUCTURES
#include "t30/image_guard.h"

#include <dlfcn.h>
#include <string.h>

#include "base/attr.h"
#include "base/panic.h"
#include "model/page.h"

/* A row of 1728 pixels with a few octets that went wrong stays far below. */
enum { RUN_MAX = 1 << 20 };

/* Rows that are taken from the decoder at once. */
enum { BAND_ROWS = 64 };

static unsigned long pages;
static struct list targets = {&targets, &targets};

/* cur_runs and ref_runs have image_width + 4 places. From one bit to the next at most one run is added; where
 * the row is bad 2 are put behind it, and 2 of no length behind each row. So all but the last places may be
 * filled by anything, and those by a row whose runs all have a length: its first may be empty, and such a row
 * is as good as complete. Two runs of ref_runs are read at most, and none once the row is complete. */
static bool has_room(const t4_rx_state_t *s)
{
    const t4_t6_decode_state_t *d = &s->t4_t6_rx;
    bool written = d->a_cursor < s->image_width || d->a_cursor <= s->row_len + 1;
    bool read = d->b_cursor <= s->image_width + 2 || s->row_len >= s->image_width;
    return written && read && d->run_length >= 0 && d->run_length <= RUN_MAX;
}

static enum image_fault fault_of(const t4_rx_state_t *s)
{
    if (s->image_length > PAGE_ROWS_MAX)
        return IMAGE_TOO_LONG;
    return has_room(s) ? IMAGE_FINE : IMAGE_IMPOSSIBLE;
}

enum image_fault image_guard_fault(const t30_state_t *t30)
{
    return fault_of(&t30->t4.rx);
}

unsigned long image_guard_pages(void)
{
    return pages;
}

static void *behind(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        panic("libspandsp has no %s", name);
    return found;
}

/* Headers of another libspandsp than the one that runs would make all of this look at the wrong places. */
static void check_layout(t4_rx_state_t *s)
{
    t4_stats_t stats;
    t4_rx_get_transfer_statistics(s, &stats);
    if (stats.width != s->image_width || stats.length != s->image_length || s->t4_t6_rx.a_cursor != 0 ||
        s->t4_t6_rx.b_cursor != 1 || s->t4_t6_rx.b1 != s->image_width || s->row_len != 0)
        panic("this libspandsp is not the one whose headers Faxpost was built with");
}

/* --- where the rows go --- */

void image_guard_target(struct image_target *to, t30_state_t *t30)
{
    to->t30 = t30;
    page_writer_init(&to->writer);
    list_append(&targets, &to->node);
}

void image_guard_forget(struct image_target *to)
{
    if (to->t30 == NULL)
        return;
    list_remove(&to->node);
    page_writer_clear(&to->writer);
    to->t30 = NULL;
}

static struct page_writer *find_writer(const t4_rx_state_t *s)
{
    list_each (it, &targets) {
        struct image_target *to = CONTAINER_OF(it, struct image_target, node);
        if (s == &to->t30->t4.rx)
            return &to->writer;
    }
    return NULL;
}

/* libspandsp has this pointer for a handler of rows, which it would call at the page's end; there is none. */
static struct page_writer *writer_of(const t4_rx_state_t *s)
{
    return s->t4_t6_rx.row_write_user_data;
}

/* The decoder's last row stays, for one that is bad is a copy of it; it was written with the others. */
static void take_rows(t4_rx_state_t *s)
{
    struct page_writer *w = writer_of(s);
    uint32_t row = (uint32_t)s->bytes_per_row, rows = (uint32_t)s->image_size / row;
    uint32_t written = w->form.rows > 0;
    if (rows > written)
        page_writer_rows(w, written ? s->image_buffer : NULL, s->image_buffer + written * row,
                         rows - written);
    uint32_t last = (uint32_t)s->t4_t6_rx.last_row_starts_at;
    if (last == 0 || rows == 0)
        return;
    s->image_size -= (int)last;
    memmove(s->image_buffer, s->image_buffer + last, (size_t)s->image_size);
    s->t4_t6_rx.last_row_starts_at = 0;
}

static bool band_is_full(const t4_rx_state_t *s)
{
    return writer_of(s) != NULL && s->image_size >= BAND_ROWS * s->bytes_per_row;
}

int t4_rx_start_page(t4_rx_state_t *s)
{
    static int (*next)(t4_rx_state_t *);
    if (next == NULL)
        *(void **)&next = behind("t4_rx_start_page");
    int failed = next(s);
    if (failed == 0) {
        check_layout(s);
        pages++;
        struct page_writer *w = find_writer(s);
        s->t4_t6_rx.row_write_user_data = w;
        if (w != NULL)
            page_writer_begin(w, (uint32_t)s->image_width, (uint32_t)s->y_resolution);
    }
    return failed;
}

/* Nonzero: the page is over. */
int t4_rx_put_bit(t4_rx_state_t *s, int bit)
{
    static int (*next)(t4_rx_state_t *, int);
    if (next == NULL)
        *(void **)&next = behind("t4_rx_put_bit");
    bool over = fault_of(s) != IMAGE_FINE || next(s, bit) != 0;
    if (band_is_full(s))
        take_rows(s);
    return over;
}

int t4_rx_put_byte(t4_rx_state_t *s, uint8_t byte)
{
    for (unsigned i = 0; i < 8; i++)
        if (t4_rx_put_bit(s, byte >> i & 1) != 0)
            return 1;
    return 0;
}

int t4_rx_put_chunk(t4_rx_state_t *s, const uint8_t buf[], int len)
{
    for (int i = 0; i < len; i++)
        if (t4_rx_put_byte(s, buf[i]) != 0)
            return 1;
    return 0;
}

/* Nonzero: nothing came. The end of a page is libspandsp's own, but for the picture. */
int t4_rx_end_page(t4_rx_state_t *s)
{
    enum { FLUSH_BITS = 13, NO_MORE = 6 };
    static int (*next)(t4_rx_state_t *);
    t4_t6_decode_state_t *d = &s->t4_t6_rx;
    if (next == NULL)
        *(void **)&next = behind("t4_rx_end_page");
    if (writer_of(s) == NULL)
        return next(s);
    for (int i = 0; s->line_encoding == T4_COMPRESSION_ITU_T6 && i < FLUSH_BITS; i++)
        (void)t4_rx_put_bit(s, 0);
    if (d->curr_bad_row_run > d->longest_bad_row_run)
        d->longest_bad_row_run = d->curr_bad_row_run;
    d->curr_bad_row_run = 0;
    if (s->image_size == 0)
        return -1;
    take_rows(s);
    page_writer_end(writer_of(s));
    d->rx_bits = d->rx_skip_bits = 0;
    d->rx_bitstream = 0;
    d->consecutive_eols = NO_MORE;
    d->last_row_starts_at = s->image_size = 0;
    return 0;
}
