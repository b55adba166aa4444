/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a file of pages, of parts, as a document's first bytes and as T.6 data. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "convert/sniff.h"
#include "convert/t6.h"
#include "model/page_set.h"
#include "model/part_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_pages(int fd, size_t len)
{
    struct page_set set;
    if (page_set_read(fd, len, &set) != 0)
        return;
    for (size_t i = 0; i < set.count && i < 20; i++) {
        const struct page_place *p = &set.places[i];
        uint8_t *bytes = mem_alloc(p->len);
        if (!page_form_valid(&p->form) || page_set_read_page(fd, p, bytes) != 0)
            abort();
        free(bytes);
    }
    page_set_clear(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t bits[216 * 64];
    struct part_set parts;
    int fd = fd_sealed_memory("set", span_of(data, len));
    if (fd < 0)
        abort();
    read_pages(fd, len);
    if (part_set_read(fd, len, &parts) == 0)
        part_set_clear(&parts);
    (void)close(fd);
    if (sniff(span_of(data, len)) >= DOCUMENT_KIND_COUNT)
        abort();
    const struct page page = {{PAGE_WIDTH_A4, 64, PAGE_FINE}, span_of(data, len)};
    if (len > 0 && t6_decode(&page, bits) > 64)
        abort();
    return 0;
}
