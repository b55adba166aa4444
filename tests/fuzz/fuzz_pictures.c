/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a picture file, through the libraries that read them: pages or a reason, and nothing is lost.
 */
#include <stdlib.h>

#include "convert/render.h"
#include "convert/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct render *warm;
    const struct render_opts o = {.name = "x", .resolution = PAGE_STANDARD, .pages_max = 2};
    struct page_list pages = {0};
    struct outcome outcome;
    enum document_kind kind = sniff(span_of(data, len));
    if (kind == DOCUMENT_PDF || kind == DOCUMENT_TEXT || kind == DOCUMENT_HTML)
        return 0;
    if (!warm)
        warm = render_new((size_t)64 << 20);
    render_document(warm, &o, span_of(data, len), &pages, &outcome);
    if ((outcome.verdict == VERDICT_DONE) != (pages.count > 0) || (!pages.count && !outcome.text[0]))
        abort();
    page_list_clear(&pages);
    return 0;
}
