/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inside sandbox: the two kernel mechanisms. Each returns 0, or an errno that must end the process; what the
 * kernel lacks goes into the report. */
#pragma once

#include "sandbox/sandbox.h"

int landlock_enter(const struct sandbox_policy *p, struct sandbox_report *r) MUST_USE;
int seccomp_enter(const struct sandbox_policy *p, struct sandbox_report *r) MUST_USE;

/* Appends a sentence to r->text. */
void report_add(struct sandbox_report *r, unsigned missing, const char *format, ...) PRINTF_LIKE(3, 4);
