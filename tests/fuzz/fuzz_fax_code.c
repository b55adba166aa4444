/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as a coded page; what comes out is coded again in each way and has to come back. First three
 * bytes: the coding, the width. */
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "proto/fax_decode.h"
#include "proto/fax_encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { ROWS = 48, WIDTH_MAX = 2432 };

static void code_again(enum fax_coding coding, uint32_t width, const uint8_t *bits)
{
    static uint8_t back[WIDTH_MAX / 8 * ROWS];
    SCOPED_BUF struct buf coded;
    buf_init(&coded, 1 << 20);
    if (!fax_encode(coding, 1 + width % 5, &(struct fax_pixels){bits, width, ROWS}, &coded, NULL))
        abort();
    struct fax_decoded d = fax_decode(coding, width, ROWS, buf_span(&coded), back);
    if (d.rows != ROWS || d.bad != 0 || !d.whole || memcmp(bits, back, fax_row_bytes(width) * ROWS) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t bits[WIDTH_MAX / 8 * ROWS];
    if (len < 3)
        return 0;
    uint32_t width = 1 + (data[1] << 8 | data[2]) % WIDTH_MAX;
    struct fax_decoded d = fax_decode((enum fax_coding)(data[0] % FAX_CODING_COUNT), width, ROWS,
                                      span_of(data + 3, len - 3), bits);
    if (d.rows > ROWS || d.bad > d.rows)
        abort();
    for (unsigned coding = 0; coding < FAX_CODING_COUNT; coding++)
        code_again((enum fax_coding)coding, width, bits);
    return 0;
}
