/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What became of something, in a form that a person can act on. Filled in where the fact is known and carried
 * unchanged to report, mail, API and screen. */
#pragma once

#include "base/attr.h"

enum verdict {
    VERDICT_DONE,
    VERDICT_RETRY,   /* may work later by itself */
    VERDICT_GIVE_UP, /* will not work until somebody changes something */
};

/* Whose fault it is that a mail waits. */
enum delivery_fault {
    FAULT_OF_MAIL,    /* or of its recipient: others may go */
    FAULT_AWAY,       /* the server could not be spoken to at all (S3.12) */
    FAULT_OF_SETTINGS /* it or its settings will not do, whatever the mail */
};

enum { OUTCOME_CODE_LEN = 48, OUTCOME_TEXT_LEN = 400 };

struct outcome {
    enum verdict verdict;
    char code[OUTCOME_CODE_LEN]; /* short and stable, for support and programs: "sip-486", "t30-no-carrier" */
    char text[OUTCOME_TEXT_LEN]; /* what happened, what we do about it, what the person can do */
};

void outcome_done(struct outcome *o);
/* A text that does not fit is cut. */
void outcome_set(struct outcome *o, enum verdict verdict, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5);
