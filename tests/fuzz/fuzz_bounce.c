/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A delivery report: whatever comes, its texts are one line of UTF-8 that fits, and it ends. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/bounce.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
    if (!utf8_valid(span_str(text)))
        abort();
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bounce b;
    char id[100];
    uint8_t *copy = mem_dup(data, size); /* without NUL: reads past the end are seen */
    if (bounce_parse(span_of(copy, size), &b) != (b.action != BOUNCE_NONE))
        abort();
    check(b.status);
    check(b.words);
    check(b.recipient);
    check(b.envid);
    bounce_message_id(span_of(copy, size), id, sizeof(id));
    check(id);
    free(copy);
    return 0;
}
