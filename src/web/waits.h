/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Why a fax that is due is not called yet. */
#pragma once

#include "web/request.h"
#include "web/words.h"

#include "store/jobs.h"

enum waits_code { WAITS_FOR_NOTHING, WAITS_FOR_NUMBER, WAITS_FOR_CALLS };

struct waits {
    enum waits_code code;
    unsigned limit; /* WAITS_FOR_CALLS: so many at once, of its box, its tenant or the installation */
};

/* Only what its sender may know: another tenant's fax to the same number is nothing of his. */
struct waits waits_of_job(struct request *r, const struct job *j, int64_t now_ms);
/* "number-called" or "call-limit" with `limit`; null for nothing. */
json_t *json_waits(const struct waits *w);
/* In English; detail stays as it is for nothing. */
void words_of_waits(const struct waits *w, char detail[WORDS_LEN]);
