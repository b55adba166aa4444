/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* share/templates, as it was built in; and share/sayings, whose language is "sayings". */
#pragma once

struct mail_template_file {
    const char *language, *name; /* "received", "received.neutral"; NULL ends the list */
    const char *text;
};

extern const struct mail_template_file mail_template_files[];
