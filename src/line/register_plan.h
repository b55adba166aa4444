/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When a registration is sent again: before it runs out, or after it failed. Pure functions. */
#pragma once

#include <stdint.h>

/* What a registrar may grant us to be called at (RFC 3261 §10.2.1.1): shorter ones would be sent without end.
 */
enum { REGISTER_LEAST_S = 20, REGISTER_MOST_S = 86400 };

enum register_failure {
    REGISTER_UNREACHED, /* no answer, no address, an error of the registrar's: soon again */
    REGISTER_REFUSED,   /* it wants another password or none of us: asking too often locks accounts */
};

/* Seconds after which a binding of `granted_s` is refreshed: early enough for a try that is lost. */
uint32_t register_refresh_s(uint32_t granted_s);

/* Seconds to wait after so many failures in a row (from 1): doubled each time (RFC 5626 §4.5), half of it
 * left to chance so that not everybody comes back at once. retry_after_s: what the registrar asked for, 0:
 * nothing. */
uint32_t register_retry_s(enum register_failure f, unsigned failures, uint32_t retry_after_s,
                          uint32_t random);
