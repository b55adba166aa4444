/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The PIN of a box in a mail's own words (S2.9). */
#pragma once

#include "model/outcome.h"
#include "store/config.h"

enum {
    PIN_WRONG_MAX = 5, /* of one sender; then none of his is looked at for PIN_LOCK_MS */
    PIN_WRONG_BOX_MAX =
        50, /* of everybody within PIN_LOCK_MS: who may write under many addresses guesses no faster */
};
#define PIN_LOCK_MS (15LL * 60 * 1000)

/* own: the words of the mail (mail_text_own). VERDICT_DONE where the box wants no PIN or has got it; else
 * GIVE_UP with a text for the sender, and a wrong PIN is counted. Takes some milliseconds where there is a
 * PIN to check, none where the sender is locked out. */
void pin_check(struct store *s, const struct faxbox *box, const char *sender, const char *own, int64_t now_ms,
               struct outcome *o);
