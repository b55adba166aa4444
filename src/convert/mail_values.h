/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The values of a mail's template, one by one. Names and texts are borrowed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/mail_template.h"

enum { MAIL_VALUES_MAX = 24 };

struct mail_values {
    struct mail_template_value list[MAIL_VALUES_MAX];
    char counts[MAIL_VALUES_MAX][24];
    size_t count;
};

void mail_value_text(struct mail_values *v, const char *name, const char *text);
void mail_value_count(struct mail_values *v, const char *name, uint64_t count);
void mail_value_flag(struct mail_values *v, const char *name, bool flag);
/* Wall clock, in the zone of local_time.h. */
void mail_value_time(struct mail_values *v, const char *name, int64_t wall_ms);
