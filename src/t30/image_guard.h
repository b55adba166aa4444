/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looks at libspandsp's image decoder before each bit of a page from the far side. libspandsp 0.0.6 writes
 * the runs of a row into a buffer as long as the row is wide and trusts the sender that they are no more:
 * runs of no length, which cost 9 bits each, overwrite the heap; passes read beyond it; and a few kilobytes
 * can stand for any number of rows. It keeps the whole picture of a page, half a megabyte, until the page is
 * over; here its rows are taken from it while they come.
 *
 * libspandsp is a shared library and calls its own public t4_rx_... by their names, so those of this file are
 * what it calls: they ask, then call the ones behind them. A library that is linked in another way would go
 * past them; engine.c ends the process where a page came without. */
#pragma once

#include <stdbool.h>

#include <spandsp.h>

#include "base/list.h"
#include "t30/page_writer.h"

enum image_fault {
    IMAGE_FINE,
    IMAGE_TOO_LONG,   /* more rows than PAGE_ROWS_MAX */
    IMAGE_IMPOSSIBLE, /* rows that no picture has; what comes after such a fault is not decoded */
};

/* Of the page that comes in, or has just ended, at phase D. */
enum image_fault image_guard_fault(const t30_state_t *t30);
/* Pages that come to this T.30 are written there, and none to its file. */
struct image_target {
    struct list node;
    t30_state_t *t30;          /* borrowed */
    struct page_writer writer; /* owned */
};
void image_guard_target(struct image_target *to, t30_state_t *t30);
void image_guard_forget(struct image_target *to); /* all zero is fine */

/* Pages that any decoder of this process began under guard. */
unsigned long image_guard_pages(void);
