/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Certificates and keys that people give us. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "net/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pem_certificate c;
    const char *why;
    char record[PEM_RECORD_LEN];
    unsigned bits;
    if (size > PEM_CERTIFICATE_MAX)
        return 0;
    char *text = malloc(size + 1);
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = 0;
    if (pem_certificate_read(text, &c, &why)) {
        if (strlen(c.fingerprint) != PEM_FINGERPRINT_LEN - 1 || !*c.name || !utf8_valid(span_str(c.name)))
            abort();
    } else if (!*why) {
        abort();
    }
    if (!pem_signing_record(text, record, &bits, &why) && (bits || !*why))
        abort();
    free(text);
    return 0;
}
