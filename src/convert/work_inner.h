/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of work.h share. */
#pragma once

#include "convert/page_list.h"
#include "convert/work.h"

/* All pages of a set; each data is owned by the list. False with the reason; page_list_clear in any case. */
bool work_read_pages(int fd, struct page_list *l, struct outcome *o) MUST_USE;
void work_too_large(struct outcome *o);

/* work_download.c: files for somebody who looks at a fax, each made of stored pages. */
void work_make_picture(struct work *w, struct render *render, const struct message *ask);
void work_make_file(struct work *w, struct render *render, const struct message *ask);
void work_make_report(struct work *w, struct render *render, const struct message *ask);
/* May this be the name of a file in a header? */
bool work_file_name_good(const char *name);
