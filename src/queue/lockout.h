/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who guesses passwords waits longer and longer. Wrong tries are counted by key: a user (or a name that is
 * none, so that nobody sees the difference), and a client address. After LOCKOUT_FREE wrong ones each further
 * one doubles the wait, up to LOCKOUT_LONGEST_S; a key that was quiet for an hour begins anew.
 *
 * So that a stranger cannot lock a user out, an address from which that user has logged in lately is counted
 * by the two together, and by nothing else. In memory and bounded: the oldest are forgotten first. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

enum { LOCKOUT_FREE = 5, LOCKOUT_LONGEST_S = 900, LOCKOUT_KEY_LEN = 160 };

struct lockout;

struct lockout *lockout_new(void) MUST_USE;
void lockout_free(struct lockout *l);

/* Seconds before a login may be tried; 0: now. user: any text that stands for him; client: his address, of
 * which IPv6 counts by /64. now_ms: a clock that only runs. */
unsigned lockout_wait_s(struct lockout *l, const char *user, const char *client, int64_t now_ms);
/* Counts; returns how many wrong ones there are of the key that has most. */
unsigned lockout_wrong(struct lockout *l, const char *user, const char *client, int64_t now_ms);
void lockout_right(struct lockout *l, const char *user, const char *client, int64_t now_ms);
