/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SRV and NAPTR records from anybody's DNS: what is taken has a port and a name that can be looked up. */
#include <stdlib.h>

#include "proto/naptr.h"
#include "proto/srv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t last(uint32_t below)
{
    return below - 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct srv list[2];
    size_t half = size / 2, n = 0;
    n += srv_parse(span_of(data, half), &list[n]);
    n += srv_parse(span_of(data + half, size - half), &list[n]);
    srv_order(list, n, last);
    for (size_t i = 0; i < n; i++)
        if (list[i].port == 0 || !dns_name_valid(list[i].target))
            abort();
    struct naptr service;
    if (naptr_parse(span_of(data, size), "SIP+D2U", &service) && !dns_name_valid(service.name))
        abort();
    return 0;
}
