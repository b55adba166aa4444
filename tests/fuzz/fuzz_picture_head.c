/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any bytes as the head of a picture or office file: always an orientation, never a byte beyond them. */
#include <stdlib.h>

#include "proto/office_head.h"
#include "proto/picture_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span bytes = span_of(data, len);
    uint32_t width, height;
    unsigned a = exif_orientation(bytes), b = png_orientation(bytes);
    if (a < 1 || a > 8 || b < 1 || b > 8)
        abort();
    png_size(bytes, &width, &height);
    (void)png_ends(bytes);
    (void)jpeg_ends(bytes);
    (void)gif_ends(bytes);
    (void)bmp_ends(bytes);
    (void)ole_is_whole(bytes);
    (void)zip_is_whole(bytes);
    (void)rtf_is_whole(bytes);
    return 0;
}
