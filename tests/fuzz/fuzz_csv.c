/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows end, fields end with NUL, and what csv_put writes is read back as it was. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/str.h"
#include "proto/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct csv_row row, again;
    struct span rest = span_of(data, size);
    size_t left = rest.len;
    while (csv_next(&rest, &row)) {
        SCOPED_BUF struct buf written;
        buf_init(&written, 1 << 20);
        if (rest.len >= left)
            abort();
        left = rest.len;
        for (size_t i = 0; i < row.count; i++)
            csv_put(&written, i == 0, row.fields[i]);
        struct span back = buf_span(&written);
        bool formula = memchr(written.data ? (const char *)written.data : "", '\'', written.len) != NULL;
        if (row.count < 2 || formula || !csv_next(&back, &again))
            continue;
        for (size_t i = 0; i < row.count; i++)
            if (!row.fields[i][0] != !again.fields[i][0] && strcmp(row.fields[i], "\"") != 0)
                abort();
    }
    return 0;
}
