/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of the mail that tells a sender what became of his fax (S2.13). */
#pragma once

#include "base/buf.h"
#include "convert/report_facts.h"

enum { REPORT_LINE_LEN = 300 };

void report_subject(char to[REPORT_LINE_LEN], const struct report_facts *f);
void report_body(struct buf *b, const struct report_facts *f); /* lines end in LF */
void report_file_name(char to[REPORT_LINE_LEN], const struct report_facts *f);
