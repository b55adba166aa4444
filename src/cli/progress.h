/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The bar of a fax under way: page by page, with rate and the time left. Pure; times come as arguments. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { PROGRESS_LEN = 200 };

struct progress {
    /* Where this call began to send, so that the time left rests on its own pace. */
    int64_t since_ms; /* 0: not yet */
    double since_done;
    const char *call; /* id of the call it belongs to, kept by the caller */
};

struct progress_now {
    int64_t now_ms;
    unsigned page, pages; /* page: from 1, the one on its way; 0: none yet */
    unsigned percent;     /* of that page */
    unsigned rate;        /* bit/s */
    const char *mode;     /* "t38", "audio", "" */
    const char *word;     /* what is said while no page is on its way */
    int ecm;
};

void progress_restart(struct progress *p);
/* "[####----------------] page 2 of 5, 14400 bit/s, T.38, ECM, 0:42 left". width: of the terminal; the bar
 * gets what the words leave, and goes where they leave too little. */
void progress_line(struct progress *p, const struct progress_now *n, size_t width, char text[PROGRESS_LEN]);
