/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a value is written into a mail: bounded, and nothing but a value. */
#pragma once

#include "proto/mail_template.h"

enum mail_template_form {
    TEMPLATE_FORM_SUBJECT, /* one line */
    TEMPLATE_FORM_FILE,    /* part of a file name; mail_template_put_file_name makes the whole safe */
    TEMPLATE_FORM_TEXT,
    TEMPLATE_FORM_HTML, /* & < > " escaped, a line break is <br> */
};

/* of strftime: d m Y y H M S, and what stands between. */
bool mail_template_time_form_good(const char *form) MUST_USE;

/* value: NULL where there is none. time_form: "" for 31/12/2026 08:00:00 (in a file name
 * 2026-12-31_08_00_00). */
void mail_template_put(struct buf *to, enum mail_template_form form, const struct mail_template_variable *v,
                       const struct mail_template_value *value, const char *time_form);

/* A name made of [A-Za-z0-9+*#._-], a blank becomes _, of at most MAIL_TEMPLATE_FILE_MAX characters. */
void mail_template_put_file_name(struct buf *to, const char *name);
