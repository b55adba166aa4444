/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person pastes after an authorisation. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "proto/oauth_redirect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct oauth_redirect r;
    char text[6000];
    if (size >= sizeof(text))
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    if (!oauth_redirect_parse(text, &r))
        return 0;
    if (!*r.code == !*r.error)
        abort(); /* one of the two */
    printable(r.code);
    printable(r.state);
    printable(r.error);
    return 0;
}
