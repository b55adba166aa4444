/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The configuration file: any text is taken or refused with a reason. */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1);
    if (!text)
        abort();
    memcpy(text, data, len);
    text[len] = 0;
    struct conf c;
    char error[CONF_ERROR_LEN] = "";
    if (conf_parse(&c, text, "fuzz.conf", error) != 0 && strncmp(error, "fuzz.conf", 9) != 0)
        abort();
    conf_clear(&c);
    free(text);
    return 0;
}
