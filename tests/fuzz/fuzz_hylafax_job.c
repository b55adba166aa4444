/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts end within their room; what is read as a job has a state and a number. */
#include <stdlib.h>
#include <string.h>

#include "proto/hylafax_job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hylafax_job j;
    bool read = hylafax_job_read(span_of(data, size), &j);
    if (j.count > HYLAFAX_DOCUMENTS_MAX || (read && (!j.state || !*j.number)))
        abort();
    for (size_t i = 0; i < j.count; i++)
        if (strnlen(j.documents[i].path, HYLAFAX_PATH_LEN) == HYLAFAX_PATH_LEN || !*j.documents[i].kind)
            abort();
    return 0;
}
