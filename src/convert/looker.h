/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A first look at the pages of a received fax: the codes on them, and what its first page looks like. In a
 * worker: looker_prepare before it is shut in. */
#pragma once

#include "model/look.h"
#include "model/page.h"

/* Opens ZBar; where there is none no code is found. */
void looker_prepare(void);

/* Adds what is on that page, which is number `index` from 0: codes of the first few, the fingerprint of the
 * first, where enough is on it, and where `blank` whether nothing is. */
void looker_look(const struct page *page, size_t index, bool blank, struct look *look);

/* The fingerprint of a page's bits; false where it is nearly white. */
bool looker_fingerprint(const uint8_t *bits, uint32_t width, uint32_t rows, uint8_t to[FINGERPRINT_LEN]);
