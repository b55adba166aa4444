/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a person types as a recovery code. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "proto/recovery_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t code[RECOVERY_CODE_BYTES], again[RECOVERY_CODE_BYTES];
    char text[200], written[RECOVERY_CODE_TEXT_LEN];
    if (size >= sizeof(text))
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    if (!recovery_code_parse(text, code))
        return 0;
    recovery_code_format(code, written);
    if (strlen(written) != sizeof(written) - 1 || !recovery_code_parse(written, again) ||
        memcmp(code, again, sizeof(code)) != 0)
        abort();
    return 0;
}
