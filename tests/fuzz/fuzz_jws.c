/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A token and, after the first blank, a set of keys. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "proto/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jwk k;
    static struct jws j;
    static char text[65536];
    size_t at = 0;
    unsigned keys = 0;
    if (size >= sizeof(text))
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    char *blank = strchr(text, ' ');
    if (blank)
        *blank = 0;
    if (!jws_parse(text, &j)) {
        jws_clear(&j);
        return 0;
    }
    json_t *set = json_loads(blank ? blank + 1 : "{}", 0, NULL);
    while (jwk_next(set, &j, &at, &k))
        if (++keys > JWK_TRIED_MAX || k.a_len == 0 || k.b_len == 0 || k.a_len > sizeof(k.a))
            abort();
    (void)id_token_fault(j.claims, &(struct id_token_wants){"i", "c", "n", 1});
    json_decref(set);
    jws_clear(&j);
    return 0;
}
