/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A report for machines (RFC 3464): one recipient for each number. */
#pragma once

#include "convert/report_facts.h"
#include "base/buf.h"

/* host_name: ours; domain: in which numbers are mail addresses of the box (RFC 3192: FAX=+39...@domain). */
void report_status(struct buf *b, const struct report_facts *f, const char *host_name, const char *domain);
