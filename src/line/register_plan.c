/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/register_plan.h"

enum { MARGIN_S = 60, LONGEST_WAIT_S = 1800, LONGEST_RETRY_AFTER_S = 3600 };

static const uint32_t first_wait_s[] = {[REGISTER_UNREACHED] = 4, [REGISTER_REFUSED] = 60};

uint32_t register_refresh_s(uint32_t granted_s)
{
    if (granted_s < REGISTER_LEAST_S)
        granted_s = REGISTER_LEAST_S;
    if (granted_s > REGISTER_MOST_S)
        granted_s = REGISTER_MOST_S;
    return granted_s > 2 * MARGIN_S ? granted_s - MARGIN_S : granted_s / 2;
}

uint32_t register_retry_s(enum register_failure f, unsigned failures, uint32_t retry_after_s, uint32_t random)
{
    uint32_t wait = first_wait_s[f];
    for (unsigned i = 1; i < failures && wait < LONGEST_WAIT_S; i++)
        wait *= 2;
    if (wait > LONGEST_WAIT_S)
        wait = LONGEST_WAIT_S;
    wait = wait / 2 + random % (wait / 2 + 1);
    if (retry_after_s > LONGEST_RETRY_AFTER_S)
        retry_after_s = LONGEST_RETRY_AFTER_S;
    return wait > retry_after_s ? wait : retry_after_s;
}
