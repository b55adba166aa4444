/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside work: the pieces, a function each, and what they share. Each fills in answer, outcome and payload;
 * it never fails but by an outcome. */
#pragma once

#include "convert/page_list.h"
#include "convert/skew.h"
#include "convert/work.h"

enum { WORK_INPUT_BYTES_MAX = 512 * 1024 * 1024 };

/* What the worker was given. False with an outcome. */
bool work_read_input(int fd, struct buf *b, struct outcome *o) MUST_USE;
/* All pages of a set; each data is owned by the list. */
bool work_read_pages(int fd, struct page_list *l, struct outcome *o) MUST_USE;

/* What people get of pages: the words that were read on them (`texts`: a file of model/page_text.h, or none),
 * which tell how they lie; straight where `deskew`; without those of `blank` ("3, 7"; "": all). */
struct shown_pages {
    struct page_list *list; /* those that are left */
    struct span *texts;     /* NULL: nothing was read */
    struct page_view *views;
    struct buf bytes; /* of the texts */
};
void work_show_pages(struct shown_pages *s, struct page_list *l, int texts, bool deskew, const char *blank);
void work_shown_clear(struct shown_pages *s);

/* Appends the file that a person gets of them: TIFF, or PDF, dated in the process's zone. False where it does
 * not fit. */
bool work_wrap_pages(struct buf *file, bool tiff, const char *title, int64_t at_ms,
                     const struct shown_pages *s) MUST_USE;

void work_too_large(struct outcome *o);

void work_unpack(struct work *w, struct render *render, const struct message *ask);
void work_pgp_open(struct work *w, struct render *render, const struct message *ask);
void work_pgp_make(struct work *w, struct render *render, const struct message *ask);
void work_compose_received(struct work *w, struct render *render, const struct message *ask);
void work_compose_report(struct work *w, struct render *render, const struct message *ask);
void work_compose_answer(struct work *w, struct render *render, const struct message *ask);
void work_compose_preview(struct work *w, struct render *render, const struct message *ask);
void work_look_at_fax(struct work *w, struct render *render, const struct message *ask);
void work_read_page(struct work *w, struct render *render, const struct message *ask);
/* Files for somebody who looks at a fax, each made of stored pages. */
void work_draw_cover(struct work *w, struct render *render, const struct message *ask);
void work_make_picture(struct work *w, struct render *render, const struct message *ask);
void work_make_file(struct work *w, struct render *render, const struct message *ask);
void work_make_report(struct work *w, struct render *render, const struct message *ask);
void work_make_forecast(struct work *w, struct render *render, const struct message *ask);
void work_draw_original(struct work *w, struct render *render, const struct message *ask); /* of a document */
/* For a printer. */
void work_make_print(struct work *w, struct render *render, const struct message *ask);
/* For the archive. */
void work_make_archive(struct work *w, struct render *render, const struct message *ask);
/* May this be the name of a file in a header? */
bool work_file_name_good(const char *name) MUST_USE;
