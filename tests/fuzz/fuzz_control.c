/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Any words and any local part: a command has a time of this world or none, and a token comes out as it went
 * in. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "proto/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t token[CONTROL_TOKEN_LEN];
    char local[CONTROL_LOCAL_LEN];
    char *text = mem_alloc(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    struct control_command c = control_parse(text);
    bool timed = c.hour >= 0 || c.minute >= 0;
    if (timed && (c.verb != CONTROL_HOLD || c.hour < 0 || c.hour > 23 || c.minute < 0 || c.minute > 59))
        abort();
    if (control_token_parse(text, token)) {
        control_token_format(token, local);
        if (!str_equal_nocase(local, text) || !control_is_local(text))
            abort();
    }
    free(text);
    return 0;
}
