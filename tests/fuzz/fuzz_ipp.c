/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a printer answers: texts are short and printable, whatever came. */
#include <stdlib.h>
#include <string.h>

#include "proto/ipp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
    size_t n = strlen(text);
    if (n >= IPP_TEXT_MAX)
        abort();
    for (size_t i = 0; i < n; i++)
        if (text[i] < ' ' || text[i] > '~')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    struct ipp_printer p;
    struct ipp_job j;
    unsigned status;
    char uri[300], url[IPP_URL_MAX];
    if (ipp_read_printer(in, "iso_a4_210x297mm", &status, &p)) {
        check(p.reasons);
        check(p.message);
        check(p.media);
        if (p.dpi != 0 && (p.dpi < 150 || p.dpi > 1200))
            abort();
    }
    if (ipp_read_job(in, &status, &j)) {
        check(j.reasons);
        check(j.message);
    }
    (void)!ipp_find_job(in, "a", &status, &j);
    size_t n = size < sizeof(uri) ? size : sizeof(uri) - 1;
    memcpy(uri, data, n);
    uri[n] = 0;
    if (ipp_url(uri, url) && strncmp(url, "http", 4) != 0)
        abort();
    return 0;
}
