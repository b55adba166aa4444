/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* States in the words that screens, mails and the command line share, and what is said beside them. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "store/faxes.h"
#include "store/jobs.h"

enum { WORDS_LEN = 900 };

/* word: "Waiting", "Delivered" ...; detail: "5 pages confirmed by +39 050 ..., 12:03:41". Times are of the
 * zone the process runs in. */
void words_of_job(const struct job *j, int64_t now_ms, char word[WORDS_LEN], char detail[WORDS_LEN]);
void words_of_fax(const struct fax *f, char word[WORDS_LEN], char detail[WORDS_LEN]);
/* A call of this moment. phase: of call_state and dial_state (ipc/messages.def); page: from 1; pages: 0 where
 * nobody knows. */
void words_of_call(bool out, const char *phase, unsigned page, unsigned pages, char word[WORDS_LEN]);
const char *word_of_mail(enum mail_out_state state);
