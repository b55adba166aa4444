/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An answer by HTTP. The first byte chooses how the rest is cut into pieces: the result must not depend on
 * it. */
#include <stdlib.h>

#include "proto/http_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http_step read_all(struct http_response *r, const uint8_t *data, size_t size, size_t piece)
{
    enum http_step step = HTTP_MORE;
    http_response_init(r);
    for (size_t at = 0; at < size && step == HTTP_MORE; at += piece)
        step = http_response_feed(r, span_of(data + at, size - at < piece ? size - at : piece));
    return step;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_response whole, cut;
    if (size < 2)
        return 0;
    enum http_step a = read_all(&whole, data + 1, size - 1, size);
    enum http_step b = read_all(&cut, data + 1, size - 1, 1 + data[0] % 9u);
    if (a != b || (a != HTTP_BAD &&
                   (whole.status != cut.status || !span_equal(buf_span(&whole.body), buf_span(&cut.body)))))
        abort();
    if (a == HTTP_COMPLETE && (whole.status < 200 || whole.body.len > HTTP_BODY_MAX))
        abort();
    http_response_clear(&whole);
    http_response_clear(&cut);
    return 0;
}
