/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any words of a mail: what is called the sender's own comes out the same a second time, and no PIN is left
 * in what is said to hold none. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proto/mail_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char pin[PIN_LEN];
    SCOPED_BUF struct buf own, again, without;
    char *text = mem_alloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    buf_init(&own, 2 * size + 2);
    buf_init(&again, 2 * size + 2);
    buf_init(&without, 2 * size + 2);
    mail_text_own(text, &own);
    mail_text_own(buf_text(&own), &again);
    if (own.overflow || own.len > size + 1 || again.len > own.len)
        abort();
    mail_text_without_pins(buf_text(&own), true, &without);
    if (mail_text_pin(buf_text(&without), pin) != MAIL_PIN_NONE)
        abort();
    free(text);
    return 0;
}
