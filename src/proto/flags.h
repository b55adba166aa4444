/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Flags that follow a number: "5035550123^FINE^RETRIES=5" (S4.9). Names in any case. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "proto/complaint.h"

/* name, argument as the list of known flags shows it ("" for none), kind of argument, its bounds, and a
 * group: two flags of one group contradict each other (0: none). STANDARD and FINE both mean 204x196. */
#define FLAGS(X)                                                                                             \
    X(STANDARD, "", NONE, 0, 0, 1)                                                                           \
    X(FINE, "", NONE, 0, 0, 1)                                                                               \
    X(COARSE, "", NONE, 0, 0, 1)                                                                             \
    X(SUPERFINE, "", NONE, 0, 0, 1)                                                                          \
    X(300DPI, "", NONE, 0, 0, 1)                                                                             \
    X(400DPI, "", NONE, 0, 0, 1)                                                                             \
    X(NOCOVER, "", NONE, 0, 0, 2)                                                                            \
    X(A4, "", NONE, 0, 0, 3)                                                                                 \
    X(LEGAL, "", NONE, 0, 0, 3)                                                                              \
    X(NOPREFIX, "", NONE, 0, 0, 0)                                                                           \
    X(RETRIES, "n", COUNT, 1, 12, 0)                                                                         \
    X(PORT, "trunk", TEXT, 1, 63, 0)                                                                         \
    X(COMPANY, "x", TEXT, 1, 63, 0)                                                                          \
    X(TEMPLATE, "cover", TEXT, 1, 63, 2)                                                                     \
    X(BILLING, "x", TEXT, 1, 63, 0)                                                                          \
    X(SUB, "4711", DIGITS, 1, 20, 0)                                                                         \
    X(PWD, "1234", DIGITS, 1, 20, 0)                                                                         \
    X(POLL, "", NONE, 0, 0, 0)                                                                               \
    X(SEP, "77", DIGITS, 1, 20, 0)                                                                           \
    X(AT, "20261201T0800", TIME, 0, 0, 0)                                                                    \
    X(PRIORITY, "n", COUNT, 0, 9, 0)

enum flag {
#define FLAG_ENUM(name, example, kind, least, most, group) FLAG_##name,
    FLAGS(FLAG_ENUM)
#undef FLAG_ENUM
        FLAG_COUNT
};

enum { FLAG_TEXT_LEN = 64, FLAG_DIGITS_MAX = 20 };

/* In the tenant's time zone, which this file does not know. */
struct flag_time {
    unsigned year, month, day, hour, minute; /* month and day from 1 */
};

struct flags {
    uint32_t given; /* 1 << enum flag */
    unsigned retries, priority;
    char subaddress[FLAG_TEXT_LEN], password[FLAG_TEXT_LEN], selective[FLAG_TEXT_LEN]; /* of T.30: digits, *
                                                                                           and # */
    char port[FLAG_TEXT_LEN], company[FLAG_TEXT_LEN], template_name[FLAG_TEXT_LEN], billing[FLAG_TEXT_LEN];
    struct flag_time at;
};

static inline bool flags_has(const struct flags *f, enum flag flag)
{
    return (f->given & 1u << flag) != 0;
}

/* What may be a subaddress or password of T.30. */
bool flags_are_digits(const char *text);
/* text: "" or "^NAME" "^NAME=argument" in a row. False with a complaint, which for an unknown flag lists the
 * known ones. */
bool flags_parse(const char *text, struct flags *f, struct complaint *why) MUST_USE;
/* An x for each digit behind a ^PWD= in any text; true where there was one. */
bool flags_hide_password(char *text, size_t len);
/* Adds the flags of `more` that f neither has nor contradicts: what stands nearer to the number counts. */
void flags_join(struct flags *f, const struct flags *more);
