/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* libspandsp's T.30 with its settings and files: one fax call from CNG or CED to DCN. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/span.h"
#include "t30/image_guard.h"
#include "t30/terminal.h"

struct engine;

/* What T.30 asks for and tells. From within on_page and on_end nothing may be given to the engine. */
struct engine_user {
    void *context;
    void (*set_rx)(void *context, const struct modem_setting *m);
    void (*set_tx)(void *context, const struct modem_setting *m);
    void (*send_frame)(void *context, struct span frame); /* empty: end of the carrier */
    void (*drop_frame)(void *context);
    /* A page was answered: fcf is the post-message command (receiving) or the response (sending). */
    void (*on_page)(void *context, uint8_t fcf);
    void (*on_end)(void *context, int t30_code); /* T30_ERR_... */
};

struct engine_opts {
    bool calls;           /* else answers */
    int receive_file;     /* memfd: empty one to receive into; -1: receives nothing */
    int send_file;        /* memfd: TIFF to send, where we answer: to who polls; -1: sends nothing */
    unsigned first, last; /* of the pages to send in it, from 0 */
    const char *station_id;
    const char *subaddress;           /* to send; "" */
    const char *selective, *password; /* to poll with; "" */
    bool selects;                     /* answers, and knows selective polling */
    bool ecm;
    uint32_t max_rate; /* bit/s: 14400, 9600 (no V.17) or 4800 (no V.29 either) */
    struct engine_user user;
};

/* What T.30 is at. */
struct engine_state {
    unsigned pages_received;
    uint32_t rate; /* bit/s */
    bool ecm;
    int coding; /* T4_COMPRESSION_... */
    uint32_t rows, bad_rows, frames_resent;
    uint32_t image_bytes; /* of the page so far, as coded for the line */
};

struct engine *engine_new(const struct engine_opts *opts) MUST_USE;
void engine_free(struct engine *e); /* NULL is fine; says nothing */

/* Time passes: samples of 1/8000 s. */
void engine_elapse(struct engine *e, int64_t samples);
void engine_hear_frame(struct engine *e, struct span frame, bool fcs_good);
void engine_hear_frame_status(struct engine *e, int status);
void engine_hear_line_status(struct engine *e, int status);
void engine_sent(struct engine *e);
void engine_hear_image_bit(struct engine *e, int bit);
void engine_hear_image_bytes(struct engine *e, struct span bytes);
int engine_next_image_bit(struct engine *e);
int engine_next_image_bytes(struct engine *e, uint8_t *to, int room);

/* on_end comes within. Ended already: nothing happens. */
void engine_terminate(struct engine *e);
void engine_state(struct engine *e, struct engine_state *state);
/* Receiver, at phase D: the page that has come, borrowed until engine_page_done() or the next page. ENOENT,
 * EFBIG or EPROTO as page_writer_check(). */
int engine_page(const struct engine *e, struct page *page) MUST_USE;
void engine_page_done(struct engine *e); /* gives its memory back */
/* What is wrong with the page that comes in, or is just at phase D. */
enum image_fault engine_image_fault(const struct engine *e);
/* From now on it sends its file to who polls. */
void engine_turn_sender(struct engine *e);
/* The far station's TSI, CSI or CIG, "" while unknown; borrowed until the next call. */
const char *engine_far_id(struct engine *e);
/* Its SUB, SEP and PWD, the same way. */
const char *engine_far_subaddress(struct engine *e);
const char *engine_far_selective(struct engine *e);
const char *engine_far_password(struct engine *e);
