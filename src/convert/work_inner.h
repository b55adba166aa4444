/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between work.c and the kinds of work that it hands on. */
#pragma once

#include "convert/render.h"
#include "convert/work.h"

/* The pages of a page set; false with the outcome. page_list_clear in any case. */
bool work_read_pages(int fd, struct page_list *pages, struct outcome *o) MUST_USE;
/* What came out does not fit anything. */
void work_too_large(struct outcome *o);

/* Each fills w->answer, and w->payload with the mail. */
void work_compose_received(struct work *w, struct render *render, const struct message *ask);
void work_compose_report(struct work *w, struct render *render, const struct message *ask);
void work_compose_answer(struct work *w, struct render *render, const struct message *ask);
void work_compose_preview(struct work *w, struct render *render, const struct message *ask);
