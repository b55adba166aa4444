/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "base/rand.h"

#include <errno.h>
#include <sys/random.h>

#include "base/panic.h"

void rand_bytes(void *to, size_t len)
{
    uint8_t *at = to;
    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            panic("getrandom failed: errno %d", errno);
        at += n;
        len -= (size_t)n;
    }
}

uint32_t rand_below(uint32_t bound)
{
    uint32_t limit = UINT32_MAX - UINT32_MAX % bound, n;
    do
        rand_bytes(&n, sizeof(n));
    while (n >= limit);
    return n % bound;
}
