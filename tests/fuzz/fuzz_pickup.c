/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A file of the pickup folder. What is taken has good addresses, and its header is one that is taken again,
 * with no line in it that was none before. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/pickup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_header(struct span header)
{
    struct header_field f;
    enum header_step step;
    while ((step = header_next(&header, &f)) == HEADER_FIELD)
        if (header_is(&f, "Bcc") || header_is(&f, "X-Receiver") || header_is(&f, "X-Sender"))
            abort();
    if (step != HEADER_END || header.len != 0)
        abort();
}

static void check_mail(const struct pickup_mail *m, size_t size)
{
    struct address a;
    if (m->recipient_count == 0 || m->body_at > size)
        abort();
    for (size_t i = 0; i < m->recipient_count; i++)
        if (address_parse(span_str(m->recipients[i]), &a) != ADDRESS_OK)
            abort();
    if (*m->sender && address_parse(span_str(m->sender), &a) != ADDRESS_OK)
        abort();
    check_header(buf_span(&m->header));
}

static void check_body(struct span body)
{
    struct buf out;
    bool after_cr = false;
    buf_init(&out, 2 * body.len + 2);
    pickup_body(body, &after_cr, &out);
    pickup_body_end(after_cr, &out);
    if (out.overflow)
        abort();
    for (size_t i = 0; i < out.len; i++)
        if (out.data[i] == '\r' ? i + 1 == out.len || out.data[i + 1] != '\n'
                                : out.data[i] == '\n' && (i == 0 || out.data[i - 1] != '\r'))
            abort();
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct pickup_mail m;
    static const struct pickup_rules rules = {.home = "home.example", .date = "d", .message_id = "<i@h>"};
    struct complaint why;
    uint8_t *copy = mem_dup(data, size); /* without NUL: reads past the end are seen */
    if (pickup_parse(&rules, span_of(copy, size), &m, &why))
        check_mail(&m, size);
    else if (!*why.text)
        abort();
    pickup_clear(&m);
    check_body(span_of(copy, size));
    free(copy);
    return 0;
}
