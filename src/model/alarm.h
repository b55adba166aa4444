/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can be wrong with an installation: the table is alarms.def. An alarm is raised about a subject (a
 * trunk, a mailbox; "": all of it), and cleared when its cause is gone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum alarm_severity { ALARM_NOTICE, ALARM_WARNING, ALARM_CRITICAL };
const char *alarm_severity_name(enum alarm_severity severity);

struct alarm_words {
    const char *title, *action;
};

enum { ALARM_LANGUAGES = 5, ALARM_NEVER_MAILED = -1 };

struct alarm_kind {
    const char *code; /* "mailbox-*": a family */
    enum alarm_severity severity;
    int mail_after_s; /* ALARM_NEVER_MAILED */
    struct alarm_words words[ALARM_LANGUAGES];
};

extern const struct alarm_kind alarm_kinds[];
extern const size_t alarm_kind_count;

/* The row of a code; NULL: there is none. */
const struct alarm_kind *alarm_kind_of(const char *code);
/* In that language, English where we have none. */
const struct alarm_words *alarm_words_in(const struct alarm_kind *k, const char *language);

/* What a mail about an alarm says besides: when it began, what cleared, who can see more. */
struct alarm_letter {
    const char *cleared_title; /* "Solved: %s" */
    const char *what_to_do;    /* "What to do: " */
    const char *told_once;     /* it is not mailed again; where to look */
    const char *over;          /* it is over */
};
const struct alarm_letter *alarm_letter_in(const char *language);
