/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "line/register_plan.h"

enum { MARGIN_S = 60, LONGEST_RETRY_AFTER_S = 3600 };

/* While a registrar does not know us, nobody can fax to us: when it is back it shall not take minutes, and a
 * try that meets it half started costs the 32 s of a SIP transaction besides. */
static const struct {
    uint32_t first_s, longest_s;
} waits[] = {[REGISTER_UNREACHED] = {4, 60}, [REGISTER_REFUSED] = {60, 1800}};

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
    uint32_t wait = waits[f].first_s;
    for (unsigned i = 1; i < failures && wait < waits[f].longest_s; i++)
        wait *= 2;
    if (wait > waits[f].longest_s)
        wait = waits[f].longest_s;
    wait = wait / 2 + random % (wait / 2 + 1);
    if (retry_after_s > LONGEST_RETRY_AFTER_S)
        retry_after_s = LONGEST_RETRY_AFTER_S;
    return wait > retry_after_s ? wait : retry_after_s;
}
