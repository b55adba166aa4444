/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any file asked for its signature: what is signed and its place are the whole file. */
#include "base/panic.h"
#include "proto/pdf_signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pdf_signature s;
    struct complaint why;
    if (pdf_signature_find(span_of(data, size), &s, &why) &&
        s.before.len + 2 * s.cms.len + 2 + s.after.len != size)
        panic("%zu and %zu of %zu bytes", s.before.len, s.after.len, size);
    pdf_signature_clear(&s);
    return 0;
}
