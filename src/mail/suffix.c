/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "mail/suffix.h"

#include <libpsl.h>
#include <string.h>

static psl_ctx_t *newest; /* for the life of the process */

void suffix_load(void)
{
    if (!newest)
        newest = psl_latest(NULL);
}

bool suffix_is_public(const char *domain)
{
    const psl_ctx_t *list = newest ? newest : psl_builtin();
    return list ? psl_is_public_suffix(list, domain) != 0 : !strchr(domain, '.');
}
