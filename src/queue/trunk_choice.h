/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which trunk a call goes over - the cheapest one, and another one where that failed - and who may not call.
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A trunk that failed a job is left alone by that job for so long, where there is another one. */
enum { TRUNK_REST_MS = 5 * 60 * 1000 };

/* In the order of their cost. */
struct trunk_candidate {
    bool down;         /* line says so */
    int64_t failed_ms; /* when this job's last call failed at it, and not at the far machine; 0: never */
};

/* Place of the trunk for the job's next call; n > 0. Where all are down they are tried all the same: line may
 * be wrong. */
size_t trunk_choose(const struct trunk_candidate *list, size_t n, int64_t now_ms);
/* After a call that failed at its trunk: may it go at once over the one that trunk_choose names? */
bool trunk_may_fail_over(const struct trunk_candidate *list, size_t n, int64_t now_ms);
/* Seconds between two questions whether a trunk is there, 0: none; set: as its settings say it, -1: as usual.
 * A registration is such a question already. */
int trunk_keepalive_s(int set, bool registers);
/* By the code of an attempt's outcome: did the trunk fail, and not the far machine? */
bool trunk_is_to_blame(const char *code);
