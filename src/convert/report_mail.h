/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of the mail that tells a sender what became of his fax (S2.13). */
#pragma once

#include "convert/report_facts.h"
#include "proto/mail_template.h"

/* language: of the template. False where it is no template. mail_words_clear in any case. */
bool report_words(struct mail_words *words, const char *template, const char *language,
                  const struct report_facts *f) MUST_USE;
