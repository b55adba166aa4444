/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Replies of a mail server. The first byte chooses how the rest is cut into pieces: the result must not
 * depend on it. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "proto/smtp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct smtp_reply *r)
{
    char line[300];
    struct smtp_capabilities c;
    if (r->code < 200 || r->code > 599 || !utf8_valid(span_str(r->text)))
        abort();
    if (r->enhanced.class != 0 && r->enhanced.class != r->code / 100)
        abort();
    smtp_reply_format(r, line, sizeof(line));
    if (strchr(line, '\n') || strchr(line, '\r'))
        abort();
    smtp_capabilities_parse(r, &c);
}

/* How many replies, and how it ended. */
static unsigned read_all(const uint8_t *data, size_t size, size_t piece, enum smtp_reply_step *last)
{
    static struct smtp_reply_parser p;
    unsigned replies = 0;
    smtp_reply_start(&p);
    *last = SMTP_REPLY_MORE;
    for (size_t at = 0; at < size; at += piece) {
        struct span in = span_of(data + at, size - at < piece ? size - at : piece);
        while (in.len > 0) {
            *last = smtp_reply_feed(&p, &in);
            if (*last == SMTP_REPLY_BAD)
                return replies;
            if (*last == SMTP_REPLY_COMPLETE) {
                replies++;
                check(&p.reply);
            }
        }
    }
    return replies;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    enum smtp_reply_step whole, cut;
    unsigned a = read_all(data + 1, size - 1, size, &whole);
    unsigned b = read_all(data + 1, size - 1, 1 + data[0] % 7, &cut);
    if (a != b || whole != cut)
        abort();
    return 0;
}
