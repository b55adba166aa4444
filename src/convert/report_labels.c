/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "convert/report_labels.h"

#include "base/str.h"

const char *report_label(const char *language, enum report_label label)
{
    static const char *const languages[] = {"en", "de", "it", "fr", "es"};
    static const char *const words[REPORT_LABEL_COUNT][ARRAY_LEN(languages)] = {
#define REPORT_LABEL_WORDS(name, ...) [LABEL_##name] = {__VA_ARGS__},
        REPORT_LABELS(REPORT_LABEL_WORDS)
#undef REPORT_LABEL_WORDS
    };
    size_t l = ARRAY_LEN(languages) - 1;
    while (l > 0 && !str_equal(languages[l], language))
        l--;
    return words[label][l];
}
