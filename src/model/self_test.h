/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a trunk does, told by its self-tests: is the last one worse than they usually are? Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct self_test_figures {
    bool good;        /* the page came back, every pixel of it */
    unsigned seconds; /* the call, from its answer to its end */
    unsigned rate;    /* bit/s */
    unsigned resent;  /* frames of ECM that had to go again */
    unsigned bad_rows;
};

enum self_test_trend {
    SELF_TEST_UNKNOWN, /* there was none */
    SELF_TEST_WELL,
    SELF_TEST_WORSE,
    SELF_TEST_BAD, /* the last one failed */
};

enum { SELF_TEST_TREND_LOOKS = 21, SELF_TEST_TREND_LEAST = 3, SELF_TEST_WHY_LEN = 160 };

struct self_test_judgement {
    enum self_test_trend trend;
    struct self_test_figures usual; /* medians of the good ones before the last; all 0 where there are none */
    char why[SELF_TEST_WHY_LEN];    /* of SELF_TEST_WORSE: "4800 bit/s, usually 14400" */
};

/* list: results, the newest first; those behind the first SELF_TEST_TREND_LOOKS do not count. Before there
 * are SELF_TEST_TREND_LEAST good ones to compare with nothing is worse. */
struct self_test_judgement self_test_judge(const struct self_test_figures *list, size_t n);
const char *self_test_trend_name(enum self_test_trend trend);
