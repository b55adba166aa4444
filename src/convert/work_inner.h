/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside work: the pieces, a function each, and what they share. Each fills in answer, outcome and payload;
 * it never fails but by an outcome. */
#pragma once

#include "convert/page_list.h"
#include "convert/work.h"

enum { WORK_INPUT_BYTES_MAX = 512 * 1024 * 1024 };

/* What the worker was given. False with an outcome. */
bool work_read_input(int fd, struct buf *b, struct outcome *o) MUST_USE;
/* All pages of a set; each data is owned by the list. */
bool work_read_pages(int fd, struct page_list *l, struct outcome *o) MUST_USE;

/* Appends the file that a person gets of pages: TIFF, or PDF, dated in the process's zone, with the
 * words that were read on them (`texts`: a file of model/page_text.h, or none). False where it does not fit.
 */
bool work_wrap_pages(struct buf *file, bool tiff, const char *title, int64_t at_ms, const struct page_list *l,
                     int texts) MUST_USE;

/* What was read on each page, into texts, and which of them are turned; false where that is no file of so
 * many. b owns the bytes. */
bool work_read_texts(int fd, struct buf *b, const struct page *pages, size_t count, struct span *texts,
                     bool *turned) MUST_USE;

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
void work_make_picture(struct work *w, struct render *render, const struct message *ask);
void work_make_file(struct work *w, struct render *render, const struct message *ask);
void work_make_report(struct work *w, struct render *render, const struct message *ask);
void work_make_forecast(struct work *w, struct render *render, const struct message *ask);
/* For a printer. */
void work_make_print(struct work *w, struct render *render, const struct message *ask);
/* May this be the name of a file in a header? */
bool work_file_name_good(const char *name) MUST_USE;
